/** Owns the critical path of a trace: at each moment, the one span that everything waits for. */
import { childrenOf, endOf, isGroup, isSpan, type SpanTree } from "./spanTree";

/** Stretches of the path in microseconds after the trace's start, each with its span; by span, then by time. */
export type CriticalPath = { nodes: Int32Array; from: Float64Array; to: Float64Array };

type Task = { node: number; until: number };
type Stretch = { node: number; from: number; to: number };

/** Spans right below a node, through folded groups. */
function spansBelow(tree: SpanTree, at: number): number[] {
  return childrenOf(tree, at).flatMap((child) => (isGroup(tree, child) ? childrenOf(tree, child) : [child]));
}

/** Walks back from the end of each span to the child that ended last before it, and on from that child's start. */
export function criticalPathOf(tree: SpanTree): CriticalPath {
  const found: Stretch[] = [];
  const root = childrenOf(tree, -1).reduce<number>((best, at) => (best < 0 || (tree.durations[at] ?? 0) > (tree.durations[best] ?? 0) ? at : best), -1);
  const endAt = (at: number) => (tree.starts[at] ?? 0) + (tree.durations[at] ?? 0);
  const tasks: Task[] = root < 0 ? [] : [{ node: root, until: endAt(root) }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const start = tree.starts[task.node] ?? 0;
    const spend = (from: number, to: number) => {
      if (to > from && isSpan(tree, task.node)) found.push({ node: task.node, from, to });
    };
    let now = Math.min(task.until, endAt(task.node));
    const children = endOf(tree, task.node) > task.node + 1 ? spansBelow(tree, task.node).sort((a, b) => endAt(b) - endAt(a)) : [];
    for (const child of children) {
      const [from, end] = [tree.starts[child] ?? 0, endAt(child)];
      // what runs on after its parent, or starts before it, is not what the parent waited for
      if (end > now || from < start) continue;
      spend(end, now);
      tasks.push({ node: child, until: end });
      now = from;
    }
    spend(start, now);
  }
  found.sort((a, b) => a.node - b.node || a.from - b.from);
  return { nodes: Int32Array.from(found, (one) => one.node), from: Float64Array.from(found, (one) => one.from), to: Float64Array.from(found, (one) => one.to) };
}

/** Index of the first stretch whose node is not below `node`. */
function firstOf(path: CriticalPath, node: number): number {
  let [low, high] = [0, path.nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((path.nodes[middle] ?? 0) < node) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The stretches of one span, or of all below a group with `end` as the node after them. */
export function stretchesOf(path: CriticalPath, node: number, end = node + 1): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let at = firstOf(path, node); at < path.nodes.length && (path.nodes[at] ?? 0) < end; at += 1) found.push({ from: path.from[at] ?? 0, to: path.to[at] ?? 0 });
  return found;
}

/** Whether a span, or one below it, is on the path. */
export const touchesPath = (path: CriticalPath, node: number, end: number): boolean => (path.nodes[firstOf(path, node)] ?? Infinity) < end;

/** What each service, and operation of it, has of the path, the greatest first. */
export function pathShares(tree: SpanTree, path: CriticalPath): { service: string; us: number; share: number; slowest: number }[] {
  const services = tree.serviceNames.length;
  const [sums, most, slowest] = [new Float64Array(services), new Float64Array(services), new Int32Array(services)];
  let total = 0;
  for (let at = 0; at < path.nodes.length; at += 1) {
    const [node, us] = [path.nodes[at] ?? 0, (path.to[at] ?? 0) - (path.from[at] ?? 0)];
    const service = tree.services[node] ?? 0;
    sums[service] = (sums[service] ?? 0) + us;
    total += us;
    if (us > (most[service] ?? 0)) [most[service], slowest[service]] = [us, node];
  }
  return tree.serviceNames
    .map((service, at) => ({ service, us: sums[at] ?? 0, share: (sums[at] ?? 0) / Math.max(total, 1), slowest: slowest[at] ?? 0 }))
    .filter(({ us }) => us > 0)
    .sort((a, b) => b.us - a.us);
}
