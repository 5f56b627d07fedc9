/** Owns where the dots of the chart of traces lie, and which one is meant by a point. */
import type { TraceSummary } from "../../api/types";
import { toMicros } from "../../lib/moment";

export type Dot = { trace: TraceSummary; x: number; y: number; failed: boolean };
/** Pixels of the plot, and what they span; durations are on a logarithmic scale. */
export type Plot = { left: number; top: number; right: number; bottom: number; startMs: number; endMs: number; minUs: number; maxUs: number };

/** Whole decades around the durations, at least two. */
export function durationBounds(traces: TraceSummary[]): { minUs: number; maxUs: number } {
  const durations = traces.map((trace) => Math.max(1, trace.duration_us));
  const low = 10 ** Math.floor(Math.log10(Math.min(...durations, 1e5)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...durations, low * 100) * 1.05));
  return { minUs: low, maxUs: high };
}

const share = (plot: Plot, us: number) => Math.log(Math.max(us, plot.minUs) / plot.minUs) / Math.log(plot.maxUs / plot.minUs);

export const yOf = (plot: Plot, us: number): number => plot.bottom - share(plot, us) * (plot.bottom - plot.top);
export const xOf = (plot: Plot, ms: number): number => plot.left + ((ms - plot.startMs) / (plot.endMs - plot.startMs)) * (plot.right - plot.left);
export const msAt = (plot: Plot, x: number): number => plot.startMs + ((x - plot.left) / (plot.right - plot.left)) * (plot.endMs - plot.startMs);
export const usAt = (plot: Plot, y: number): number => plot.minUs * (plot.maxUs / plot.minUs) ** ((plot.bottom - y) / (plot.bottom - plot.top));

/** The dots, failed ones last so that they stay on top. */
export function dotsOf(traces: TraceSummary[], plot: Plot): Dot[] {
  const dots = traces.map((trace) => ({ trace, x: xOf(plot, toMicros(trace.start_time) / 1000), y: yOf(plot, trace.duration_us), failed: trace.error_count > 0 }));
  return dots.filter(({ x }) => x >= plot.left - 1 && x <= plot.right + 1).sort((a, b) => Number(a.failed) - Number(b.failed));
}

/** The dot nearest to a point, within reach of a pointer; a failed one wins over one beneath it. */
export function dotAt(dots: Dot[], x: number, y: number, reach = 12): Dot | null {
  let best: Dot | null = null;
  let nearest = reach;
  for (const dot of dots) {
    const distance = Math.hypot(dot.x - x, dot.y - y);
    if (distance <= nearest) [best, nearest] = [dot, distance];
  }
  return best;
}
