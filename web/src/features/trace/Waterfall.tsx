/** Owns the waterfall: virtual rows, the name column that sizes itself, the divider, the time axis. */
import { useElementSize } from "@mantine/hooks";
import { forwardRef, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { touchesPath } from "../../lib/criticalPath";
import { formatDuration } from "../../lib/duration";
import { rowOf } from "../../lib/spanRows";
import { endOf, isGroup } from "../../lib/spanTree";
import { type Align, useRows } from "../../components/useRows";
import { Divider } from "./Divider";
import { nameWidth } from "./nameWidth";
import type { Screen } from "./screen";
import { SpanRow } from "./SpanRow";
import type { Details } from "./useDetails";
import { toggleDeep, type TimelineState } from "./useTimeline";
import { useTrackDrag } from "./useTrackDrag";
import classes from "./Waterfall.module.css";

export type WaterfallHandle = { scrollTo: (at: number, align?: Align) => void };
type Props = { outline: TraceOutline; state: TimelineState; details: Details; screen: Screen };
export const rowHeight = 28;
const edge = 16;

export const Waterfall = forwardRef<WaterfallHandle, Props>(function Waterfall({ outline, state, details, screen }, handle) {
  const { tree, path } = outline;
  const { rows, view, toggled, setToggled, toggle } = state;
  const { ref: box, width: boxWidth } = useElementSize();
  const { ref: axis, width: axisWidth } = useElementSize();
  const [chosenWidth, setChosenWidth] = useState<number | null>(null);
  const indent = Math.min(15, 190 / Math.max(tree.depth, 1));
  const own = useMemo(() => nameWidth(tree, rows, indent, boxWidth), [tree, rows, indent, boxWidth]);
  const left = Math.round(Math.min(chosenWidth ?? own, Math.max(boxWidth - 120, 120)));
  const trackWidth = Math.max(axisWidth, 40);
  const { scroller, first, end, height, scrollTo: scrollToRow } = useRows({ count: rows.length, rowHeight });
  const drawn = useMemo(() => [...rows.subarray(first, end)], [rows, first, end]);
  useEffect(() => screen.show(drawn), [drawn, screen]);
  const wanted = useRef(-1);
  const scrollTo = (at: number, align: Align = "auto") => {
    const row = rowOf(rows, at);
    wanted.current = row < 0 ? at : -1;
    if (row >= 0) scrollToRow(row, align);
  };
  useImperativeHandle(handle, () => ({ scrollTo }));
  useEffect(() => {
    const row = wanted.current < 0 ? -1 : rowOf(rows, wanted.current);
    if (row < 0) return;
    wanted.current = -1;
    scrollToRow(row, "center");
  }, [rows, scrollToRow]);
  const drag = useTrackDrag({ scroller, left: left + edge, width: trackWidth, view, durationUs: tree.durationUs, onView: state.setView });
  const onToggle = useMemo(() => (at: number, deep: boolean) => (deep ? setToggled(toggleDeep(tree, toggled, at)) : toggle(at)), [tree, toggled, toggle, setToggled]);
  const ticks = trackWidth > 360 ? [0, 0.25, 0.5, 0.75, 1] : trackWidth > 220 ? [0, 0.5, 1] : [0, 1];
  return (
    <div ref={box} className={classes.waterfall} style={{ "--name-width": `${left}px` } as React.CSSProperties}>
      <div className={classes.head}>
        <span className={classes.columnName}>Service and operation</span>
        <div ref={axis} className={classes.axis} aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} data-last={tick === 1 || undefined} style={{ left: `${tick * 100}%` }}>
              {formatDuration(view.from + (view.to - view.from) * tick)}
            </span>
          ))}
        </div>
      </div>
      <Divider width={left} onWidth={setChosenWidth} />
      <div ref={scroller} className={classes.body} role="treegrid" aria-label="Spans" aria-rowcount={rows.length} tabIndex={0} aria-activedescendant={state.cursor < 0 ? undefined : `row-${state.cursor}`} {...drag.handlers}>
        <div className={classes.rows} role="rowgroup" style={{ height }}>
          {drawn.map((at, step) => (
              <SpanRow
                key={at}
                tree={tree}
                path={path}
                toggled={toggled}
                at={at}
                index={first + step}
                top={(first + step) * rowHeight}
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
          ))}
        </div>
      </div>
      {drag.brush !== null && <span className={classes.brush} style={{ left: left + edge + drag.brush.from, width: drag.brush.to - drag.brush.from }} />}
    </div>
  );
});
