import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";

const log = aLog({ id: "7", severity: "ERROR", trace_id: "b".repeat(32) });
const address = `/logs?log=7&at=${log.timestamp}&view=insight`;
const answers = { "/api/logs": { logs: [log], total: 1, limit: 200, offset: 0, next_cursor: null }, "/api/logs/context": { logs: [log] } };
const cause = (text: string, verified: boolean) => ({ text, verified, evidence: verified ? [{ name: "S1", kind: "span", id: "c".repeat(16) }] : [{ name: "S9", kind: null, id: null }] });
const details = { structured: true, summary: "The bank declined the card.", causes: [cause("No funds", true), cause("Solar flares", false)], checks: ["Look at the bank"], confidence: "high", unverified_ids: ["d".repeat(16)] };
const ready = { insight: "The bank declined the card.", status: "ready", model: "gpt-x", created_at: "2026-11-20T16:00:00Z", details };
const preview = { model: "gpt-x", endpoint: "http://127.0.0.1:9/v1", messages: [{ role: "system", content: "be brief" }, { role: "user", content: "password=[redacted]" }], most_tokens: 1200 };

const panel = () => screen.findByRole("complementary", { name: "Log record" });

describe("the insight of a log record", () => {
  it("shows what was said, and what it rests on, and marks what is unverified", async () => {
    await open(address, { ...answers, "/api/logs/7/insight": ready, "/api/logs/7/insight/preview": preview });
    expect(await within(await panel()).findByText("The bank declined the card.")).toBeVisible();
    expect(within(await panel()).getByRole("link", { name: "span S1" })).toHaveAttribute("href", `/traces/${"b".repeat(32)}?span=${"c".repeat(16)}`);
    expect(within(await panel()).getByText(/^Solar flares/)).toHaveTextContent("Unverified");
    expect(within(await panel()).getByText(/names what was not in its evidence/)).toHaveTextContent("d".repeat(16));
    await userEvent.click(within(await panel()).getByRole("button", { name: "What is sent" }));
    expect(await within(await panel()).findByText("password=[redacted]")).toBeVisible();
    expect(within(await panel()).getByText(/to http:\/\/127.0.0.1:9\/v1, for gpt-x, at most about 1,200 tokens/)).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("leads from every kind of evidence to where it can be seen", async () => {
    const at = "2026-11-20T15:59:58.500000000Z";
    const none = { trace_id: null, at: null };
    const evidence = [
      { ...none, name: "P1", kind: "pattern", id: "e".repeat(16), at },
      { ...none, name: "L1", kind: "log", id: "7", at: log.timestamp },
      { ...none, name: "L2", kind: "log", id: "5", at },
      { ...none, name: "T1", kind: "trace", id: "f".repeat(32) },
      { ...none, name: "S1", kind: "span", id: "c".repeat(16), trace_id: "f".repeat(32) },
    ];
    const cited = { ...details, causes: [{ text: "No funds", verified: true, evidence }] };
    await open(address, { ...answers, "/api/logs/7/insight": { ...ready, details: cited } });
    const way = async (name: string) => {
      const link = new URL((await within(await panel()).findByRole<HTMLAnchorElement>("link", { name })).href);
      return [link.pathname, Object.fromEntries(link.searchParams)];
    };
    expect(await way("pattern P1")).toEqual(["/logs", { filter: `pattern:${"e".repeat(16)}`, start: "2026-11-19T15:59:58.500Z", end: "2026-11-20T15:59:58.500Z" }]);
    expect(await way("this record")).toEqual(["/logs", { log: "7", at: log.timestamp }]);
    expect(await way("log L2")).toEqual(["/logs", { log: "5", at, start: "2026-11-20T15:58:58.500Z", end: "2026-11-20T16:00:58.500Z" }]);
    expect(await way("trace T1")).toEqual([`/traces/${"f".repeat(32)}`, {}]);
    expect(await way("span S1")).toEqual([`/traces/${"f".repeat(32)}`, { span: "c".repeat(16) }]);
  });

  it("marks a summary and a check that name what was not in the evidence", async () => {
    const doubted = { ...details, summary: "It follows from S9.", summary_verified: false, checks: ["Look at S8", "Look at the bank"], unverified_checks: [0], unverified_ids: ["S9", "S8"] };
    await open(address, { ...answers, "/api/logs/7/insight": { ...ready, details: doubted } });
    expect(await within(await panel()).findByText(/^It follows from S9/)).toHaveTextContent("Unverified");
    expect(within(await panel()).getByText(/^Look at S8/)).toHaveTextContent("Unverified");
    expect(within(await panel()).getByText(/^Look at the bank/)).not.toHaveTextContent("Unverified");
  });

  it("renders what a model says as text and nothing else", async () => {
    const odd = { ...details, structured: false, summary: "<img src=x onerror=alert(1)>", causes: [], checks: [] };
    await open(address, { ...answers, "/api/logs/7/insight": { ...ready, details: odd } });
    expect(await within(await panel()).findByText("<img src=x onerror=alert(1)>")).toBeVisible();
  });

  it("asks on demand, after showing what would be sent", async () => {
    let asked = 0;
    await open(address, { ...answers, "/api/logs/7/insight": () => ((asked += 1) === 1 ? { insight: null, status: "none", details: null, model: null, created_at: null } : ready), "/api/logs/7/insight/preview": preview });
    expect(await within(await panel()).findByText("password=[redacted]")).toBeVisible();
    await userEvent.click(within(await panel()).getByRole("button", { name: "Ask about it" }));
    expect(await within(await panel()).findByText("The bank declined the card.")).toBeVisible();
  });

  it("says how to switch it on where it is off", async () => {
    await open(address, { ...answers, "/api/logs/7/insight": { insight: null, status: "disabled", details: null, model: null, created_at: null } });
    expect(await within(await panel()).findByText("Insights are off")).toBeVisible();
  });
});
