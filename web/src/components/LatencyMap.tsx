/** Owns the heatmap of durations over time, on a logarithmic scale, and dragging out a rectangle of it. */
import { useElementSize } from "@mantine/hooks";
import { useState, type PointerEvent } from "react";
import type { LatencyHeatmap } from "../api/types";
import { momentLabel, tickLabel, timeTicks } from "../lib/axis";
import { counted } from "../lib/count";
import { formatDuration } from "../lib/duration";
import type { LatencyRegion } from "../lib/latencyRegion";
import classes from "./TimeBars.module.css";


type Cell = { column: number; row: number };

const left = 48;
const foot = 18;
const decades = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** The place of a duration among rows of logarithmic bounds, from the bottom, 0 to the number of bounds. */
function rowOf(us: number, bounds: number[]): number | null {
  const [low, high] = [bounds[0] ?? 1, bounds.at(-1) ?? 1];
  if (us < low || us > high || bounds.length < 2) return null;
  return 1 + (Math.log(us / low) / Math.log(high / low)) * (bounds.length - 1);
}

/** The columns and rows that a region covers, null when it lies elsewhere. */
function cellsOf({ startMs, endMs, minUs, maxUs }: LatencyRegion, starts: number[], step: number, bounds: number[]): { from: Cell; to: Cell } | null {
  const first = starts[0] ?? 0;
  const [begin, end] = [Math.max(0, Math.round((startMs - first) / step)), Math.min(starts.length, Math.round((endMs - first) / step)) - 1];
  if (end < begin) return null;
  const low = minUs === null ? 0 : bounds.findIndex((bound) => bound >= minUs) + 1;
  const high = maxUs === null ? bounds.length : bounds.findIndex((bound) => bound >= maxUs);
  return { from: { column: begin, row: low }, to: { column: end, row: Math.max(low, high) } };
}

type Props = {
  map: LatencyHeatmap;
  height?: number;
  /** A part that stays marked. */
  region?: LatencyRegion | null;
  onRegion?: (region: LatencyRegion) => void;
};

export function LatencyMap({ map, height = 150, region = null, onRegion }: Props) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<Cell | null>(null);
  const [from, setFrom] = useState<Cell | null>(null);
  const { bounds_us: bounds, counts } = map;
  const starts = map.timestamps.map((text) => Date.parse(text));
  const columns = starts.length;
  const rows = bounds.length + 1;
  const first = starts[0] ?? 0;
  const step = (starts[1] ?? first + 60_000) - first;
  const end = first + columns * step;
  const most = Math.max(1, ...counts.flat());
  const wide = (width - left) / Math.max(1, columns);
  const tall = (height - foot) / rows;
  const cellOf = (event: PointerEvent): Cell => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - left) / wide);
    const row = rows - 1 - Math.floor((event.clientY - box.top) / tall);
    return { column: Math.max(0, Math.min(columns - 1, column)), row: Math.max(0, Math.min(rows - 1, row)) };
  };
  const regionOf = (a: Cell, b: Cell): LatencyRegion => {
    const [low, high] = [Math.min(a.row, b.row), Math.max(a.row, b.row)];
    return { startMs: starts[Math.min(a.column, b.column)] ?? first, endMs: (starts[Math.max(a.column, b.column)] ?? first) + step, minUs: bounds[low - 1] ?? null, maxUs: bounds[high] ?? null };
  };
  const drop = (event: PointerEvent) => {
    if (from === null) return;
    setFrom(null);
    onRegion?.(regionOf(from, cellOf(event)));
  };
  const kept = region === null || from !== null ? null : cellsOf(region, starts, step, bounds);
  const marked = from !== null && at !== null ? { from, to: at } : kept;
  const hovered = at === null ? null : { region: regionOf(at, at), count: counts[at.column]?.[at.row] ?? 0 };
  const x = (ms: number) => left + ((ms - first) / (end - first)) * (width - left);
  return (
    <div ref={ref} className={classes.chart} style={{ height }}>
      {width > 0 && columns > 0 && (
        <svg width={width} height={height} role="img" aria-label={`Durations of ${counted(counts.flat().reduce((sum, count) => sum + count, 0), "request")} over time`} data-brush={onRegion !== undefined || undefined} onPointerMove={(event) => setAt(cellOf(event))} onPointerLeave={() => setAt(null)} onPointerUp={drop} onPointerCancel={() => setFrom(null)}
          onPointerDown={(event) => {
            if (onRegion === undefined || event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            setFrom(cellOf(event));
          }}
        >
          {decades.map((us) => {
            const row = rowOf(us, bounds);
            if (row === null) return null;
            const y = height - foot - row * tall;
            return (
              <g key={us}>
                <line className={classes.grid} x1={left} x2={width} y1={y} y2={y} />
                <text className={classes.tick} x={left - 6} y={y + 3.5} textAnchor="end">{formatDuration(us).replace(/\.0+(?= )/, "")}</text>
              </g>
            );
          })}
          {timeTicks(first, end, Math.max(2, Math.floor(width / 110))).map((tick) => (
            <text key={tick} className={classes.tick} x={Math.min(width - 18, x(tick))} y={height - 4} textAnchor="middle">{tickLabel(tick, end - first)}</text>
          ))}
          {counts.map((column, i) => column.map((count, j) => count > 0 && <rect key={`${starts[i]} ${j}`} x={left + i * wide + 0.5} y={height - foot - (j + 1) * tall + 0.5} width={Math.max(1, wide - 1)} height={Math.max(1, tall - 1)} rx={1.5} fill="var(--mantine-color-indigo-5)" fillOpacity={0.16 + 0.84 * Math.sqrt(count / most)} />))}
          {marked !== null && <rect className={classes.brush} x={left + Math.min(marked.from.column, marked.to.column) * wide} width={(Math.abs(marked.from.column - marked.to.column) + 1) * wide} y={height - foot - (Math.max(marked.from.row, marked.to.row) + 1) * tall} height={(Math.abs(marked.from.row - marked.to.row) + 1) * tall} />}
        </svg>
      )}
      {hovered !== null && at !== null && from === null && (
        <div className={classes.tip} style={at.column > columns / 2 ? { right: width - left - at.column * wide + 8 } : { left: left + (at.column + 1) * wide + 8 }}>
          <div className={classes.when}>{momentLabel(hovered.region.startMs)}</div>
          {hovered.region.minUs === null ? "under" : `${formatDuration(hovered.region.minUs)} –`} {hovered.region.maxUs === null ? "and more" : formatDuration(hovered.region.maxUs)}: <b>{counted(hovered.count, "request")}</b>
        </div>
      )}
    </div>
  );
}
