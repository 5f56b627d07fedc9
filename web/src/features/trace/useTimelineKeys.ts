/** Owns the keyboard of the timeline: j k and arrows move, [ ] close and open, x a whole subtree, e E jump between errors, c C follow the critical path, z zooms, Enter shows details. */
import { useHotkeys } from "@mantine/hooks";
import type { CriticalPath } from "../../lib/criticalPath";
import { allCollapsed, hasChildren, isOpen, oneLevel, rowOf } from "../../lib/spanRows";
import { hasFailed, isSpan, parentOf, type SpanTree } from "../../lib/spanTree";
import { type TimelineState, toggleDeep } from "./useTimeline";

/** The next node after (or before) one that a test holds for, going round. */
export function nextNode(tree: SpanTree, from: number, step: 1 | -1, holds: (at: number) => boolean): number {
  for (let count = 1; count <= tree.size; count += 1) {
    const at = (from + step * count + tree.size * 2) % tree.size;
    if (holds(at)) return at;
  }
  return -1;
}

type Props = { state: TimelineState; tree: SpanTree; path: CriticalPath; follow: boolean; scrollTo: (at: number) => void };

/** `follow` makes the details follow the keyboard, as they do in the docked panel. */
export function useTimelineKeys({ state, tree, path, follow, scrollTo }: Props): void {
  const { rows, cursor, toggled } = state;
  const row = rowOf(rows, cursor);
  const go = (at: number) => {
    if (follow && state.selected >= 0 && isSpan(tree, at)) state.select(at);
    else state.setCursor(at);
    scrollTo(at);
  };
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, row + step))];
    if (next !== undefined) go(next);
  };
  const jump = (step: 1 | -1, holds: (at: number) => boolean) => {
    const next = nextNode(tree, cursor, step, holds);
    if (next < 0) return;
    state.select(next);
    scrollTo(next);
  };
  const failed = (at: number) => hasFailed(tree, at);
  const critical = (at: number) => path.nodes.includes(at);
  const opened = row >= 0 && isOpen(tree, toggled, cursor);
  const close = () => {
    if (opened && hasChildren(tree, cursor)) state.toggle(cursor);
    else if (row >= 0 && parentOf(tree, cursor) >= 0) go(parentOf(tree, cursor));
  };
  const open = () => {
    if (row >= 0 && !opened && hasChildren(tree, cursor)) state.toggle(cursor);
  };
  const whole = () => {
    if (row >= 0 && hasChildren(tree, cursor)) state.setToggled(toggleDeep(tree, toggled, cursor));
  };
  const enter = () => {
    if (row < 0) return;
    if (isSpan(tree, cursor)) state.select(cursor);
    else state.toggle(cursor);
  };
  const zoomIn = () => {
    const [start, length] = [tree.starts[cursor] ?? 0, tree.durations[cursor] ?? 0];
    const margin = Math.max(length * 0.05, 0.5);
    state.setView({ from: Math.max(0, start - margin), to: Math.min(Math.max(tree.durationUs, 1), start + length + margin) });
  };
  /** Esc belongs to an open dialog first, then to the zoom, then to the details. */
  const leave = (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest("[role=dialog]") !== null) return;
    if (state.zoomed) state.setView(null);
    else state.select(-1);
  };
  useHotkeys([
    ["j", () => move(1)],
    ["ArrowDown", () => move(1)],
    ["k", () => move(-1)],
    ["ArrowUp", () => move(-1)],
    ["[", close],
    ["ArrowLeft", close],
    ["]", open],
    ["ArrowRight", open],
    ["x", whole],
    ["shift+{", () => state.setToggled(allCollapsed(tree))],
    ["shift+}", () => state.setToggled(new Set())],
    ["o", () => state.setToggled(oneLevel(tree, toggled, true))],
    ["p", () => state.setToggled(oneLevel(tree, toggled, false))],
    ["e", () => jump(1, failed)],
    ["shift+E", () => jump(-1, failed)],
    ["c", () => jump(1, critical)],
    ["shift+C", () => jump(-1, critical)],
    ["z", zoomIn],
    ["Enter", enter, { preventDefault: false }],
    ["Escape", leave, { preventDefault: false }],
  ]);
}
