import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open, refuse } from "../../testing/app";
import { aSummary } from "../../testing/builders";

const page = (traces = [aSummary()], more = {}) => ({ traces, total: traces.length, limit: 100, offset: 0, next_cursor: null, ...more });
const ids = ["1", "2", "3"].map((digit) => digit.repeat(32));

describe("the traces page", () => {
  it("lists traces with their facts and is accessible", async () => {
    await open("/traces", { "/api/traces": page([aSummary({ services: ["auth", "shop"], error_count: 2, status: "ERROR" })]) });
    const table = await screen.findByRole("table", { name: "Traces" });
    const row = within(table).getAllByRole("row")[1] as HTMLElement;
    expect(within(row).getByRole("link", { name: "GET /cart" })).toHaveAttribute("href", `/traces/${"a".repeat(32)}`);
    expect(within(row).getByText("12.3 ms")).toBeVisible();
    expect(within(row).getByText("auth")).toBeVisible();
    expect(within(row).getByRole("img", { name: "failed" })).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("asks for what its address says", async () => {
    const { asked } = await open("/traces?range=15m&service=a&service=b&status=ERROR&search=boom&min=10ms&sort=duration&order=asc", { "/api/traces": page() });
    await screen.findByRole("table");
    const query = asked.find((url) => url.pathname === "/api/traces")?.searchParams;
    expect(query?.getAll("service_name")).toEqual(["a", "b"]);
    expect(Object.fromEntries(query ?? [])).toMatchObject({ start: "now-15m", status: "ERROR", search: "boom", min_duration: "10ms", sort_by: "duration", order_by: "asc" });
  });

  it("sorts by a column and keeps that in the address", async () => {
    const { router } = await open("/traces", { "/api/traces": page() });
    const table = await screen.findByRole("table");
    await userEvent.click(within(table).getByRole("button", { name: "Duration" }));
    expect(router.state.location.search).toMatchObject({ sort: "duration" });
  });

  it("loads the next page by its cursor", async () => {
    const { asked } = await open("/traces", {
      "/api/traces": (query: URLSearchParams) => (query.get("cursor") === "c2" ? page([aSummary({ trace_id: ids[1] })], { total: 2 }) : page([aSummary({ trace_id: ids[0] })], { total: 2, next_cursor: "c2" })),
    });
    await screen.findByText("2 traces");
    await expect.poll(() => screen.getAllByRole("link", { name: "GET /cart" }).length).toBe(2);
    expect(asked.filter((url) => url.pathname === "/api/traces").map((url) => url.searchParams.get("cursor"))).toEqual([null, "c2"]);
  });

  it("says when the total is only a lower bound", async () => {
    await open("/traces", { "/api/traces": page([aSummary()], { total: 100_000, total_is_estimate: true }) });
    expect((await screen.findByText("100,000 traces")).parentElement).toHaveTextContent("at least 100,000 traces");
  });

  it("opens a trace whose id is pasted into the search", async () => {
    const { router } = await open("/traces", { "/api/traces": page() });
    await userEvent.click(await screen.findByRole("textbox"));
    await userEvent.paste(` ${"B".repeat(32)} `);
    await expect.poll(() => router.state.location.pathname).toBe(`/traces/${"b".repeat(32)}`);
  });

  it("moves with j and opens with Enter", async () => {
    const { router } = await open("/traces", { "/api/traces": page(ids.map((trace_id) => aSummary({ trace_id }))) });
    await screen.findByRole("table");
    for (const key of ["j", "j", "Enter"]) fireEvent.keyDown(document.documentElement, { key, code: key === "j" ? "KeyJ" : key });
    await expect.poll(() => router.state.location.pathname).toBe(`/traces/${ids[1]}`);
  });
});

describe("an empty traces page", () => {
  it("leads to the settings when nothing was ever received", async () => {
    await open("/traces", { "/api/traces": page([]), "/api/metadata/services": [] });
    expect(await screen.findByText("Nothing has been received yet")).toBeVisible();
    expect(screen.getAllByRole("link", { name: "Send data" }).length).toBe(2);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("fills itself when the first data arrives", async () => {
    let services: string[] = [];
    await open("/traces", { "/api/traces": () => page(services.length === 0 ? [] : [aSummary()]), "/api/metadata/services": () => services });
    await screen.findByText("Nothing has been received yet");
    services = ["shop"];
    expect(await screen.findByRole("table", { name: "Traces" })).toBeVisible();
  });

  it("widens the time range when there is nothing in it", async () => {
    const { router } = await open("/traces?range=15m", { "/api/traces": page([]) });
    await userEvent.click(await screen.findByRole("button", { name: "Look in: last 24 hours" }));
    expect(router.state.location.search).toMatchObject({ range: "24h" });
  });

  it("clears filters that are too strict and keeps the time range", async () => {
    const { router } = await open("/traces?range=6h&search=zzz&status=OK", { "/api/traces": page([]) });
    await userEvent.click(await screen.findByRole("button", { name: "Clear the filters" }));
    await expect.poll(() => router.state.location.searchStr).toBe("?range=6h");
  });
});

describe("a failing traces page", () => {
  it("says so in the panel and tries again", async () => {
    let failing = true;
    await open("/traces", { "/api/traces": () => (failing ? refuse(504, "deadline", "The query took longer than 10 s.") : page()) });
    expect(await screen.findByRole("alert")).toHaveTextContent("The query took longer than 10 s.");
    failing = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("table")).toBeVisible();
  });
});
