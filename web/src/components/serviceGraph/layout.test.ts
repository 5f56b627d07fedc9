import { describe, expect, it } from "vitest";
import type { ServiceMap } from "../../api/types";
import { edgeId } from "../../lib/serviceGraph";
import { nodeHeight, nodeWidth, placeNodes, viewportFor } from "./layout";

const node = (name: string) => ({ name, kind: "service" as const, total_calls: 1, error_count: 0, avg_latency_us: 1, p95_latency_us: 1 });
const edge = (source: string, target: string) => ({ source, target, call_count: 1, error_count: 0, avg_latency_us: 1, p95_latency_us: 1 });
const map: ServiceMap = { start: "", end: "", nodes: ["web", "cart", "stock", "db"].map(node), edges: [edge("web", "cart"), edge("web", "stock"), edge("stock", "db"), edge("cart", "db")] };

describe("placing the nodes of the service map", () => {
  it("puts callees to the right of their callers", () => {
    const places = placeNodes(map).nodes;
    for (const { source, target } of map.edges) expect(places.get(source)?.x).toBeLessThan(places.get(target)?.x ?? 0);
  });
  it("lets no two nodes of a layer overlap", () => {
    const places = placeNodes(map).nodes;
    expect(Math.abs((places.get("cart")?.y ?? 0) - (places.get("stock")?.y ?? 0))).toBeGreaterThan(nodeHeight);
  });
  it("gives the same places in whatever order it is told", () => {
    expect(placeNodes({ ...map, nodes: map.nodes.toReversed(), edges: map.edges.toReversed() })).toEqual(placeNodes(map));
  });
  it("leads an edge that skips a layer between the nodes that stand there", () => {
    const { nodes, routes } = placeNodes({ ...map, edges: [...map.edges, edge("web", "db")] });
    const route = routes.get(edgeId({ source: "web", target: "db" })) ?? [];
    expect(route).toHaveLength(2);
    for (const name of ["cart", "stock"]) expect(Math.abs((nodes.get(name)?.y ?? 0) + nodeHeight / 2 - (route[0]?.y ?? 0))).toBeGreaterThan(nodeHeight / 2);
  });
  it("puts callees below their callers where a row of callers would be too long to read", () => {
    const chain = Array.from({ length: 7 }, (_, at) => `s${at}`);
    const long = { ...map, nodes: chain.map(node), edges: chain.slice(1).map((target, at) => edge(`s${at}`, target)) };
    const { down, nodes } = placeNodes(long);
    expect(down).toBe(true);
    for (const { source, target } of long.edges) expect(nodes.get(source)?.y).toBeLessThan(nodes.get(target)?.y ?? 0);
  });
  it("is shown whole where it can be read, else around one node", () => {
    const places = placeNodes(map);
    expect(viewportFor(places, { width: 1000, height: 800 }, "db").zoom).toBe(1);
    const { x, y, zoom } = viewportFor(places, { width: 300, height: 600 }, "db");
    const db = places.nodes.get("db") ?? { x: 0, y: 0 };
    expect([(db.x + nodeWidth / 2) * zoom + x, (db.y + nodeHeight / 2) * zoom + y, zoom]).toEqual([150, 200, 0.85]);
  });
  it("stands a service that calls itself", () => expect(placeNodes({ ...map, edges: [edge("web", "web")] }).nodes.size).toBe(4));
});
