/** Owns stacked bars over time: axis, the bar under the pointer, dragging out a time range. */
import { useElementSize } from "@mantine/hooks";
import { useState, type PointerEvent } from "react";
import { momentLabel, tickLabel, timeTicks, valueTicks } from "../lib/axis";
import { formatCount, formatShort } from "../lib/count";
import classes from "./TimeBars.module.css";

export type Series = { name: string; color: string; values: number[] };

type Props = {
  /** What the bars count, for those who do not see them. */
  label: string;
  /** Where each bucket begins, in milliseconds; evenly spaced. */
  starts: number[];
  /** From the bottom up; `values` are in step with `starts`. */
  series: Series[];
  height?: number;
  onRange?: (startMs: number, endMs: number) => void;
};

const left = 36;
const foot = 18;

function Tip({ starts, series, at, width }: { starts: number[]; series: Series[]; at: number; width: number }) {
  const x = left + ((at + 0.5) / starts.length) * (width - left);
  return (
    <div className={classes.tip} style={x > width / 2 ? { right: width - x + 12 } : { left: x + 12 }}>
      <div className={classes.when}>{momentLabel(starts[at] ?? 0)}</div>
      {series.toReversed().map(({ name, color, values }) => (
        <div key={name} className={classes.entry} data-none={values[at] === 0 || undefined}>
          <span className={classes.swatch} style={{ background: color }} /> {name} <b>{formatCount(values[at] ?? 0)}</b>
        </div>
      ))}
    </div>
  );
}

export function TimeBars({ label, starts, series, height = 150, onRange }: Props) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const [from, setFrom] = useState<number | null>(null);
  const count = starts.length;
  const step = (starts[1] ?? 0) - (starts[0] ?? 0);
  const first = starts[0] ?? 0;
  const end = first + count * step;
  const ticks = valueTicks(Math.max(0, ...starts.map((_, bucket) => series.reduce((sum, { values }) => sum + (values[bucket] ?? 0), 0))));
  const top = ticks.at(-1) ?? 1;
  const plot = height - foot - 6;
  const y = (value: number) => 6 + plot * (1 - value / top);
  const bar = (width - left) / Math.max(1, count);
  const bucketOf = (event: PointerEvent) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    return Math.max(0, Math.min(count - 1, Math.floor(x / bar)));
  };
  const drop = (event: PointerEvent) => {
    if (from === null) return;
    const to = bucketOf(event);
    setFrom(null);
    onRange?.((starts[Math.min(from, to)] ?? 0), (starts[Math.max(from, to)] ?? 0) + step);
  };
  const x = (ms: number) => left + ((ms - first) / (end - first)) * (width - left);
  return (
    <div ref={ref} className={classes.chart} style={{ height }}>
      {width > 0 && count > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          data-brush={onRange !== undefined || undefined}
          onPointerMove={(event) => setAt(bucketOf(event))}
          onPointerLeave={() => setAt(null)}
          onPointerDown={(event) => {
            if (onRange === undefined || event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            setFrom(bucketOf(event));
          }}
          onPointerUp={drop}
          onPointerCancel={() => setFrom(null)}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line className={classes.grid} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
              <text className={classes.tick} x={left - 6} y={y(tick) + 3.5} textAnchor="end">{formatShort(tick)}</text>
            </g>
          ))}
          {timeTicks(first, end, Math.max(2, Math.floor(width / 110))).map((tick) => (
            <text key={tick} className={classes.tick} x={Math.min(width - 18, x(tick))} y={height - 4} textAnchor="middle">{tickLabel(tick, end - first)}</text>
          ))}
          {at !== null && <rect className={classes.hover} x={left + at * bar} width={bar} y={0} height={height - foot} />}
          {starts.map((start, bucket) => {
            let below = 0;
            return series.map(({ name, color, values }) => {
              const value = values[bucket] ?? 0;
              if (value === 0) return null;
              const base = y(below);
              below += value;
              return <rect key={`${start} ${name}`} x={left + bucket * bar + 0.5} width={Math.max(1, bar - Math.min(2, bar / 4))} y={y(below)} height={Math.max(1, base - y(below))} rx={Math.min(1.5, bar / 4)} fill={color} />;
            });
          })}
          {from !== null && at !== null && <rect className={classes.brush} x={left + Math.min(from, at) * bar} width={(Math.abs(from - at) + 1) * bar} y={0} height={height - foot} />}
        </svg>
      )}
      {at !== null && from === null && at < count && <Tip starts={starts} series={series} at={at} width={width} />}
    </div>
  );
}
