import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";

const page = (logs = [aLog()], more = {}) => ({ logs, total: logs.length, limit: 200, offset: 0, next_cursor: null, ...more });
const declined = aLog({ id: "7", severity: "ERROR", body: { reason: "declined", retry: false }, trace_id: "b".repeat(32), span_id: "c".repeat(16), attributes: { attempts: 41, final: true, "peer.name": "bank" } });

describe("the logs page", () => {
  it("lists records, one line each, and is accessible", async () => {
    await open("/logs", { "/api/logs": page([declined, aLog({ id: "6" })]) });
    const rows = within(await screen.findByRole("list", { name: "Log records" })).getAllByRole("listitem");
    expect(rows).toHaveLength(2);
    expect(rows[0]).toHaveTextContent('ERRORshop{"reason":"declined","retry":false}');
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("leads from a record to its trace at its span", async () => {
    await open("/logs", { "/api/logs": page([declined]) });
    expect(await screen.findByRole("link", { name: "Open the trace" })).toHaveAttribute("href", `/traces/${"b".repeat(32)}?span=${"c".repeat(16)}`);
  });

  it("opens a record with all its fields", async () => {
    await open("/logs", { "/api/logs": page([declined]) });
    await userEvent.click(await screen.findByRole("button", { name: /declined/ }));
    const drawer = await screen.findByRole("dialog");
    for (const text of ["attempts", "41", "true", "bank", "b".repeat(32)]) expect(await within(drawer).findByText(text)).toBeVisible();
    expect(within(drawer).getByRole("link", { name: "Open the trace at this span" })).toBeVisible();
  });

  it("asks for what its address says", async () => {
    const { asked } = await open("/logs?severity=ERROR&severity=FATAL&service=shop&search=card", { "/api/logs": page() });
    await screen.findByRole("list", { name: "Log records" });
    const query = asked.find((url) => url.pathname === "/api/logs")?.searchParams;
    expect(query?.getAll("severity")).toEqual(["ERROR", "FATAL"]);
    expect(Object.fromEntries(query ?? [])).toMatchObject({ start: "now-1h", service_name: "shop", search: "card" });
  });

  it("chooses severities from a list", async () => {
    const { router } = await open("/logs", { "/api/logs": page() });
    await userEvent.click(await screen.findByRole("button", { name: "Severity" }));
    await userEvent.click(await screen.findByRole("option", { name: "WARN" }));
    expect(router.state.location.search).toEqual({ severity: "WARN" });
  });

  it("says why it is empty", async () => {
    await open("/logs?severity=FATAL", { "/api/logs": page([]) });
    expect(await screen.findByText("No logs match these filters")).toBeVisible();
  });
});
