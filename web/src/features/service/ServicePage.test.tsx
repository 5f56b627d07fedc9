import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { aLog } from "../../testing/builders";

const traffic = [0, 1, 2].map((minute) => ({ timestamp: `2026-11-20T16:0${minute}:00Z`, count: 10, error_count: minute }));
const numbers = { service_name: "shop", span_count: 10, span_error_count: 1, count: 30, error_count: 3, error_rate: 0.1, rate: 1, avg_latency_us: 1000, p50_latency_us: 2000, p95_latency_us: 3000, p99_latency_us: 4000, trend: traffic };
const operation = { service_name: "shop", kind: "SERVER", count: 10, error_count: 1, error_rate: 0.1, rate: 1, avg_latency_us: 10, p50_latency_us: 1, p95_latency_us: 2, p99_latency_us: 3 };
const node = (name: string, kind: string) => ({ name, kind, total_calls: 1, error_count: 0, avg_latency_us: 1, p95_latency_us: 1 });
const edge = (source: string, target: string) => ({ source, target, call_count: 60, error_count: 6, avg_latency_us: 1, p95_latency_us: 5000 });
const [start, end] = ["2026-11-20T16:00:00Z", "2026-11-20T16:01:00Z"];
const answers = {
  "/api/services": { start, end, services: [numbers] },
  "/api/operations": { start, end, total: 2, operations: [{ ...operation, operation_name: "GET /often" }, { ...operation, operation_name: "POST /slow", avg_latency_us: 9000 }] },
  "/api/metrics/traffic": traffic,
  "/api/metrics/latency_heatmap": { timestamps: traffic.map((point) => point.timestamp), bounds_us: [1000, 2000], counts: [[1, 2, 3], [0, 0, 0], [4, 5, 6]] },
  "/api/metrics/service-map": { start, end, nodes: [node("shop", "service"), node("web", "service"), node("orders", "database")], edges: [edge("web", "shop"), edge("shop", "orders")] },
  "/api/attributes/values": { facets: [{ field: "service.version", values: [{ value: "1.2.3", count: 75, term: "service.version:1.2.3" }], other: 0, missing: 25 }], counted: 100, total: 100, total_is_estimate: false },
  "/api/logs": { logs: [aLog({ severity: "ERROR", body: "out of stock" })], total: 1, limit: 7, offset: 0, next_cursor: null },
};

describe("the page of a service", () => {
  it("shows its numbers, operations by time in sum, dependencies and versions, and is accessible", async () => {
    await open("/services/shop?range=15m", answers);
    const rows = within(await screen.findByRole("table", { name: "Operations" })).getAllByRole("row");
    expect(rows.slice(1).map((row) => within(row).getByRole("link").textContent)).toEqual(["POST /slowserver", "GET /oftenserver"]);
    expect(await screen.findByRole("link", { name: /web/ })).toHaveAttribute("href", "/services/web?range=15m");
    expect(await screen.findByRole("link", { name: /orders/ })).toHaveTextContent("10.0 %1.0/s5.00 ms");
    expect(await screen.findByRole("link", { name: /1\.2\.3/ })).toHaveTextContent("75");
    expect((await screen.findAllByText("out of stock"))[0]).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("says when there is nothing of it in the range, and offers a wider one", async () => {
    await open("/services/gone", { ...answers, "/api/services": { start, end, services: [] } });
    expect(await screen.findByText("No spans of gone in this time range")).toBeVisible();
    expect(screen.getByRole("button", { name: "Look in: last 24 hours" })).toBeVisible();
  });
});
