import { fireEvent, screen, within } from "@testing-library/react";
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

  it("draws the lines on screen and a few around them, wherever one scrolls to", async () => {
    await open("/logs", { "/api/logs": page(Array.from({ length: 5_000 }, (_, at) => aLog({ id: String(at), body: `line ${at}` }))) });
    const list = await screen.findByRole("list", { name: "Log records" });
    expect(within(list).getAllByRole("listitem").length).toBeLessThan(60);
    const box = list.parentElement ?? document.body;
    box.scrollTop = 4_000 * 23;
    fireEvent.scroll(box);
    const drawn = within(list).getAllByRole("listitem").map((row) => row.textContent);
    expect(drawn.length).toBeLessThan(70);
    for (const line of [4_000, 4_034]) expect(drawn).toContainEqual(expect.stringMatching(new RegExp(`line ${line}$`)));
  });

  it("leads from a record to its trace at its span", async () => {
    await open("/logs", { "/api/logs": page([declined]) });
    expect(await screen.findByRole("link", { name: "Open the trace" })).toHaveAttribute("href", `/traces/${"b".repeat(32)}?span=${"c".repeat(16)}`);
  });

  it("opens a record with all its fields", async () => {
    await open("/logs", { "/api/logs": page([declined]) });
    await userEvent.click(await screen.findByRole("button", { name: /declined/ }));
    const drawer = await screen.findByRole("complementary", { name: "Log record" });
    for (const text of ["attempts", "41", "true", "bank", "b".repeat(32)]) expect(await within(drawer).findByText(text)).toBeVisible();
    expect(within(drawer).getByRole("link", { name: "Open the trace at this span" })).toBeVisible();
  });

  it("asks for what its address says, links of other pages included", async () => {
    const { asked } = await open("/logs?severity=ERROR&severity=FATAL&service=shop&search=card", { "/api/logs": page() });
    await screen.findByRole("list", { name: "Log records" });
    const query = asked.find((url) => url.pathname === "/api/logs")?.searchParams;
    expect(Object.fromEntries(query ?? [])).toMatchObject({ start: "now-1h", filter: 'service:shop (severity:ERROR OR severity:FATAL) "card"' });
  });

  it("filters by severity from the histogram's legend", async () => {
    const histogram = { start: "", end: "", width_ms: 60_000, timestamps: ["2026-11-20T16:00:00Z", "2026-11-20T16:01:00Z"], series: [{ value: "WARN", other: false, counts: [1, 2] }], counted: 3, total: 3, total_is_estimate: false };
    const { router } = await open("/logs", { "/api/logs": page(), "/api/logs/histogram": histogram });
    await userEvent.click(await screen.findByRole("button", { name: "WARN 3" }));
    expect(router.state.location.search).toEqual({ filter: "severity:WARN" });
  });

  it("filters by an attribute of an open record, for it and without it, and shows it as a column", async () => {
    const { router } = await open("/logs", { "/api/logs": page([declined]) });
    await userEvent.click(await screen.findByRole("button", { name: /declined/ }));
    const panel = await screen.findByRole("complementary", { name: "Log record" });
    await userEvent.click(within(panel).getByRole("button", { name: "Column peer.name" }));
    expect(await screen.findByRole("button", { name: "Take column peer.name away" })).toBeVisible();
    await userEvent.click(within(panel).getByRole("button", { name: "Find logs where peer.name is bank" }));
    await expect.poll(() => router.state.location.search).toMatchObject({ filter: "peer.name:bank", col: "peer.name", log: "7" });
    await userEvent.click(within(panel).getByRole("button", { name: "Find logs where attempts is not 41" }));
    await expect.poll(() => router.state.location.search).toMatchObject({ filter: 'peer.name:bank -"attempts":41' });
  });

  it("finds the record of a link that is not in its list", async () => {
    const { asked } = await open(`/logs?log=7&at=${declined.timestamp}`, { "/api/logs": page(), "/api/logs/context": { logs: [aLog(), declined] } });
    expect(await within(await screen.findByRole("complementary", { name: "Log record" })).findByText("bank")).toBeVisible();
    expect(asked.find((url) => url.pathname === "/api/logs/context")?.searchParams.get("window")).toBe("1ms");
  });

  it("shows what happened around a record, on the record's own clock", async () => {
    const before = aLog({ id: "5", timestamp: "2026-11-20T15:59:58.800000000Z", body: "retrying" });
    const { asked } = await open(`/logs?log=7&at=${declined.timestamp}&view=around`, { "/api/logs": page([declined]), "/api/logs/context": { logs: [before, declined] } });
    const panel = await screen.findByRole("complementary", { name: "Log record" });
    expect(await within(panel).findByText("retrying")).toBeVisible();
    expect(within(panel).getByText("−1.20 s")).toBeVisible();
    await userEvent.click(within(panel).getByRole("radio", { name: "Its trace" }));
    await expect.poll(() => asked.at(-1)?.searchParams.get("trace_id")).toBe(declined.trace_id);
  });

  it("says why it is empty", async () => {
    await open("/logs?filter=severity:FATAL", { "/api/logs": page([]) });
    expect(await screen.findByText("No logs match these filters")).toBeVisible();
  });
});
