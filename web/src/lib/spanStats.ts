/** Owns the sums over the spans of one trace: per service and operation, and the calls between services. */
import type { MapEdge, MapNode } from "../api/types";
import { endOf, hasFailed, hasId, isGroup, isSpan, parentOf, type SpanTree } from "./spanTree";

export type OperationSum = { service: string; operation: string; count: number; errors: number; totalUs: number; selfUs: number; minUs: number; maxUs: number; slowest: number };

/** One line per service and operation, those with the most own time first. */
export function operationSums(tree: SpanTree): OperationSum[] {
  const sums = new Map<number, OperationSum>();
  for (let at = 0; at < tree.size; at += 1) {
    if (!isSpan(tree, at)) continue;
    const key = (tree.services[at] ?? 0) * tree.operationNames.length + (tree.operations[at] ?? 0);
    const us = tree.durations[at] ?? 0;
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = { service: tree.serviceNames[tree.services[at] ?? 0] ?? "", operation: tree.operationNames[tree.operations[at] ?? 0] ?? "", count: 0, errors: 0, totalUs: 0, selfUs: 0, minUs: us, maxUs: -1, slowest: at };
      sums.set(key, sum);
    }
    sum.count += 1;
    sum.errors += hasFailed(tree, at) ? 1 : 0;
    sum.totalUs += us;
    sum.selfUs += tree.selfTimes[at] ?? 0;
    sum.minUs = Math.min(sum.minUs, us);
    if (us > sum.maxUs) [sum.maxUs, sum.slowest] = [us, at];
  }
  return [...sums.values()].sort((a, b) => b.selfUs - a.selfUs);
}

/** One line per service, with an empty operation; those with the most own time first. */
export function sumsByService(operations: OperationSum[]): OperationSum[] {
  const sums = new Map<string, OperationSum>();
  for (const one of operations) {
    const sum = sums.get(one.service);
    if (sum === undefined) {
      sums.set(one.service, { ...one, operation: "" });
      continue;
    }
    if (one.maxUs > sum.maxUs) sum.slowest = one.slowest;
    sum.count += one.count;
    sum.errors += one.errors;
    sum.totalUs += one.totalUs;
    sum.selfUs += one.selfUs;
    sum.minUs = Math.min(sum.minUs, one.minUs);
    sum.maxUs = Math.max(sum.maxUs, one.maxUs);
  }
  return [...sums.values()].sort((a, b) => b.selfUs - a.selfUs);
}

/** A cell of a CSV file; what a spreadsheet would run as a formula is kept a text. */
const cell = (value: string | number): string => (typeof value === "number" ? String(value) : `"${(/^[=+@\t\r-]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`);

/** The sums as a CSV file, durations in microseconds. */
export function statisticsCsv(sums: OperationSum[]): string {
  const head = "service,operation,spans,errors,self_us,total_us,average_us,min_us,max_us";
  const lines = sums.map((sum) => [sum.service, sum.operation, sum.count, sum.errors, sum.selfUs, sum.totalUs, sum.totalUs / sum.count, sum.minUs, sum.maxUs].map(cell).join(","));
  return `${[head, ...lines].join("\r\n")}\r\n`;
}

const quantile = (values: number[], share: number): number => values.sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
const average = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

type Calls = { durations: number[]; errors: number };
const add = (calls: Map<string, Calls>, key: string, us: number, failed: boolean) => {
  const known = calls.get(key) ?? { durations: [], errors: 0 };
  known.durations.push(us);
  known.errors += failed ? 1 : 0;
  calls.set(key, known);
};

/** An uninstrumented other side of a call. */
export type Peer = { name: string; kind: MapNode["kind"] };

