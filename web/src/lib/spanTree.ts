/** Owns the tree of a trace: who called whom, what is missing, and which siblings are repetitions of one another. */
import type { Span } from "../api/types";
import { toMicros } from "./moment";

type Place = {
  key: string;
  startUs: number;
  endUs: number;
  children: TreeNode[];
  /** Spans in this subtree, itself included. */
  count: number;
  /** Spans with status ERROR in this subtree, itself included. */
  errors: number;
};
export type SpanNode = Place & { kind: "span"; span: Span };
/** A parent that spans name but that never arrived. */
export type MissingNode = Place & { kind: "missing"; spanId: string };
/** Siblings of one service, operation and kind, folded into one row. */
export type GroupNode = Place & { kind: "group"; like: Span; p50Us: number; maxUs: number; failed: SpanNode[]; slowest: SpanNode };
export type TreeNode = SpanNode | MissingNode | GroupNode;

export type SpanTree = {
  roots: TreeNode[];
  /** Every span in drawing order, parents before children. */
  spans: SpanNode[];
  /** The nodes from the root down to each span, by the span's key. */
  pathTo: (key: string) => TreeNode[];
  startUs: number;
  durationUs: number;
  depth: number;
};

/** So many equal siblings are shown as one row. */
export const foldFrom = 5;

const byStart = (a: TreeNode, b: TreeNode) => a.startUs - b.startUs || b.endUs - a.endUs;

function spanNodes(spans: Span[]): SpanNode[] {
  const seen = new Map<string, number>();
  return spans.map((span) => {
    const repeats = seen.get(span.span_id) ?? 0;
    seen.set(span.span_id, repeats + 1);
    const startUs = toMicros(span.start_time);
    const failed = span.status === "ERROR" ? 1 : 0;
    const key = repeats === 0 ? span.span_id : `${span.span_id}/${repeats}`;
    return { kind: "span", key, span, startUs, endUs: startUs + span.duration_us, children: [], count: 1, errors: failed };
  });
}

function missingNode(spanId: string): MissingNode {
  return { kind: "missing", key: `missing/${spanId}`, spanId, startUs: Infinity, endUs: -Infinity, children: [], count: 0, errors: 0 };
}

/** Spans that reach no root because their parents form a ring; each ring is opened at its earliest span. */
function openRings(nodes: SpanNode[], parents: Map<SpanNode, TreeNode>): SpanNode[] {
  const settled = new Set<TreeNode>();
  const opened: SpanNode[] = [];
  for (const node of nodes) {
    const trail = new Set<TreeNode>();
    let at: TreeNode | undefined = node;
    while (at !== undefined && !settled.has(at)) {
      if (trail.has(at)) {
        const ring = node;
        const parent = parents.get(ring);
        if (parent !== undefined) parent.children = parent.children.filter((child) => child !== ring);
        parents.delete(ring);
        opened.push(ring);
        break;
      }
      trail.add(at);
      at = at.kind === "span" ? parents.get(at) : undefined;
    }
    for (const passed of trail) settled.add(passed);
  }
  return opened;
}

function link(nodes: SpanNode[]): TreeNode[] {
  const byId = new Map<string, SpanNode>();
  for (const node of nodes) if (!byId.has(node.span.span_id)) byId.set(node.span.span_id, node);
  const missing = new Map<string, MissingNode>();
  const parents = new Map<SpanNode, TreeNode>();
  const roots: TreeNode[] = [];
  for (const node of nodes) {
    const parentId = node.span.parent_span_id;
    if (parentId === null || parentId === "") {
      roots.push(node);
      continue;
    }
    const ghost = missing.get(parentId) ?? missingNode(parentId);
    const parent = byId.get(parentId) ?? ghost;
    if (parent === ghost) missing.set(parentId, ghost);
    parent.children.push(node);
    parents.set(node, parent);
  }
  return [...roots, ...missing.values(), ...openRings(nodes, parents)];
}

function quantile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function groupNode(members: [SpanNode, ...SpanNode[]]): GroupNode {
  const durations = members.map((member) => member.span.duration_us).sort((a, b) => a - b);
  return {
    kind: "group",
    key: `group/${members[0].key}`,
    like: members[0].span,
    startUs: Math.min(...members.map((member) => member.startUs)),
    endUs: Math.max(...members.map((member) => member.endUs)),
    children: members,
    count: members.reduce((sum, member) => sum + member.count, 0),
    errors: members.reduce((sum, member) => sum + member.errors, 0),
    p50Us: quantile(durations, 0.5),
    maxUs: durations.at(-1) ?? 0,
    failed: members.filter((member) => member.errors > 0),
    slowest: members.reduce((a, b) => (b.span.duration_us > a.span.duration_us ? b : a)),
  };
}

/** Replaces each run of equal siblings by one group at the place of the first. */
function fold(children: TreeNode[]): TreeNode[] {
  if (children.length < foldFrom) return children;
  const alike = new Map<string, SpanNode[]>();
  const likeness = (node: SpanNode) => `${node.span.service_name}\0${node.span.operation_name}\0${node.span.kind}`;
  for (const child of children) {
    if (child.kind === "span") alike.set(likeness(child), [...(alike.get(likeness(child)) ?? []), child]);
  }
  return children.flatMap((child): TreeNode[] => {
    if (child.kind !== "span") return [child];
    const members = alike.get(likeness(child)) ?? [];
    const [first, ...rest] = members;
    if (first === undefined || members.length < foldFrom) return [child];
    return first === child ? [groupNode([first, ...rest])] : [];
  });
}

/** Sums up every subtree, sorts children by start and folds repetitions; leaves first, without recursion. */
function settle(roots: TreeNode[]): void {
  const order: TreeNode[] = [...roots];
  for (let at = 0; at < order.length; at += 1) for (const child of order[at]?.children ?? []) order.push(child);
  for (const node of order.reverse()) {
    for (const child of node.children) {
      node.count += child.count;
      node.errors += child.errors;
      if (node.kind !== "missing") continue;
      node.startUs = Math.min(node.startUs, child.startUs);
      node.endUs = Math.max(node.endUs, child.endUs);
    }
    node.children = fold(node.children.sort(byStart));
  }
}

/** Builds the tree of a trace from its spans in any order; no span is ever left out. */
export function buildTree(spans: Span[]): SpanTree {
  const nodes = spanNodes(spans).sort(byStart);
  const roots = link(nodes);
  settle(roots);
  roots.sort(byStart);
  const parents = new Map<string, TreeNode>();
  const ordered: SpanNode[] = [];
  let depth = 0;
  const stack: { node: TreeNode; level: number }[] = roots.map((node) => ({ node, level: 1 })).reverse();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, level } = top;
    if (node.kind === "span") ordered.push(node);
    if (node.kind !== "group") depth = Math.max(depth, level);
    for (const child of [...node.children].reverse()) {
      parents.set(child.key, node);
      stack.push({ node: child, level: level + (node.kind === "group" ? 0 : 1) });
    }
  }
  const pathTo = (key: string) => {
    const path: TreeNode[] = [];
    for (let at = parents.get(key); at !== undefined; at = parents.get(at.key)) path.unshift(at);
    return path;
  };
  const startUs = Math.min(...nodes.map((node) => node.startUs));
  const endUs = nodes.reduce((latest, node) => Math.max(latest, node.endUs), -Infinity);
  return { roots, spans: ordered, pathTo, startUs: nodes.length > 0 ? startUs : 0, durationUs: nodes.length > 0 ? endUs - startUs : 0, depth };
}
