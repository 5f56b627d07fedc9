/** Owns what the service map derives from its nodes and edges: neighbourhoods, colours, the shape that decides the layout. */
import type { MapEdge, MapNode, ServiceMap } from "../api/types";
import { formatShare, formatShort } from "./count";
import { formatDuration } from "./duration";
import { healthOf } from "./trend";

export type MapMode = "health" | "latency" | "throughput";
export const mapModes: { value: MapMode; label: string }[] = [
  { value: "health", label: "Health" },
  { value: "latency", label: "Latency" },
  { value: "throughput", label: "Throughput" },
];

export const edgeId = (edge: Pick<MapEdge, "source" | "target">): string => `${edge.source}\u0000${edge.target}`;
export const nodeErrorRate = (node: MapNode): number => node.error_count / Math.max(1, node.total_calls);
export const edgeErrorRate = (edge: MapEdge): number => edge.error_count / Math.max(1, edge.call_count);

/** The names at most `depth` calls away from `focus`, up or down. */
export function neighbourhood(edges: MapEdge[], focus: string, depth: number): Set<string> {
  const reached = new Set([focus]);
  let border = [focus];
  for (let step = 0; step < depth; step += 1) {
    const next = edges.flatMap(({ source, target }) => (border.includes(source) ? [target] : border.includes(target) ? [source] : []));
    border = next.filter((name) => !reached.has(name));
    for (const name of border) reached.add(name);
  }
  return reached;
}

/** The part of a map around one node; the whole map without a focus or when it is not there. */
export function focusOn(map: ServiceMap, focus: string | null, depth: number): ServiceMap {
  if (focus === null || !map.nodes.some((node) => node.name === focus)) return map;
  const names = neighbourhood(map.edges, focus, depth);
  return { ...map, nodes: map.nodes.filter((node) => names.has(node.name)), edges: map.edges.filter((edge) => names.has(edge.source) && names.has(edge.target)) };
}

/** A text that changes when nodes or edges come or go, and not when only numbers change. */
export function shapeOf(map: ServiceMap): string {
  const nodes = map.nodes.map((node) => `${node.kind} ${node.name}`).sort();
  return JSON.stringify([nodes, map.edges.map(edgeId).sort()]);
}

/** How strongly a value is coloured, 0 to 1, on a logarithmic scale from the least to the greatest. */
export function strength(value: number, values: number[]): number {
  const positive = values.filter((one) => one > 0);
  if (value <= 0 || positive.length === 0) return 0;
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  return high === low ? 1 : 0.15 + (0.85 * Math.log(value / low)) / Math.log(high / low);
}

/** Calls per second; of a moment, such as a single trace, how many. */
export const perSecond = (count: number, seconds: number): string => {
  if (seconds === 0) return `${formatShort(count)}×`;
  const rate = count / Math.max(1, seconds);
  return `${rate >= 100 ? formatShort(rate) : rate >= 9.95 ? rate.toFixed(0) : rate >= 0.095 ? rate.toFixed(1) : rate.toFixed(2)}/s`;
};

export const secondsOf = (map: ServiceMap): number => (Date.parse(map.end) - Date.parse(map.start)) / 1000;

/** What an edge says in a mode. In health mode only what fails says something, unless all of it is asked for. */
export function edgeText(edge: MapEdge, mode: MapMode, seconds: number, fully = false): string {
  if (mode === "latency") return formatDuration(edge.p95_latency_us);
  const rate = perSecond(edge.call_count, seconds);
  if (mode === "throughput" || (fully && edge.error_count === 0)) return rate;
  if (edge.error_count === 0) return "";
  return fully ? `${rate} · ${formatShare(edgeErrorRate(edge))}` : formatShare(edgeErrorRate(edge));
}

/** The colour of a thing in health mode. */
export const healthColor = (errorRate: number): string => ({ good: "var(--argus-good)", fair: "var(--argus-warn)", poor: "var(--argus-error)" })[healthOf(errorRate)];
