import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";

const log = aLog({ id: "7", severity: "ERROR", trace_id: "b".repeat(32) });
const address = `/logs?log=7&at=${log.timestamp}&view=insight`;
const answers = { "/api/logs": { logs: [log], total: 1, limit: 200, offset: 0, next_cursor: null }, "/api/logs/context": { logs: [log] } };
const ready = { insight: "The card was declined.", status: "ready", model: "gpt-x", created_at: "2026-11-20T16:00:00Z", details: { summary: "The bank declined the card.", likely_cause: "No funds.", suggested_checks: ["Look at the bank"], confidence: 0.8, evidence: [{ span_id: "c".repeat(16), verified: true, claim: "failed" }, { id: "d".repeat(16), kind: "span", verified: false }] } };

const panel = () => screen.findByRole("complementary", { name: "Log record" });

describe("the insight of a log record", () => {
  it("shows what was said, and what it rests on, and marks what does not exist", async () => {
    await open(address, { ...answers, "/api/logs/7/insight": ready, "/api/logs/7/insight/preview": { prompt: "password=[redacted]" } });
    expect(await within(await panel()).findByText("The bank declined the card.")).toBeVisible();
    expect(within(await panel()).getByRole("link", { name: "c".repeat(16) })).toHaveAttribute("href", `/traces/${"b".repeat(32)}?span=${"c".repeat(16)}`);
    expect(within(await panel()).getByText(/do not rely on it/)).toBeVisible();
    await userEvent.click(within(await panel()).getByRole("button", { name: "What was sent" }));
    expect(await within(await panel()).findByText("password=[redacted]")).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("renders what a model says as text and nothing else", async () => {
    await open(address, { ...answers, "/api/logs/7/insight": { ...ready, details: null, insight: "<img src=x onerror=alert(1)>" } });
    expect(await within(await panel()).findByText("<img src=x onerror=alert(1)>")).toBeVisible();
  });

  it("asks on demand, after showing what would be sent", async () => {
    let status = "none";
    const { asked } = await open(address, { ...answers, "/api/logs/7/insight": () => (status === "none" ? ((status = "pending"), { insight: null, status: "none", details: null }) : { ...ready, status: "ready" }), "/api/logs/7/insight/preview": { messages: [{ role: "user", content: "explain" }] } });
    expect(await within(await panel()).findByText(/USER\s+explain/)).toBeVisible();
    await userEvent.click(within(await panel()).getByRole("button", { name: "Ask about it" }));
    expect(await within(await panel()).findByText("The bank declined the card.")).toBeVisible();
    expect(asked.filter((url) => url.pathname === "/api/logs/7/insight").length).toBeGreaterThan(1);
  });

  it("says how to switch it on where it is off", async () => {
    await open(address, { ...answers, "/api/logs/7/insight": { insight: null, status: "disabled", details: null, model: null, created_at: null } });
    expect(await within(await panel()).findByText("Insights are off")).toBeVisible();
  });
});
