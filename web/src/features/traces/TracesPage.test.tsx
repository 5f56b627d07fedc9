import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { setZone } from "../../lib/zone";
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

  it("asks for what its address says, links of other pages included", async () => {
    const { asked } = await open("/traces?range=15m&service=a&service=b&status=ERROR&search=boom&filter=kind:server&min=10ms&sort=duration&order=asc", { "/api/traces": page() });
    await screen.findByRole("table");
    const query = asked.find((url) => url.pathname === "/api/traces")?.searchParams;
    expect(Object.fromEntries(query ?? [])).toMatchObject({ start: "now-15m", status: "ERROR", filter: 'kind:server (service:a OR service:b) "boom"', min_duration: "10ms", sort_by: "duration", order_by: "asc" });
  });

  it("sorts by the status of traces, too", async () => {
    const { router } = await open("/traces", { "/api/traces": page() });
    await userEvent.click(within(await screen.findByRole("table")).getByRole("button", { name: "Status" }));
    expect(router.state.location.search).toMatchObject({ sort: "status" });
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
    expect(asked.filter((url) => url.pathname === "/api/traces" && url.searchParams.get("order_by") !== null).map((url) => url.searchParams.get("cursor"))).toEqual([null, "c2"]);
  });

  it("says when the total is only a lower bound", async () => {
    await open("/traces", { "/api/traces": page([aSummary()], { total: 100_000, total_is_estimate: true }) });
    expect((await screen.findByText("100,000 traces")).parentElement).toHaveTextContent("at least 100,000 traces");
  });

  it("opens a trace whose id is pasted into the search", async () => {
    const { router } = await open("/traces", { "/api/traces": page() });
    await userEvent.click(await screen.findByRole("combobox"));
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

describe("choosing traces to compare", () => {
  const two = () => page(ids.slice(0, 2).map((trace_id, at) => aSummary({ trace_id, root_operation: `op ${at}` })));

  it("keeps at most two in the address and leads to the comparison", async () => {
    const { router } = await open("/traces", { "/api/traces": two() });
    await userEvent.click(await screen.findByRole("checkbox", { name: "Compare op 0" }));
    expect(within(await screen.findByRole("region", { name: "Comparison" })).getByText("Choose a second trace to compare")).toBeVisible();
    await userEvent.click(screen.getByRole("checkbox", { name: "Compare op 1" }));
    expect(router.state.location.search).toMatchObject({ pick: [ids[0], ids[1]] });
    expect(screen.getByRole("link", { name: "Compare" })).toHaveAttribute("href", `/compare?a=${ids[0]}&b=${ids[1]}`);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("picks the row under the keyboard with x", async () => {
    const { router } = await open("/traces", { "/api/traces": two() });
    await screen.findByRole("table");
    for (const key of ["j", "x"]) fireEvent.keyDown(document.documentElement, { key, code: `Key${key.toUpperCase()}` });
    await expect.poll(() => router.state.location.search).toMatchObject({ pick: ids[0] });
  });
});

describe("the facets of the traces page", () => {
  const facets = { facets: [{ field: "service", values: [{ value: "shop", count: 30, term: "service:shop" }, { value: "auth", count: 2, term: "service:auth" }], other: 0, missing: 0 }], counted: 32, total: 40, total_is_estimate: false };

  it("put a value into the filter beside others of its field, and leave one out", async () => {
    const { router } = await open("/traces?filter=cart", { "/api/traces": page(), "/api/traces/facets": facets });
    await userEvent.click(await screen.findByRole("checkbox", { name: "shop, 30" }));
    expect(router.state.location.search).toMatchObject({ filter: "cart service:shop" });
    await userEvent.click(await screen.findByRole("checkbox", { name: "auth, 2" }));
    expect(router.state.location.search).toMatchObject({ filter: "cart (service:shop OR service:auth)" });
    await userEvent.click(screen.getByRole("button", { name: "Leave out auth" }));
    expect(router.state.location.search).toMatchObject({ filter: "cart service:shop -service:auth" });
  });

  it("count a field without its own choice, and say what was counted", async () => {
    const { asked } = await open("/traces?filter=service:shop+cart", { "/api/traces": page(), "/api/traces/facets": facets });
    expect(await screen.findByText("Among the newest 32 of 40 spans")).toBeVisible();
    const queries = asked.filter((url) => url.pathname === "/api/traces/facets").map((url) => [url.searchParams.getAll("field").join(" "), url.searchParams.get("filter")]);
    expect(queries).toEqual(expect.arrayContaining([["name status kind http.route", "service:shop cart"], ["service", "cart"]]));
  });
});

describe("choosing the time", () => {
  afterEach(() => setZone("local"));

  it("takes words, stays relative where they are, and says what it understood", async () => {
    const { router } = await open("/traces", { "/api/traces": page() });
    await userEvent.click(await screen.findByRole("button", { name: "Time range: Last hour" }));
    const field = await screen.findByRole("textbox", { name: "Time range in words" });
    await userEvent.type(field, "last 3 hours{Enter}");
    await expect.poll(() => router.state.location.search).toEqual({ range: "3h" });
    await userEvent.click(await screen.findByRole("button", { name: "Time range: Last 3 hours" }));
    await userEvent.type(await screen.findByRole("textbox", { name: "Time range in words" }), "someday");
    expect(screen.getByText(/^Not understood/)).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("is in the zone that was chosen, for the fields and the label", async () => {
    process.env.TZ = "Asia/Kolkata";
    await open("/traces?start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z", { "/api/traces": page() });
    await userEvent.click(await screen.findByRole("button", { name: "Time range: Nov 20, 15:30 – Nov 20, 16:30" }));
    expect(await screen.findByLabelText("From")).toHaveValue("2026-11-20T15:30");
    await userEvent.click(screen.getByRole("radio", { name: "UTC" }));
    process.env.TZ = "UTC";
    expect(await screen.findByRole("button", { name: "Time range: Nov 20, 10:00 – Nov 20, 11:00 UTC" })).toBeVisible();
  });
});

describe("the filter of the traces page", () => {
  const answers = { "/api/traces": page(), "/api/attributes/keys": (query: URLSearchParams) => (query.get("filter") === "status:failed" ? { status: 400, body: { error: { code: "invalid_argument", message: "filter: column 8: expected unset, ok or error", field: "filter" } } } : { keys: [{ key: "http.route", count: 7, term: "http.route" }], counted: 7, total: 7, total_is_estimate: false }), "/api/attributes/values": { facets: [{ field: "http.route", values: [{ value: "/cart", count: 5, term: "http.route:/cart" }], other: 0, missing: 0 }], counted: 7, total: 7, total_is_estimate: false } };

  it("completes keys and values with their counts, by keyboard alone, and remembers", async () => {
    localStorage.clear();
    const { router } = await open("/traces", answers);
    await userEvent.type(await screen.findByRole("combobox"), "rout");
    expect(await screen.findByRole("option", { name: /http\.route.*7/ })).toBeVisible();
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await userEvent.click(await screen.findByRole("option", { name: /\/cart.*5/ }));
    await expect.poll(() => router.state.location.search).toMatchObject({ filter: "http.route:/cart" });
    expect(JSON.parse(localStorage.getItem("argus-filters-traces") ?? "[]")).toEqual(["http.route:/cart"]);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("stays where it is when the server cannot read it, and marks the column", async () => {
    const { router } = await open("/traces", answers);
    await userEvent.type(await screen.findByRole("combobox"), "status:failed{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("column 8: expected unset, ok or error");
    expect(document.querySelector("[data-fault]")).toHaveTextContent("failed");
    expect(router.state.location.search).toEqual({});
    expect(screen.getByRole("table", { name: "Traces" })).toBeVisible();
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
    const { router } = await open("/traces?range=6h&filter=zzz&status=OK", { "/api/traces": page([]) });
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
