/** Owns the tree of a trace: who called whom, what is missing, and which siblings are repetitions of one another. */
import type { SpanColumns, SpanKind, Status } from "../api/types";
import { failedStatus, linkSpans, type Linked, readSpans, type Spans, spanKinds, statuses, stretchOfMissing } from "./spanLinks";

/** What a node is: a span, a parent that spans name but that never arrived, or equal siblings folded into one row. */
export type NodeType = "span" | "missing" | "group";
export const nodeTypes: NodeType[] = ["span", "missing", "group"];
const [span, missing, group] = [0, 1, 2];

/** What a folded group says of its members; `failed` and `slowest` are nodes. */
export type Group = { size: number; p50Us: number; maxUs: number; failed: number[]; slowest: number };

/** Nodes in drawing order, parents before children, one place in each list; times in microseconds after the trace's start. */
export type SpanTree = {
  size: number;
  spanCount: number;
  /** Indexes into `nodeTypes`. */
  types: Uint8Array;
  /** All ids as one text, which costs nothing to hand over, and the place in it of each node: of a group, that of its first member. */
  ids: string;
  places: Int32Array;
  /** The node above, -1 for a root. */
  parents: Int32Array;
  /** The node after the last one below. */
  ends: Int32Array;
  levels: Int32Array;
  /** Spans in the subtree, the node itself included; and how many of them failed. */
  counts: Int32Array;
  errors: Int32Array;
  starts: Float64Array;
  durations: Float64Array;
  /** Time of a span in which no span below it runs. */
  selfTimes: Float64Array;
  services: Uint32Array;
  operations: Uint32Array;
  kinds: Uint8Array;
  statuses: Uint8Array;
  serviceNames: string[];
  operationNames: string[];
  groups: Map<number, Group>;
  /** The earliest start in microseconds since 1970. */
  startUs: number;
  durationUs: number;
  /** Spans above one another at most. */
  depth: number;
};

/** So many equal siblings are shown as one row. */
export const foldFrom = 5;

const idDigits = 16;

/** The id of a span or of a missing parent; of a group, that of its first member. */
export function idOf(tree: SpanTree, at: number): string {
  const from = (tree.places[at] ?? tree.ids.length) * idDigits;
  return tree.ids.slice(from, from + idDigits);
}

/** One node as an object, for the few that are on screen. */
export type TreeNode = { at: number; type: NodeType; id: string; startUs: number; durationUs: number; selfUs: number; service: string; operation: string; kind: SpanKind; status: Status; count: number; errors: number };

export function nodeAt(tree: SpanTree, at: number): TreeNode {
  return {
    at,
    type: nodeTypes[tree.types[at] ?? 0] ?? "span",
    id: idOf(tree, at),
    startUs: tree.starts[at] ?? 0,
    durationUs: tree.durations[at] ?? 0,
    selfUs: tree.selfTimes[at] ?? 0,
    service: tree.serviceNames[tree.services[at] ?? 0] ?? "",
    operation: tree.operationNames[tree.operations[at] ?? 0] ?? "",
    kind: spanKinds[tree.kinds[at] ?? 0] ?? "UNSPECIFIED",
    status: statuses[tree.statuses[at] ?? 0] ?? "UNSET",
    count: tree.counts[at] ?? 0,
    errors: tree.errors[at] ?? 0,
  };
}

export const isSpan = (tree: SpanTree, at: number): boolean => tree.types[at] === span;
export const isGroup = (tree: SpanTree, at: number): boolean => tree.types[at] === group;
export const hasFailed = (tree: SpanTree, at: number): boolean => tree.statuses[at] === failedStatus && tree.types[at] === span;
export const parentOf = (tree: SpanTree, at: number): number => tree.parents[at] ?? -1;
export const endOf = (tree: SpanTree, at: number): number => tree.ends[at] ?? at + 1;

/** Whether a node is a span with this id. */
export function hasId(tree: SpanTree, id: string): (at: number) => boolean {
  const places = new Set<number>();
  if (id.length === idDigits) for (let from = tree.ids.indexOf(id); from >= 0; from = tree.ids.indexOf(id, from + 1)) if (from % idDigits === 0) places.add(from / idDigits);
  return (at) => places.size > 0 && places.has(tree.places[at] ?? -1) && isSpan(tree, at);
}

/** The first span with this id, -1 without one. */
export function findSpan(tree: SpanTree, id: string): number {
  const found = hasId(tree, id);
  return tree.places.findIndex((_, at) => found(at));
}

/** The service of the nearest span above a node, null at the top. */
export function serviceAbove(tree: SpanTree, at: number): string | null {
  for (let up = parentOf(tree, at); up >= 0; up = parentOf(tree, up)) if (tree.types[up] !== missing) return tree.serviceNames[tree.services[up] ?? 0] ?? null;
  return null;
}

/** The nodes above one, the root first. */
export function pathTo(tree: SpanTree, at: number): number[] {
  const path: number[] = [];
  for (let up = parentOf(tree, at); up >= 0; up = parentOf(tree, up)) path.push(up);
  return path.reverse();
}

/** The nodes right below one; `-1` stands above the roots. */
export function childrenOf(tree: SpanTree, at: number): number[] {
  const found: number[] = [];
  const end = at < 0 ? tree.size : endOf(tree, at);
  for (let child = at + 1; child < end; child = endOf(tree, child)) found.push(child);
  return found;
}

type Entry = { raw: number; members: number[] | null; parent: number; level: number; depth: number };

