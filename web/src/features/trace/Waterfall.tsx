/** Owns the waterfall: virtual rows, the name column that sizes itself, the divider, the time axis. */
import { useElementSize } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { forwardRef, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { Log } from "../../api/types";
import { formatDuration } from "../../lib/duration";
import type { Row } from "../../lib/spanRows";
import type { SpanTree } from "../../lib/spanTree";
import { Divider } from "./Divider";
import { nameWidth } from "./nameWidth";
import { SpanRow } from "./SpanRow";
import type { TimelineState } from "./useTimeline";
import classes from "./Waterfall.module.css";

export type WaterfallHandle = { scrollTo: (key: string, align?: "auto" | "center") => void };
type Props = { tree: SpanTree; state: TimelineState; logs: Map<string, Log[]> };
export const rowHeight = 28;

const noLogs: Log[] = [];
const logsOf = (row: Row, logs: Map<string, Log[]>) => (row.node.kind === "span" ? (logs.get(row.node.span.span_id) ?? noLogs) : noLogs);

export const Waterfall = forwardRef<WaterfallHandle, Props>(function Waterfall({ tree, state, logs }, handle) {
  const { rows, view } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const box = useElementSize();
  const axis = useElementSize();
  const [chosenWidth, setChosenWidth] = useState<number | null>(null);
  const indent = Math.min(15, 190 / Math.max(tree.depth, 1));
  const own = useMemo(() => nameWidth(rows, indent, box.width), [rows, indent, box.width]);
  const left = Math.round(Math.min(chosenWidth ?? own, Math.max(box.width - 120, 120)));
  const trackWidth = Math.max(axis.width, 40);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 14 });
  const wanted = useRef<string | null>(null);
  const scrollTo = (key: string, align: "auto" | "center" = "auto") => {
    const at = rows.findIndex((row) => row.node.key === key);
    wanted.current = at < 0 ? key : null;
    if (at >= 0) virtual.scrollToIndex(at, { align });
  };
  useImperativeHandle(handle, () => ({ scrollTo }));
  useEffect(() => {
    const at = wanted.current === null ? -1 : rows.findIndex((row) => row.node.key === wanted.current);
    if (at < 0) return;
    wanted.current = null;
    virtual.scrollToIndex(at, { align: "center" });
  }, [rows, virtual]);
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
      <div ref={scroller} className={classes.body} role="treegrid" aria-label="Spans" aria-rowcount={rows.length} tabIndex={0} aria-activedescendant={state.cursor === null ? undefined : `row-${state.cursor}`}>
        <div className={classes.rows} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <SpanRow
                key={row.node.key}
                row={row}
                index={item.index}
                top={item.start}
                indent={indent}
                trackWidth={trackWidth}
                view={view}
                startUs={tree.startUs}
                logs={logsOf(row, logs)}
                cursor={row.node.key === state.cursor}
                selected={row.node.key === state.selected?.key}
                onSelect={state.select}
                onToggle={state.toggle}
                nameRoom={left - 16 - row.depth * indent}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
});