/** The services of a trace and who called whom, in the shape of the service map; `peerOf` tells whom a span without spans below it called. */
export function mapOfTrace(tree: SpanTree, peerOf: (at: number) => Peer | null = () => null): { nodes: MapNode[]; edges: MapEdge[] } {
  const nodes = new Map<string, Calls>();
  const edges = new Map<string, Calls>();
  const kinds = new Map<string, MapNode["kind"]>();
  for (let at = 0; at < tree.size; at += 1) {
    if (!isSpan(tree, at)) continue;
    let up = parentOf(tree, at);
    if (up >= 0 && isGroup(tree, up)) up = parentOf(tree, up);
    const called = tree.serviceNames[tree.services[at] ?? 0] ?? "";
    const caller = up >= 0 && isSpan(tree, up) ? (tree.serviceNames[tree.services[up] ?? 0] ?? "") : null;
    const peer = endOf(tree, at) === at + 1 ? peerOf(at) : null;
    if (peer !== null) {
      kinds.set(peer.name, peer.kind);
      add(nodes, peer.name, tree.durations[at] ?? 0, hasFailed(tree, at));
      add(edges, JSON.stringify([called, peer.name]), tree.durations[at] ?? 0, hasFailed(tree, at));
    }
    if (caller === called) continue;
    add(nodes, called, tree.durations[at] ?? 0, hasFailed(tree, at));
    if (caller !== null) add(edges, JSON.stringify([caller, called]), tree.durations[at] ?? 0, hasFailed(tree, at));
  }
  return {
    nodes: [...nodes].map(([name, { durations, errors }]) => ({ name, kind: kinds.get(name) ?? "service", total_calls: durations.length, error_count: errors, avg_latency_us: average(durations), p95_latency_us: quantile(durations, 0.95) })),
    edges: [...edges].map(([key, { durations, errors }]) => {
      const [source = "", target = ""] = JSON.parse(key) as string[];
      return { source, target, call_count: durations.length, error_count: errors, avg_latency_us: average(durations), p95_latency_us: quantile(durations, 0.95) };
    }),
  };
}

export type SpanOrder = "service" | "operation" | "kind" | "start" | "self" | "duration";

/** Where each name stands in the alphabet. */
function ranks(names: string[]): Int32Array {
  const sorted = names.map((_, at) => at).sort((a, b) => ((names[a] ?? "") < (names[b] ?? "") ? -1 : 1));
  const found = new Int32Array(names.length);
  for (const [rank, at] of sorted.entries()) found[at] = rank;
  return found;
}

function keysFor(tree: SpanTree, order: SpanOrder): (at: number) => number {
  if (order === "service" || order === "operation") {
    const [rank, numbers] = order === "service" ? [ranks(tree.serviceNames), tree.services] : [ranks(tree.operationNames), tree.operations];
    return (at) => rank[numbers[at] ?? 0] ?? 0;
  }
  const values = { kind: tree.kinds, start: tree.starts, self: tree.selfTimes, duration: tree.durations }[order];
  return (at) => values[at] ?? 0;
}

/** The spans whose service, operation or id has a text, in an order; equals stay in drawing order. */
export function spansInOrder(tree: SpanTree, order: SpanOrder, down: boolean, text: string): Int32Array {
  const holds = matcher(tree, text);
  const keyOf = keysFor(tree, order);
  const keys = Float64Array.from({ length: tree.size }, (_, at) => keyOf(at) * (down ? -1 : 1));
  return Int32Array.from({ length: tree.size }, (_, at) => at)
    .filter(holds)
    .sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
}

/** Whether a node is a span whose service or operation has the text, whatever its case, or whose id it is; all have the empty one. */
export function matcher(tree: SpanTree, text: string): (at: number) => boolean {
  const wanted = text.trim().toLowerCase();
  const hits = (names: string[]) => Uint8Array.from(names, (name) => (name.toLowerCase().includes(wanted) ? 1 : 0));
  const [services, operations] = [hits(tree.serviceNames), hits(tree.operationNames)];
  const named = hasId(tree, wanted);
  return (at) => isSpan(tree, at) && (services[tree.services[at] ?? 0] === 1 || operations[tree.operations[at] ?? 0] === 1 || named(at));
}
