/** Owns how two traces differ: their spans merged by place in the tree, service and operation, side by side. */
import type { Span } from "../api/types";
import { toMicros } from "./moment";

/** What one trace has at a place: how many spans, how long they took, how many failed, and the slowest as an example. */
export type Side = { count: number; totalUs: number; selfUs: number; errors: number; example: Span };
export type Change = "same" | "only-a" | "only-b" | "count" | "errors" | "slower" | "faster";
/** A place in the merged tree. `differsBelow`: something inside it differs. */
export type DiffRow = { key: string; depth: number; service: string; operation: string; kind: string; a: Side | null; b: Side | null; change: Change; differsBelow: boolean };

type Node = { service: string; operation: string; kind: string; a: Side | null; b: Side | null; firstUs: number; children: Map<string, Node> };

/** Durations count as different from this factor on, and only where it is worth a look. */
const factor = 1.5;
const leastUs = 1_000;

const newNode = (span: Span): Node => ({ service: span.service_name, operation: span.operation_name, kind: span.kind, a: null, b: null, firstUs: Infinity, children: new Map() });

/** Time in which a span has no child running, in microseconds. */
function selfTime(span: Span, children: Span[]): number {
  const [from, to] = [toMicros(span.start_time), toMicros(span.start_time) + span.duration_us];
  const parts = children.map((child) => [Math.max(from, toMicros(child.start_time)), Math.min(to, toMicros(child.start_time) + child.duration_us)] as const).sort((x, y) => x[0] - y[0]);
  let [covered, end] = [0, from];
  for (const [start, stop] of parts) {
    if (stop <= end) continue;
    covered += stop - Math.max(start, end);
    end = stop;
  }
  return Math.max(0, span.duration_us - covered);
}

function merge(root: Map<string, Node>, spans: Span[], side: "a" | "b"): void {
  const children = new Map<string, Span[]>();
  const ids = new Set(spans.map((span) => span.span_id));
  const tops: Span[] = [];
  for (const span of spans) {
    const parent = span.parent_span_id;
    if (parent === null || parent === span.span_id || !ids.has(parent)) tops.push(span);
    else children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const originUs = Math.min(...spans.map((span) => toMicros(span.start_time)));
  const queue: { span: Span; into: Map<string, Node> }[] = tops.map((span) => ({ span, into: root }));
  const seen = new Set<Span>();
  for (const { span, into } of queue) {
    if (seen.has(span)) continue;
    seen.add(span);
    const key = `${span.service_name}\0${span.operation_name}\0${span.kind}`;
    const node = into.get(key) ?? newNode(span);
    into.set(key, node);
    const own = children.get(span.span_id) ?? [];
    const before = node[side];
    const self = selfTime(span, own);
    const failed = span.status === "ERROR" ? 1 : 0;
    node[side] = before === null ? { count: 1, totalUs: span.duration_us, selfUs: self, errors: failed, example: span } : { count: before.count + 1, totalUs: before.totalUs + span.duration_us, selfUs: before.selfUs + self, errors: before.errors + failed, example: span.duration_us > before.example.duration_us ? span : before.example };
    node.firstUs = Math.min(node.firstUs, toMicros(span.start_time) - originUs);
    for (const child of own) queue.push({ span: child, into: node.children });
  }
}

function changeOf({ a, b }: Node): Change {
  if (b === null) return "only-a";
  if (a === null) return "only-b";
  if ((a.errors > 0) !== (b.errors > 0)) return "errors";
  if (a.count !== b.count) return "count";
  if (Math.abs(a.totalUs - b.totalUs) < leastUs) return "same";
  if (b.totalUs > a.totalUs * factor) return "slower";
  return a.totalUs > b.totalUs * factor ? "faster" : "same";
}

function rowsOf(nodes: Map<string, Node>, depth: number, path: string, rows: DiffRow[]): boolean {
  let differs = false;
  const ordered = [...nodes].sort(([, x], [, y]) => x.firstUs - y.firstUs);
  for (const [name, node] of ordered) {
    const row: DiffRow = { key: `${path}/${name}`, depth, service: node.service, operation: node.operation, kind: node.kind, a: node.a, b: node.b, change: changeOf(node), differsBelow: false };
    rows.push(row);
    row.differsBelow = rowsOf(node.children, depth + 1, row.key, rows);
    differs = differs || row.differsBelow || row.change !== "same";
  }
  return differs;
}

/** The merged tree of two traces in drawing order. */
export function diffTraces(a: Span[], b: Span[]): DiffRow[] {
  const root = new Map<string, Node>();
  merge(root, a, "a");
  merge(root, b, "b");
  const rows: DiffRow[] = [];
  rowsOf(root, 0, "", rows);
  return rows;
}

/** Attributes whose values differ between the examples of a place; undefined where a side has none. */
export function attributeDiff(a: Side | null, b: Side | null): { key: string; a: unknown; b: unknown }[] {
  const left = { ...a?.example.resource, ...a?.example.attributes };
  const right = { ...b?.example.resource, ...b?.example.attributes };
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .sort()
    .map((key) => ({ key, a: left[key], b: right[key] }))
    .filter((entry) => JSON.stringify(entry.a) !== JSON.stringify(entry.b));
}
