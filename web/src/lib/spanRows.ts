/** Owns which rows of a span tree are on screen: what is collapsed, what a folded group shows of itself. */
import type { GroupNode, SpanNode, SpanTree, TreeNode } from "./spanTree";

/** One level of indent guides, with the levels above it; a list, so that a deep trace costs no more per row. */
export type Guide = { goesOn: boolean; above: Guide | null };

export type Row = {
  node: TreeNode;
  depth: number;
  /** Whether the line of this row's level, and of each above it, goes on below. */
  guide: Guide;
  open: boolean;
  parentService: string | null;
  /** Why a member of a folded group is shown on its own. */
  note: "slowest" | "failed" | null;
};

/** Keys whose open state differs from the default: spans start open, groups start as a digest. */
export type Toggled = ReadonlySet<string>;

export const serviceOf = (node: TreeNode): string | null =>
  node.kind === "span" ? node.span.service_name : node.kind === "group" ? node.like.service_name : null;

export const isOpen = (node: TreeNode, toggled: Toggled): boolean => (node.kind === "group") === toggled.has(node.key);

/** Members of a closed group that a person must not miss: up to three that failed, and the slowest. */
export function digest(group: GroupNode): { node: SpanNode; note: "slowest" | "failed" }[] {
  const failed = group.failed.slice(0, 3);
  const notable = failed.includes(group.slowest) ? failed : [...failed, group.slowest];
  return notable
    .sort((a, b) => a.startUs - b.startUs)
    .map((node) => ({ node, note: node.errors > 0 ? "failed" : "slowest" }));
}

type Shown = { node: TreeNode; note: Row["note"] };

function shownChildren(node: TreeNode, open: boolean): Shown[] {
  if (node.kind === "group" && !open) return digest(node);
  return open ? node.children.map((child) => ({ node: child, note: null })) : [];
}

/** The rows on screen, in order; walks with a stack, so depth is no limit. */
export function visibleRows(tree: SpanTree, toggled: Toggled): Row[] {
  const rows: Row[] = [];
  type Frame = { shown: Shown; depth: number; guide: Guide; parentService: string | null };
  const frames = (list: Shown[], depth: number, above: Guide | null, parentService: string | null): Frame[] =>
    list.map((shown, at) => ({ shown, depth, guide: { goesOn: at < list.length - 1, above }, parentService })).reverse();
  const stack = frames(tree.roots.map((node) => ({ node, note: null })), 0, null, null);
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { shown, depth, guide, parentService } = top;
    const open = isOpen(shown.node, toggled);
    rows.push({ node: shown.node, depth, guide, open, parentService, note: shown.note });
    const service = serviceOf(shown.node) ?? parentService;
    stack.push(...frames(shownChildren(shown.node, open), depth + 1, guide, service));
  }
  return rows;
}

/** Opens whatever hides a span, so that a link to it lands on a row that is there. */
export function revealed(tree: SpanTree, toggled: Toggled, key: string): Toggled {
  const path = tree.pathTo(key);
  const next = new Set(toggled);
  for (const [at, node] of path.entries()) {
    const wanted = path[at + 1]?.key ?? key;
    if (node.kind === "group") {
      if (!digest(node).some((shown) => shown.node.key === wanted)) next.add(node.key);
    } else next.delete(node.key);
  }
  return next.size === toggled.size && [...next].every((kept) => toggled.has(kept)) ? toggled : next;
}

/** Every span and group with children, closed. */
export function allCollapsed(tree: SpanTree): Toggled {
  return new Set(tree.spans.filter((node) => node.children.length > 0 && tree.pathTo(node.key).length > 0).map((node) => node.key));
}
