import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open, refuse } from "../../testing/app";
import { aLog } from "../../testing/builders";
import { liveServer } from "../../testing/liveServer";

const dashboard = { start: "2026-11-20T16:00:00Z", end: "2026-11-20T16:15:00Z", total_traces: 200, total_spans: 2000, total_logs: 50, total_errors: 80, error_rate: 0.04, avg_latency_us: 1000, p50_latency_us: 1000, p95_latency_us: 9000, p99_latency_us: 20_000, active_services: 2, top_failing_services: [] };
const traffic = [0, 1, 2].map((minute) => ({ timestamp: `2026-11-20T16:0${minute}:00Z`, count: 10, error_count: minute }));
const numbers = { span_count: 10, span_error_count: 0, count: 10, error_count: 0, error_rate: 0, rate: 1, avg_latency_us: 1, p50_latency_us: 2, p95_latency_us: 3, p99_latency_us: 4, trend: traffic };
const answers = {
  "/api/metrics/dashboard": (query: URLSearchParams) => ({ ...dashboard, error_rate: query.has("end") ? 0.02 : 0.04 }),
  "/api/metrics/traffic": traffic,
  "/api/metrics/latency_heatmap": { timestamps: traffic.map((point) => point.timestamp), bounds_us: [1000, 2000], counts: [[1, 2, 3], [0, 0, 0], [4, 5, 6]] },
  "/api/services": { start: dashboard.start, end: dashboard.end, services: [{ ...numbers, service_name: "well" }, { ...numbers, service_name: "sick", error_rate: 0.2, error_count: 2 }] },
  "/api/logs": { logs: [aLog({ severity: "ERROR", body: "card declined", trace_id: "b".repeat(32) })], total: 1, limit: 7, offset: 0, next_cursor: null },
  "/api/ingest/receipts": { receipts: [] },
};

describe("the overview", () => {
  it("shows numbers beside those of the period before, and is accessible", async () => {
    const { asked } = await open("/overview?range=15m", answers);
    const tile = (await screen.findByText("Error rate")).closest("div") as HTMLElement;
    expect(tile).toHaveTextContent("4.0 %");
    expect(await within(tile).findByTitle("The period before: 2.0 %")).toHaveTextContent("100 %");
    const queries = asked.filter((url) => url.pathname === "/api/metrics/dashboard").map((url) => `${url.searchParams.get("start")} ${url.searchParams.get("end")}`);
    expect(queries.sort()).toEqual(["now-15m null", "now-1800s now-900s"]);
    expect(await screen.findByRole("img", { name: "Durations of 21 requests over time" })).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("puts the failing service on top", async () => {
    await open("/overview", answers);
    const rows = within(await screen.findByRole("table", { name: "Services by health" })).getAllByRole("row");
    expect(rows[1]).toHaveTextContent("sick");
    expect(within(rows[1] as HTMLElement).getByRole("img", { name: "failing" })).toBeVisible();
  });

  it("leads from a service to its page", async () => {
    await open("/overview?range=15m", answers);
    const table = await screen.findByRole("table", { name: "Services by health" });
    expect(within(table).getByRole("link", { name: /sick/ })).toHaveAttribute("href", "/services/sick?range=15m");
  });

  it("says what is different in a part of the heatmap, and leads to those traces", async () => {
    const explanation = { key: "http.route", value: "/pay", term: 'http.route:"/pay"', selected_count: 9, rest_count: 10, support: 0.9, rest_share: 0.1, lift: 5 };
    const { router } = await open("/overview?range=6h&region=1795190400000-1795190460000/1000-", { ...answers, "/api/explain": { explanations: [explanation], selected: 10, rest: 100, counted: 110, total: 110, total_is_estimate: false } });
    const panel = await screen.findByRole("region", { name: "What is different here" });
    const link = await within(panel).findByRole("link", { name: /http.route \/pay/ });
    expect(link).toHaveTextContent(/90\.0 % here10\.0 % elsewhere/);
    const { searchParams } = new URL(link.getAttribute("href") ?? "", "http://argus");
    expect(searchParams.get("filter")).toMatch(/^http\.route:"\/pay" start:\[.* duration:>=1000us \(kind:server OR .*\)$/);
    expect(searchParams.get("range")).toBe("6h");
    expect(within(panel).getByText(/over 1.00 ms · 10 spans of 110/)).toBeVisible();
    await userEvent.click(within(panel).getByRole("button", { name: "Close the comparison" }));
    expect(router.state.location.search).toEqual({ range: "6h" });
  });

  it("leads from an error record to its trace", async () => {
    await open("/overview", answers);
    expect(await screen.findByRole("link", { name: /card declined/ })).toHaveAttribute("href", `/traces/${"b".repeat(32)}`);
  });

  it("shows snapshots in live mode, of the chosen service, and says when the connection is lost", async () => {
    const server = await liveServer();
    await open("/overview?live=1&service=shop", answers);
    const peer = await server.peer(0, "/ws/events");
    await expect.poll(() => peer.heard.at(-1)).toEqual({ service: "shop" });
    peer.say({ service: "shop", generated_at: dashboard.end, dashboard: { ...dashboard, total_traces: 4321 }, traffic, traces: [], service_map: { nodes: [], edges: [] } });
    expect(await screen.findByText("4.32K")).toBeVisible();
    peer.cut();
    expect(await screen.findByText("Connection lost, trying again…")).toBeVisible();
  });

  it("leaves live mode by its button", async () => {
    await liveServer();
    const { router } = await open("/overview?live=1", answers);
    await userEvent.click(await screen.findByRole("button", { name: "Live" }));
    expect(router.state.location.search).toEqual({});
  });

  it("says in its panel what could not be loaded, and asks for it again", async () => {
    let broken = true;
    await open("/overview", { ...answers, "/api/metrics/latency_heatmap": () => (broken ? refuse(504, "deadline_exceeded", "the query took too long") : answers["/api/metrics/latency_heatmap"]) });
    const panel = await screen.findByRole("region", { name: "Latency" });
    expect(await within(panel).findByRole("alert")).toHaveTextContent("the query took too long");
    expect(await screen.findByRole("table", { name: "Services by health" })).toBeVisible();
    broken = false;
    await userEvent.click(within(panel).getByRole("button", { name: "Try again" }));
    expect(await within(panel).findByRole("img", { name: /^Durations of 21/ })).toBeVisible();
  });

  it("says what went wrong, and offers to try again", async () => {
    await open("/overview", { ...answers, "/api/metrics/dashboard": refuse(504, "deadline_exceeded", "the query took too long") });
    expect(await screen.findByText("the query took too long")).toBeVisible();
    expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
