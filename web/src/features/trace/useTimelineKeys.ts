/** Owns the keyboard of the timeline: j k and arrows move, [ ] close and open, e E jump between errors, Enter shows details. */
import { useHotkeys } from "@mantine/hooks";
import { allCollapsed, serviceOf } from "../../lib/spanRows";
import type { SpanTree } from "../../lib/spanTree";
import type { TimelineState } from "./useTimeline";

/** Keys of groups and of missing parents carry their kind in front. */
const isSpan = (key: string) => !key.startsWith("group/") && !key.startsWith("missing/");

/** `follow` makes the details follow the keyboard, as they do in the docked panel. */
export function useTimelineKeys(state: TimelineState, tree: SpanTree, follow: boolean, scrollTo: (key: string) => void): void {
  const { rows, cursor } = state;
  const at = rows.findIndex((row) => row.node.key === cursor);
  const node = rows[at]?.node;
  const go = (key: string) => {
    if (follow && state.selected !== null && isSpan(key)) state.select(key);
    else state.setCursor(key);
    scrollTo(key);
  };
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    if (next !== undefined) go(next.node.key);
  };
  const nextError = (step: 1 | -1) => {
    const failed = tree.spans.filter((span) => span.span.status === "ERROR");
    const here = tree.spans.findIndex((span) => span.key === cursor);
    const order = step === 1 ? failed : failed.toReversed();
    const next = order.find((span) => (tree.spans.indexOf(span) - here) * step > 0) ?? order[0];
    if (next === undefined) return;
    state.select(next.key);
    scrollTo(next.key);
  };
  const close = () => {
    if (node !== undefined && rows[at]?.open && node.children.length > 0) state.toggle(node.key);
    else if (node !== undefined) {
      const parent = rows.slice(0, at).findLast((row) => row.depth < (rows[at]?.depth ?? 0));
      if (parent !== undefined) go(parent.node.key);
    }
  };
  const open = () => {
    if (node !== undefined && rows[at]?.open === false && (node.children.length > 0 || serviceOf(node) === null)) state.toggle(node.key);
  };
  const enter = () => {
    if (node?.kind === "span") state.select(node.key);
    else if (node !== undefined) state.toggle(node.key);
  };
  /** Esc belongs to an open dialog first, then to the zoom, then to the details. */
  const leave = (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest("[role=dialog]") !== null) return;
    if (state.zoomed) state.setView(null);
    else state.select(null);
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
    ["shift+{", () => state.setToggled(allCollapsed(tree))],
    ["shift+}", () => state.setToggled(new Set())],
    ["e", () => nextError(1)],
    ["shift+E", () => nextError(-1)],
    ["Enter", enter, { preventDefault: false }],
    ["Escape", leave, { preventDefault: false }],
  ]);
}
