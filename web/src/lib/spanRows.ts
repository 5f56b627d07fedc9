/** Owns which rows of a span tree are on screen: what is collapsed, what a folded group shows of itself. */
import { endOf, isGroup, isSpan, parentOf, pathTo, type SpanTree } from "./spanTree";

/** Nodes whose open state differs from the default: spans start open, groups start as a digest. */
export type Toggled = ReadonlySet<number>;

/** Why a member of a folded group is shown on its own. */
export type Note = "slowest" | "failed" | null;

export const hasChildren = (tree: SpanTree, at: number): boolean => endOf(tree, at) > at + 1;
export const isOpen = (tree: SpanTree, toggled: Toggled, at: number): boolean => isGroup(tree, at) === toggled.has(at);

/** Members of a closed group that a person must not miss: up to three that failed, and the slowest. */
export function digest(tree: SpanTree, group: number): number[] {
  const facts = tree.groups.get(group);
  if (facts === undefined) return [];
  const failed = facts.failed.slice(0, 3);
  return (failed.includes(facts.slowest) ? failed : [...failed, facts.slowest]).sort((a, b) => a - b);
}

/** What the row of a node says beside its name, when its group is closed. */
export function noteOf(tree: SpanTree, toggled: Toggled, at: number): Note {
  const up = parentOf(tree, at);
  if (up < 0 || !isGroup(tree, up) || isOpen(tree, toggled, up)) return null;
  return (tree.errors[at] ?? 0) > 0 ? "failed" : "slowest";
}

/** The nodes on screen, in rising order. */
export function visibleRows(tree: SpanTree, toggled: Toggled): Int32Array {
  const rows = new Int32Array(tree.size);
  let count = 0;
  const ranges: [from: number, to: number][] = [[0, tree.size]];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const [from, to] = range;
    for (let at = from; at < to; at += 1) {
      rows[count] = at;
      count += 1;
      if (isOpen(tree, toggled, at)) continue;
      const end = endOf(tree, at);
      if (isGroup(tree, at)) {
        ranges.push([end, to], ...digest(tree, at).reverse().map((member): [number, number] => [member, endOf(tree, member)]));
        break;
      }
      at = end - 1;
    }
  }
  return rows.slice(0, count);
}

/** Where a node is among the rows, -1 when it is hidden. */
export function rowOf(rows: Int32Array, node: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = rows[middle] ?? 0;
    if (found === node) return middle;
    if (found < node) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Whether a sibling of a node is shown below it. */
export function goesOn(tree: SpanTree, toggled: Toggled, at: number): boolean {
  const up = parentOf(tree, at);
  if (up >= 0 && isGroup(tree, up) && !isOpen(tree, toggled, up)) return digest(tree, up).at(-1) !== at;
  return endOf(tree, at) < (up < 0 ? tree.size : endOf(tree, up));
}

/** Opens whatever hides a node, so that a link to it lands on a row that is there. */
export function revealed(tree: SpanTree, toggled: Toggled, at: number): Toggled {
  const path = pathTo(tree, at);
  const next = new Set(toggled);
  for (const [step, node] of path.entries()) {
    const wanted = path[step + 1] ?? at;
    if (!isGroup(tree, node)) next.delete(node);
    else if (!digest(tree, node).includes(wanted)) next.add(node);
  }
  return next.size === toggled.size && [...next].every((kept) => toggled.has(kept)) ? toggled : next;
}

/** Every span with children below a root closed, and every group. */
export function allCollapsed(tree: SpanTree): Toggled {
  const closed = new Set<number>();
  for (let at = 0; at < tree.size; at += 1) if (isSpan(tree, at) && hasChildren(tree, at) && parentOf(tree, at) >= 0) closed.add(at);
  return closed;
}

/** Closes the open spans that are farthest from the root among those shown, or opens the closed ones that are nearest. */
export function oneLevel(tree: SpanTree, toggled: Toggled, open: boolean): Toggled {
  const rows = [...visibleRows(tree, toggled)].filter((at) => hasChildren(tree, at) && isSpan(tree, at) && isOpen(tree, toggled, at) !== open);
  const levels = rows.map((at) => tree.levels[at] ?? 0);
  const level = open ? levels.reduce((a, b) => Math.min(a, b), Infinity) : levels.reduce((a, b) => Math.max(a, b), -1);
  const next = new Set(toggled);
  for (const at of rows.filter((_, index) => levels[index] === level)) {
    if (open) next.delete(at);
    else next.add(at);
  }
  return next;
}