/** Children of a span with each run of equal siblings as one list, at the place of the first. */
function folded(spans: Spans, operations: number, children: number[]): (number | number[])[] {
  if (children.length < foldFrom) return children;
  const alike = new Map<number, number[]>();
  const likeness = (raw: number) => ((spans.services[raw] ?? 0) * operations + (spans.operations[raw] ?? 0)) * spanKinds.length + (spans.kinds[raw] ?? 0);
  for (const child of children) {
    const key = likeness(child);
    const members = alike.get(key);
    if (members === undefined) alike.set(key, [child]);
    else members.push(child);
  }
  return children.flatMap((child): (number | number[])[] => {
    const members = alike.get(likeness(child)) ?? [];
    if (members.length < foldFrom) return [child];
    return members[0] === child ? [members] : [];
  });
}

function emptyTree(size: number, spans: Spans, columns: SpanColumns, startUs: number): SpanTree {
  let durationUs = 0;
  for (let at = 0; at < spans.size; at += 1) durationUs = Math.max(durationUs, (spans.starts[at] ?? 0) + (spans.durations[at] ?? 0));
  return {
    size, spanCount: spans.size, types: new Uint8Array(size), ids: columns.span_ids + columns.missing_ids, places: new Int32Array(size), parents: new Int32Array(size), ends: new Int32Array(size), levels: new Int32Array(size),
    counts: new Int32Array(size), errors: new Int32Array(size), starts: new Float64Array(size), durations: new Float64Array(size), selfTimes: new Float64Array(size),
    services: new Uint32Array(size), operations: new Uint32Array(size), kinds: new Uint8Array(size), statuses: new Uint8Array(size),
    serviceNames: columns.service_names, operationNames: columns.operation_names, groups: new Map(), startUs, durationUs, depth: 0,
  };
}

/** Writes what a span, or the first member of a group, says into a node. */
function writeSpan(tree: SpanTree, at: number, spans: Spans, raw: number): void {
  tree.starts[at] = spans.starts[raw] ?? 0;
  tree.durations[at] = spans.durations[raw] ?? 0;
  tree.services[at] = spans.services[raw] ?? 0;
  tree.operations[at] = spans.operations[raw] ?? 0;
  tree.kinds[at] = spans.kinds[raw] ?? 0;
}

function writeNode(tree: SpanTree, at: number, entry: Entry, spans: Spans, links: Linked): void {
  tree.places[at] = entry.raw;
  tree.parents[at] = entry.parent;
  tree.levels[at] = entry.level;
  tree.ends[at] = at + 1;
  if (entry.members !== null) {
    tree.types[at] = group;
    writeSpan(tree, at, spans, entry.raw);
  } else if (entry.raw >= spans.size) {
    const lost = stretchOfMissing(spans, links, entry.raw);
    tree.types[at] = missing;
    tree.starts[at] = lost.start;
    tree.durations[at] = lost.end - lost.start;
  } else {
    writeSpan(tree, at, spans, entry.raw);
    tree.selfTimes[at] = links.selfTimes[entry.raw] ?? 0;
    tree.statuses[at] = spans.statuses[entry.raw] ?? 0;
    tree.counts[at] = 1;
    tree.errors[at] = hasFailed(tree, at) ? 1 : 0;
  }
}

/** Sums up every subtree, from the leaves to the roots. */
function settle(tree: SpanTree): void {
  for (let at = tree.size - 1; at >= 0; at -= 1) {
    const up = parentOf(tree, at);
    if (up < 0) continue;
    tree.ends[up] = Math.max(tree.ends[up] ?? 0, tree.ends[at] ?? 0);
    tree.counts[up] = (tree.counts[up] ?? 0) + (tree.counts[at] ?? 0);
    tree.errors[up] = (tree.errors[up] ?? 0) + (tree.errors[at] ?? 0);
  }
}

function settleGroup(tree: SpanTree, at: number): void {
  const members = childrenOf(tree, at);
  const durations = Float64Array.from(members, (member) => tree.durations[member] ?? 0).sort();
  const end = members.reduce((latest, member) => Math.max(latest, (tree.starts[member] ?? 0) + (tree.durations[member] ?? 0)), 0);
  tree.durations[at] = end - (tree.starts[at] ?? 0);
  tree.groups.set(at, {
    size: members.length,
    p50Us: durations[Math.max(0, Math.ceil(durations.length * 0.5) - 1)] ?? 0,
    maxUs: durations.at(-1) ?? 0,
    failed: members.filter((member) => (tree.errors[member] ?? 0) > 0),
    slowest: members.reduce((a, b) => ((tree.durations[b] ?? 0) > (tree.durations[a] ?? 0) ? b : a)),
  });
}

/** Builds the tree of a trace that starts at `startUs`; no span is ever left out, and depth is no limit. */
export function buildTree(columns: SpanColumns, startUs: number): SpanTree {
  const spans = readSpans(columns);
  const links = linkSpans(spans, columns.missing_ids.length / idDigits);
  const order: Entry[] = [];
  const stack: Entry[] = [];
  const push = (children: number[], parent: number, level: number, depth: number, fold: boolean) => {
    for (const child of (fold ? folded(spans, columns.operation_names.length, children) : children).reverse()) {
      stack.push(typeof child === "number" ? { raw: child, members: null, parent, level, depth } : { raw: child[0] ?? 0, members: child, parent, level, depth: depth - 1 });
    }
  };
  push([...links.roots], -1, 0, 1, false);
  let depth = 0;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const at = order.push(top) - 1;
    depth = Math.max(depth, top.depth);
    push(top.members === null ? links.childrenOf(top.raw) : [...top.members], at, top.level + 1, top.depth + 1, top.members === null);
  }
  const tree = emptyTree(order.length, spans, columns, startUs);
  for (const [at, entry] of order.entries()) writeNode(tree, at, entry, spans, links);
  settle(tree);
  for (let at = tree.size - 1; at >= 0; at -= 1) if (isGroup(tree, at)) settleGroup(tree, at);
  tree.depth = depth;
  return tree;
}
