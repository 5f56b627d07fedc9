import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";

const logs = { logs: [aLog()], total: 1, limit: 200, offset: 0, next_cursor: null };
const pattern = (more: object) => ({ id: "00000000000000aa", template: "user <*> signed in", count: 90, trend: [1, 2, 3], services: [{ service_name: "auth", count: 90 }], severities: [{ severity: "INFO", count: 90 }], first_seen: "2020-01-01T00:00:00Z", last_seen: "2020-01-01T00:00:00Z", term: "pattern:00000000000000aa", ...more });
const fresh = pattern({ id: "00000000000000bb", template: "card declined: <*>", count: 10, severities: [{ severity: "ERROR", count: 10 }], first_seen: "2026-11-20T16:30:00Z", term: "pattern:00000000000000bb" });
const patterns = { start: "2026-11-20T16:00:00Z", end: "2026-11-20T17:00:00Z", patterns: [pattern({}), fresh], total: 2, total_logs: 100 };

describe("the view of patterns", () => {
  it("shows what records say, how often, and what is new, and is accessible", async () => {
    await open("/logs?tab=patterns", { "/api/logs": logs, "/api/patterns": patterns });
    const rows = within(await screen.findByRole("table", { name: "Patterns" })).getAllByRole("row");
    expect(within(rows[0] as HTMLElement).getAllByRole("columnheader").map((one) => one.textContent)).toEqual(["Records", "Over time", "Level", "Pattern", "Services", "Seen", ""]);
    expect(rows[1]).toHaveTextContent("90 90.0 %INFOuser … signed in");
    expect(rows[2]).toHaveTextContent("ERRORcard declined: …new");
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("orders by severity, keeps only what is new, and leads to the records", async () => {
    const { router } = await open("/logs?tab=patterns", { "/api/logs": logs, "/api/patterns": patterns });
    const table = await screen.findByRole("table", { name: "Patterns" });
    await userEvent.click(screen.getByRole("radio", { name: "Most severe" }));
    expect(within(table).getAllByRole("row")[1]).toHaveTextContent("card declined");
    await userEvent.click(screen.getByRole("radio", { name: "New" }));
    expect(within(table).getAllByRole("row")).toHaveLength(2);
    await userEvent.click(within(table).getByRole("button", { name: /^Hide records/ }));
    await expect.poll(() => router.state.location.search).toEqual({ filter: "-pattern:00000000000000bb" });
  });

  it("is asked for by what of the filter it knows, and says what it leaves out", async () => {
    const { asked } = await open("/logs?tab=patterns&range=all&filter=(service:a+OR+service:b)+severity:ERROR+timeout", { "/api/logs": logs, "/api/patterns": patterns });
    expect(await screen.findByText(/the rest of the filter does not narrow them/)).toBeVisible();
    const query = asked.find((url) => url.pathname === "/api/patterns")?.searchParams;
    expect([query?.getAll("service_name"), query?.getAll("severity"), query?.get("start"), query?.get("filter")]).toEqual([["a", "b"], ["ERROR"], "now-720h", null]);
  });

  it("is not offered by a server that mines none", async () => {
    await open("/logs?tab=patterns", { "/api/logs": logs });
    expect(await screen.findByRole("list", { name: "Log records" })).toBeVisible();
    expect(screen.queryByRole("radio", { name: "Patterns" })).toBeNull();
  });
});
