/** Owns the waterfall: virtual rows, the name column that sizes itself, the divider, the time axis. */
import { useElementSize } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { forwardRef, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { TraceOutline } from "../../api/readSkeleton";
import { touchesPath } from "../../lib/criticalPath";
import { formatDuration } from "../../lib/duration";
import { rowOf } from "../../lib/spanRows";
import { endOf, isGroup } from "../../lib/spanTree";
import { Divider } from "./Divider";
import { nameWidth } from "./nameWidth";
import { SpanRow } from "./SpanRow";
import type { Details } from "./useDetails";
import { toggleDeep, type TimelineState } from "./useTimeline";
import { useTrackDrag } from "./useTrackDrag";
import classes from "./Waterfall.module.css";

export type WaterfallHandle = { scrollTo: (at: number, align?: "auto" | "center") => void };
type Props = { outline: TraceOutline; state: TimelineState; details: Details; onScreen: (rows: number[]) => void };
export const rowHeight = 28;
const edge = 16;

export const Waterfall = forwardRef<WaterfallHandle, Props>(function Waterfall({ outline, state, details, onScreen }, handle) {
  const { tree, path } = outline;
  const { rows, view, toggled, setToggled, toggle } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const box = useElementSize();
  const axis = useElementSize();
  const [chosenWidth, setChosenWidth] = useState<number | null>(null);
  const indent = Math.min(15, 190 / Math.max(tree.depth, 1));
  const own = useMemo(() => nameWidth(tree, rows, indent, box.width), [tree, rows, indent, box.width]);
  const left = Math.round(Math.min(chosenWidth ?? own, Math.max(box.width - 120, 120)));
  const trackWidth = Math.max(axis.width, 40);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 14 });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? -1];
  useEffect(() => onScreen([...rows.subarray(first, last + 1)]), [rows, first, last, onScreen]);
  const wanted = useRef(-1);
  const scrollTo = (at: number, align: "auto" | "center" = "auto") => {
    const row = rowOf(rows, at);
    wanted.current = row < 0 ? at : -1;
    if (row >= 0) virtual.scrollToIndex(row, { align });
  };
  useImperativeHandle(handle, () => ({ scrollTo }));
  useEffect(() => {
    const row = wanted.current < 0 ? -1 : rowOf(rows, wanted.current);
    if (row < 0) return;
    wanted.current = -1;
    virtual.scrollToIndex(row, { align: "center" });
  }, [rows, virtual]);
  const drag = useTrackDrag({ scroller, left: left + edge, width: trackWidth, view, durationUs: tree.durationUs, onView: state.setView });
  const onToggle = useMemo(() => (at: number, deep: boolean) => (deep ? setToggled(toggleDeep(tree, toggled, at)) : toggle(at)), [tree, toggled, toggle, setToggled]);
  const ticks = trackWidth > 360 ? [0, 0.25, 0.5, 0.75, 1] : trackWidth > 220 ? [0, 0.5, 1] : [0, 1];
  return (
    <div ref={box.ref} className={classes.waterfall} style={{ "--name-width": `${left}px` } as React.CSSProperties}>
      <div className={classes.head}>
        <span className={classes.columnName}>Service and operation</span>
        <div ref={axis.ref} className={classes.axis} aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} data-last={tick === 1 || undefined} style={{ left: `${tick * 100}%` }}>
              {formatDuration(view.from + (view.to - view.from) * tick)}
            </span>
          ))}
        </div>
      </div>
      <Divider width={left} onWidth={setChosenWidth} />
      <div ref={scroller} className={classes.body} role="treegrid" aria-label="Spans" aria-rowcount={rows.length} tabIndex={0} aria-activedescendant={state.cursor < 0 ? undefined : `row-${state.cursor}`} {...drag.handlers}>
        <div className={classes.rows} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const at = rows[item.index];
            if (at === undefined) return null;
            return (
              <SpanRow
                key={at}
                tree={tree}
                path={path}
                toggled={toggled}
                at={at}
                index={item.index}
                top={item.start}
                indent={indent}
                trackWidth={trackWidth}
                view={view}
                span={details.spanOf(isGroup(tree, at) ? at + 1 : at)}
                logs={details.logsOf(at)}
                cursor={at === state.cursor}
                selected={at === state.selected}
                aside={state.onPath && !touchesPath(path, at, endOf(tree, at))}
                onSelect={state.select}
                onToggle={onToggle}
                nameRoom={left - 16 - (tree.levels[at] ?? 0) * indent}
              />
            );
          })}
        </div>
      </div>
      {drag.brush !== null && <span className={classes.brush} style={{ left: left + edge + drag.brush.from, width: drag.brush.to - drag.brush.from }} />}
    </div>
  );
});
