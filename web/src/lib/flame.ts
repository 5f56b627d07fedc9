/** Owns the frames of a flame graph: the spans of one trace on its clock, or merged by the path of calls that led to them. */
import { hasFailed, isGroup, isSpan, parentOf, type SpanTree } from "./spanTree";

/** Frames, callers before callees; edges as shares of the whole width. `nodes` are the spans (of merged ones, the slowest) they stand for. */
export type Frames = {
  size: number;
  from: Float64Array;
  to: Float64Array;
  levels: Int32Array;
  parents: Int32Array;
  nodes: Int32Array;
  counts: Int32Array;
  errors: Int32Array;
  totals: Float64Array;
  selfs: Float64Array;
  depth: number;
};

const lanesAtMost = 400;

function emptyFrames(size: number): Frames {
  return { size, from: new Float64Array(size), to: new Float64Array(size), levels: new Int32Array(size), parents: new Int32Array(size).fill(-1), nodes: new Int32Array(size), counts: new Int32Array(size), errors: new Int32Array(size), totals: new Float64Array(size), selfs: new Float64Array(size), depth: 0 };
}

/** The span above a node, past folded groups; -1 at the top. */
export function callerOf(tree: SpanTree, at: number): number {
  let up = parentOf(tree, at);
  while (up >= 0 && isGroup(tree, up)) up = parentOf(tree, up);
  return up;
}

/** Each span where it lies in time, in the first lane below its caller's that is free: what ran at once stands one above the other. */
export function framesInTime(tree: SpanTree): Frames {
  const spans = Int32Array.from({ length: tree.size }, (_, at) => at)
    .filter((at) => isSpan(tree, at))
    .sort((a, b) => (tree.starts[a] ?? 0) - (tree.starts[b] ?? 0) || a - b);
  const frames = emptyFrames(spans.length);
  const frameOf = new Int32Array(tree.size).fill(-1);
  const free: number[] = [];
  const whole = Math.max(tree.durationUs, 1);
  for (const [frame, at] of spans.entries()) {
    const up = callerOf(tree, at);
    const parent = up < 0 ? -1 : (frameOf[up] ?? -1);
    const [start, length] = [tree.starts[at] ?? 0, tree.durations[at] ?? 0];
    let lane = parent < 0 ? 0 : (frames.levels[parent] ?? 0) + 1;
    const last = lane + lanesAtMost;
    while (lane < last && (free[lane] ?? 0) > start) lane += 1;
    free[lane] = Math.max(free[lane] ?? 0, start + length);
    frameOf[at] = frame;
    frames.parents[frame] = parent;
    frames.nodes[frame] = at;
    frames.levels[frame] = lane;
    frames.from[frame] = start / whole;
    frames.to[frame] = (start + length) / whole;
    frames.counts[frame] = 1;
    frames.errors[frame] = hasFailed(tree, at) ? 1 : 0;
    frames.totals[frame] = length;
    frames.selfs[frame] = tree.selfTimes[at] ?? 0;
    frames.depth = Math.max(frames.depth, lane + 1);
  }
  return frames;
}

type Sum = { key: number; children: Map<number, Sum>; node: number; slowest: number; count: number; errors: number; total: number; self: number; width: number };
const newSum = (key: number): Sum => ({ key, children: new Map(), node: -1, slowest: -1, count: 0, errors: 0, total: 0, self: 0, width: 0 });

/** Adds every span to the sum of its path of services and operations; gives them parents first. */
function sumPaths(tree: SpanTree, root: Sum): Sum[] {
  const sumOf = Array.from<Sum | undefined>({ length: tree.size });
  const order: Sum[] = [];
  for (let at = 0; at < tree.size; at += 1) {
    if (!isSpan(tree, at)) continue;
    const up = callerOf(tree, at);
    const above = (up < 0 ? undefined : sumOf[up]) ?? root;
    const key = (tree.services[at] ?? 0) * tree.operationNames.length + (tree.operations[at] ?? 0);
    let sum = above.children.get(key);
    if (sum === undefined) {
      sum = newSum(key);
      above.children.set(key, sum);
      order.push(sum);
    }
    sumOf[at] = sum;
    sum.count += 1;
    sum.errors += hasFailed(tree, at) ? 1 : 0;
    sum.total += tree.durations[at] ?? 0;
    sum.self += tree.selfTimes[at] ?? 0;
    if ((tree.durations[at] ?? 0) > sum.slowest) [sum.slowest, sum.node] = [tree.durations[at] ?? 0, at];
  }
  return order;
}

/** One frame for each path of calls; as wide as the own time of all spans on it and below. */
export function framesMerged(tree: SpanTree): Frames {
  const root = newSum(-1);
  const order = sumPaths(tree, root);
  for (const sum of [...order].reverse().concat(root)) sum.width = sum.self + [...sum.children.values()].reduce((whole, child) => whole + child.width, 0);
  const frames = emptyFrames(order.length);
  const whole = Math.max(root.width, 1e-9);
  type Task = { sum: Sum; from: number; level: number; parent: number };
  const tasks: Task[] = [];
  const push = (above: Sum, from: number, level: number, parent: number) => {
    let at = from;
    for (const sum of [...above.children.values()].sort((a, b) => b.width - a.width)) {
      tasks.push({ sum, from: at, level, parent });
      at += sum.width / whole;
    }
  };
  push(root, 0, 0, -1);
  for (let frame = 0; frame < tasks.length; frame += 1) {
    const { sum, from, level, parent } = tasks[frame] as Task;
    frames.from[frame] = from;
    frames.to[frame] = from + sum.width / whole;
    frames.levels[frame] = level;
    frames.parents[frame] = parent;
    frames.nodes[frame] = sum.node;
    frames.counts[frame] = sum.count;
    frames.errors[frame] = sum.errors;
    frames.totals[frame] = sum.total;
    frames.selfs[frame] = sum.self;
    frames.depth = Math.max(frames.depth, level + 1);
    push(sum, from, level + 1, frame);
  }
  return frames;
}

/** The frame at a place, -1 for none. */
export function frameAt(frames: Frames, share: number, level: number): number {
  for (let frame = frames.size - 1; frame >= 0; frame -= 1) {
    if (frames.levels[frame] === level && (frames.from[frame] ?? 0) <= share && (frames.to[frame] ?? 0) >= share) return frame;
  }
  return -1;
}

/** The frame that an arrow key leads to. */
export function neighbour(frames: Frames, from: number, key: string): number {
  if (from < 0) return frames.size > 0 ? 0 : -1;
  if (key === "ArrowUp") return (frames.parents[from] ?? -1) >= 0 ? (frames.parents[from] ?? from) : from;
  if (key === "ArrowDown") {
    const child = frames.parents.indexOf(from);
    return child < 0 ? from : child;
  }
  const step = key === "ArrowRight" ? 1 : -1;
  for (let at = from + step; at >= 0 && at < frames.size; at += step) if (frames.parents[at] === frames.parents[from]) return at;
  return from;
}
