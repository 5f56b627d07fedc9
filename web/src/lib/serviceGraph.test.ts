import { describe, expect, it } from "vitest";
import type { MapEdge, MapNode, ServiceMap } from "../api/types";
import { edgeText, focusOn, shapeOf, strength } from "./serviceGraph";

const node = (name: string, more: Partial<MapNode> = {}): MapNode => ({ name, kind: "service", total_calls: 10, error_count: 0, avg_latency_us: 1, p95_latency_us: 2, ...more });
const edge = (source: string, target: string, more: Partial<MapEdge> = {}): MapEdge => ({ source, target, call_count: 60, error_count: 0, avg_latency_us: 1000, p95_latency_us: 2000, ...more });
const map: ServiceMap = { start: "2026-11-20T16:00:00Z", end: "2026-11-20T16:01:00Z", nodes: ["a", "b", "c", "d"].map((name) => node(name)), edges: [edge("a", "b"), edge("b", "c"), edge("c", "d")] };
const names = (part: ServiceMap) => part.nodes.map((one) => one.name);

describe("the service map", () => {
  it("shows callers and callees around a node", () => expect(names(focusOn(map, "b", 1))).toEqual(["a", "b", "c"]));
  it("reaches further with more depth", () => expect(names(focusOn(map, "a", 2))).toEqual(["a", "b", "c"]));
  it("leaves out edges to what is not shown", () => expect(focusOn(map, "a", 1).edges).toHaveLength(1));
  it("shows everything when the focus is gone", () => expect(focusOn(map, "z", 1)).toBe(map));
  it("keeps its shape when only numbers change", () => {
    expect(shapeOf({ ...map, nodes: map.nodes.toReversed().map((one) => ({ ...one, total_calls: 99 })) })).toBe(shapeOf(map));
  });
  it("changes its shape when an edge comes", () => expect(shapeOf({ ...map, edges: [...map.edges, edge("a", "d")] })).not.toBe(shapeOf(map)));
  it("writes errors where there are some, and in full the rate", () => {
    const failing = edge("a", "b", { error_count: 3 });
    expect([edgeText(edge("a", "b"), "health", 60), edgeText(failing, "health", 60), edgeText(failing, "health", 60, true)]).toEqual(["", "5.0 %", "1.0/s · 5.0 %"]);
  });
  it("writes latency and throughput in their modes", () => expect([edgeText(edge("a", "b"), "latency", 60), edgeText(edge("a", "b"), "throughput", 60)]).toEqual(["2.00 ms", "1.0/s"]));
  it("colours the greatest value fully and nothing not at all", () => expect([strength(100, [1, 100]), strength(0, [1, 100])]).toEqual([1, 0]));
});
