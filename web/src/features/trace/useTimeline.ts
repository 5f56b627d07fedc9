/** Owns the state of the timeline: the rows on screen, the span under the keyboard, the span whose details show, the zoom. */
import { useCallback, useMemo, useState } from "react";
import { revealed, type Row, type Toggled, visibleRows } from "../../lib/spanRows";
import type { SpanNode, SpanTree } from "../../lib/spanTree";
import { one, useSearchParams } from "../../url/useSearchParams";

/** A part of the trace, in microseconds from its start. */
export type View = { from: number; to: number };

export type TimelineState = {
  rows: Row[];
  cursor: string | null;
  selected: SpanNode | null;
  view: View;
  zoomed: boolean;
  setView: (view: View | null) => void;
  setCursor: (key: string) => void;
  select: (key: string | null) => void;
  toggle: (key: string) => void;
  setToggled: (toggled: Toggled) => void;
};

/** The span a reader wants first: the cause of the first error or, if it tells no exception, the span nearest above it that does; else the root. */
export function firstOfInterest(tree: SpanTree): SpanNode | null {
  const cause = tree.spans.find((node) => node.span.status === "ERROR" && node.errors === 1);
  if (cause === undefined) return tree.spans[0] ?? null;
  const failed = [...tree.pathTo(cause.key), cause].filter((node): node is SpanNode => node.kind === "span" && node.span.status === "ERROR");
  return failed.findLast((node) => node.span.events.some((event) => event.name === "exception")) ?? cause;
}

export function useTimeline(tree: SpanTree, docked: boolean): TimelineState {
  const [search, change] = useSearchParams();
  const named = one(search.span) ?? null;
  const [closed, setClosed] = useState(false);
  const [view, setView] = useState<View | null>(null);
  const byKey = useMemo(() => new Map(tree.spans.map((node) => [node.key, node])), [tree]);
  const fallback = useMemo(() => firstOfInterest(tree), [tree]);
  const asked = named === null ? null : (byKey.get(named) ?? null);
  const selected = closed ? null : (asked ?? (docked ? fallback : null));
  const first = asked ?? fallback;
  const [cursor, setCursor] = useState<string | null>(first?.key ?? null);
  const [toggled, setToggled] = useState<Toggled>(() => (first === null ? new Set() : revealed(tree, new Set(), first.key)));

  const select = useCallback(
    (key: string | null) => {
      setClosed(key === null);
      if (key !== null) {
        setCursor(key);
        setToggled((before) => revealed(tree, before, key));
      }
      change({ span: key ?? undefined });
    },
    [change, tree],
  );
  const toggle = useCallback((key: string) => {
    setToggled((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);
  return {
    rows: useMemo(() => visibleRows(tree, toggled), [tree, toggled]),
    cursor,
    selected,
    view: view ?? { from: 0, to: Math.max(tree.durationUs, 1) },
    zoomed: view !== null,
    setView,
    setCursor,
    select,
    toggle,
    setToggled,
  };
}
