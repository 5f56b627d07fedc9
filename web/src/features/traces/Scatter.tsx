/** Owns the chart of traces: when they began and how long they took; a click opens one, dragging out a rectangle narrows the list. */
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState, type PointerEvent } from "react";
import type { TraceSummary } from "../../api/types";
import chart from "../../components/TimeBars.module.css";
import { Service } from "../../components/Service";
import { useNow } from "../../components/useNow";
import { tickLabel, timeTicks } from "../../lib/axis";
import { serviceColor } from "../../lib/colors";
import { counted } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatAgo } from "../../lib/moment";
import { shortOperation } from "../../lib/operation";
import classes from "./Scatter.module.css";
import { type Dot, dotAt, dotsOf, durationBounds, msAt, type Plot, usAt, xOf, yOf } from "./scatter";

export type Region = { startMs: number; endMs: number; minUs: number | null; maxUs: number | null };
type Point = { x: number; y: number };

type Props = { traces: TraceSummary[]; startMs: number; endMs: number; height: number; onOpen: (trace: TraceSummary) => void; onRegion: (region: Region) => void };

const dragFrom = 5;
/** A drag this flat means a range of time, whatever the durations. */
const flat = 14;

function regionOf(plot: Plot, a: Point, b: Point): Region {
  const [x0, x1] = [Math.max(plot.left, Math.min(a.x, b.x)), Math.min(plot.right, Math.max(a.x, b.x))];
  const [y0, y1] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const time = { startMs: Math.floor(msAt(plot, x0)), endMs: Math.ceil(msAt(plot, x1)) };
  if (y1 - y0 < flat) return { ...time, minUs: null, maxUs: null };
  return { ...time, minUs: y1 >= plot.bottom ? null : usAt(plot, y1), maxUs: y0 <= plot.top ? null : usAt(plot, y0) };
}

function Tip({ dot, width }: { dot: Dot; width: number }) {
  const { trace } = dot;
  const now = useNow();
  return (
    <div className={chart.tip} style={{ top: 0, ...(dot.x > width / 2 ? { right: width - dot.x + 12 } : { left: dot.x + 12 }) }}>
      <div className={classes.tipName}>{shortOperation(trace.root_operation)}</div>
      <div className={classes.tipFacts}>
        <Service name={trace.root_service} /> <b>{formatDuration(trace.duration_us)}</b>
      </div>
      <div className={chart.when}>
        {counted(trace.span_count, "span")}
        {trace.error_count > 0 && <span className={classes.bad}> · {counted(trace.error_count, "error")}</span>} · {formatAgo(trace.start_time, now)}
      </div>
    </div>
  );
}

function Axes({ plot, width, height }: { plot: Plot; width: number; height: number }) {
  const decades = Array.from({ length: 12 }, (_, power) => 10 ** power).filter((us) => us >= plot.minUs && us <= plot.maxUs);
  return (
    <>
      {decades.map((us) => (
        <g key={us}>
          <line className={chart.grid} x1={plot.left} x2={plot.right} y1={yOf(plot, us)} y2={yOf(plot, us)} />
          <text className={chart.tick} x={plot.left - 8} y={yOf(plot, us) + 3.5} textAnchor="end">{formatDuration(us).replace(/\.0+(?= )/, "")}</text>
        </g>
      ))}
      {timeTicks(plot.startMs, plot.endMs, Math.max(2, Math.floor(width / 110))).map((tick) => (
        <text key={tick} className={chart.tick} x={Math.max(plot.left + 18, Math.min(width - 22, xOf(plot, tick)))} y={height - 4} textAnchor="middle">{tickLabel(tick, plot.endMs - plot.startMs)}</text>
      ))}
    </>
  );
}

export function Scatter({ traces, startMs, endMs, height, onOpen, onRegion }: Props) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<Point | null>(null);
  const [from, setFrom] = useState<Point | null>(null);
  const plot = useMemo<Plot>(() => ({ left: 56, top: 8, right: Math.max(60, width - 8), bottom: height - 22, startMs, endMs, ...durationBounds(traces) }), [traces, width, height, startMs, endMs]);
  const dots = useMemo(() => dotsOf(traces, plot), [traces, plot]);
  // many failures at once must not hide all the rest
  const size = dots.filter(({ failed }) => failed).length > 60 ? 3.2 : 4.5;
  const dragged = from !== null && at !== null && Math.hypot(at.x - from.x, at.y - from.y) >= dragFrom;
  const hovered = at === null || dragged ? null : dotAt(dots, at.x, at.y);
  const pointOf = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const drop = (event: PointerEvent) => {
    const point = pointOf(event);
    setFrom(null);
    if (from === null) return;
    if (Math.hypot(point.x - from.x, point.y - from.y) >= dragFrom) onRegion(regionOf(plot, from, point));
    else {
      const dot = dotAt(dots, point.x, point.y);
      if (dot !== null) onOpen(dot.trace);
    }
  };
  const band = dragged && Math.abs(at.y - from.y) < flat ? { y: plot.top, height: plot.bottom - plot.top } : dragged ? { y: Math.min(from.y, at.y), height: Math.abs(at.y - from.y) } : null;
  return (
    <div ref={ref} className={`${chart.chart} ${classes.chart}`} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={`Durations of ${counted(traces.length, "trace")} over time`} data-brush data-dot={hovered !== null || undefined} onPointerMove={(event) => setAt(pointOf(event))} onPointerLeave={() => setAt(null)} onPointerUp={drop} onPointerCancel={() => setFrom(null)}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            setFrom(pointOf(event));
          }}
        >
          <Axes plot={plot} width={width} height={height} />
          {dots.map(({ trace, x, y, failed }) =>
            failed ? <path key={trace.trace_id} className={classes.failed} d={`M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`} /> : <circle key={trace.trace_id} className={classes.dot} cx={x} cy={y} r={2.8} fill={serviceColor(trace.root_service)} />,
          )}
          {hovered !== null && <circle className={classes.ring} cx={hovered.x} cy={hovered.y} r={7} />}
          {band !== null && at !== null && from !== null && <rect className={chart.brush} x={Math.min(from.x, at.x)} width={Math.abs(at.x - from.x)} {...band} />}
        </svg>
      )}
      {hovered !== null && <Tip dot={hovered} width={width} />}
    </div>
  );
}
