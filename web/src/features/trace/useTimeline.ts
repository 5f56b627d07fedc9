/** Owns the state of the timeline: the rows on screen, the span under the keyboard, the span whose details show, the zoom. */
import { useCallback, useMemo, useState } from "react";
import type { Span } from "../../api/types";
import { hasChildren, isOpen, revealed, type Toggled, visibleRows } from "../../lib/spanRows";
import { endOf, findSpan, hasFailed, idOf, isGroup, isSpan, pathTo, type SpanTree } from "../../lib/spanTree";
import { one, useSearchParams } from "../../url/useSearchParams";

/** A part of the trace, in microseconds from its start. */
export type View = { from: number; to: number };

export type TimelineState = {
  rows: Int32Array;
  toggled: Toggled;
  cursor: number;
  /** The node whose details show, -1 for none. */
  selected: number;
  view: View;
  zoomed: boolean;
  /** Whether rows off the critical path stand back. */
  onPath: boolean;
  setOnPath: (on: boolean) => void;
  setView: (view: View | null) => void;
  setCursor: (at: number) => void;
  select: (at: number) => void;
  toggle: (at: number) => void;
  setToggled: (toggled: Toggled) => void;
};

/** The failed span without a failed one below it that comes first; -1 when nothing failed. */
function firstCause(tree: SpanTree): number {
  for (let at = 0; at < tree.size; at += 1) if (hasFailed(tree, at) && tree.errors[at] === 1) return at;
  return -1;
}

/** The span a reader wants first: the cause of the first error or, if it tells no exception, the span nearest above it that does; else the root. */
export function firstOfInterest(tree: SpanTree, spanOf: (at: number) => Span | undefined): number {
  const cause = firstCause(tree);
  if (cause < 0) return tree.types.findIndex((type) => type === 0);
  const failed = [...pathTo(tree, cause), cause].filter((at) => hasFailed(tree, at));
  return failed.findLast((at) => spanOf(at)?.events.some((event) => event.name === "exception")) ?? cause;
}

export function useTimeline(tree: SpanTree, docked: boolean, first: number): TimelineState {
  const [search, change] = useSearchParams();
  const named = one(search.span) ?? null;
  const [closed, setClosed] = useState(false);
  const [view, setView] = useState<View | null>(null);
  const asked = useMemo(() => (named === null ? -1 : findSpan(tree, named)), [tree, named]);
  const wanted = asked >= 0 ? asked : first;
  const [chosen, setChosen] = useState<number | null>(null);
  const exact = chosen !== null && idOf(tree, chosen) === named ? chosen : asked;
  const selected = closed ? -1 : exact >= 0 ? exact : docked ? first : -1;
  const [moved, setCursor] = useState<number | null>(null);
  const [changed, setToggled] = useState<Toggled | null>(null);
  const toggled = useMemo(() => changed ?? (wanted < 0 ? new Set<number>() : revealed(tree, new Set(), wanted)), [changed, tree, wanted]);

  const select = useCallback(
    (at: number) => {
      setClosed(at < 0);
      setChosen(at < 0 ? null : at);
      if (at >= 0) {
        setCursor(at);
        setToggled(revealed(tree, toggled, at));
      }
      change({ span: at < 0 ? undefined : idOf(tree, at) });
    },
    [change, tree, toggled],
  );
  const toggle = useCallback(
    (at: number) => {
      const next = new Set(toggled);
      if (!next.delete(at)) next.add(at);
      setToggled(next);
    },
    [toggled],
  );
  return {
    rows: useMemo(() => visibleRows(tree, toggled), [tree, toggled]),
    toggled,
    cursor: moved ?? wanted,
    selected,
    view: view ?? { from: 0, to: Math.max(tree.durationUs, 1) },
    zoomed: view !== null,
    onPath: one(search.path) === "1",
    setOnPath: (on) => change({ path: on ? "1" : undefined }),
    setView,
    setCursor,
    select,
    toggle,
    setToggled,
  };
}

/** Closes an open node and every span below it, or opens them all; folded groups below stay a digest. */
export function toggleDeep(tree: SpanTree, toggled: Toggled, at: number): Toggled {
  const open = isOpen(tree, toggled, at);
  const next = new Set(toggled);
  const turn = (on: boolean, node: number) => (on ? next.add(node) : next.delete(node));
  if (isGroup(tree, at)) turn(!open, at);
  for (let below = at; below < endOf(tree, at); below += 1) if (isSpan(tree, below) && hasChildren(tree, below)) turn(open, below);
  return next;
}
