/** Owns a part of the latency heatmap as texts: in an address, and as conditions of the filter language. */

export type LatencyRegion = { startMs: number; endMs: number; minUs: number | null; maxUs: number | null };

/** Which spans the heatmap counts, as far as a filter can say it. */
export const entrySpans = "kind:server OR kind:consumer OR NOT parent_span_id:*";

/** `from-to/min-max` in milliseconds and microseconds; what is open is left out. */
export const regionText = ({ startMs, endMs, minUs, maxUs }: LatencyRegion): string => `${startMs}-${endMs}/${minUs === null ? "" : Math.round(minUs)}-${maxUs === null ? "" : Math.round(maxUs)}`;

/** The region that a text says, null when it says none. */
export function parseRegion(text: string | undefined): LatencyRegion | null {
  const match = /^(\d{1,15})-(\d{1,15})\/(\d{0,15})-(\d{0,15})$/.exec(text ?? "");
  if (match === null) return null;
  const [, start, end, min, max] = match;
  if (Number(start) >= Number(end)) return null;
  return { startMs: Number(start), endMs: Number(end), minUs: min ? Number(min) : null, maxUs: max ? Number(max) : null };
}

/** The condition that a span lies in the region. */
export function regionFilter({ startMs, endMs, minUs, maxUs }: LatencyRegion): string {
  const time = `start:[${new Date(startMs).toISOString()} TO ${new Date(endMs).toISOString()}}`;
  const parts = [time, minUs === null ? "" : `duration:>=${Math.round(minUs)}us`, maxUs === null ? "" : `duration:<${Math.round(maxUs)}us`];
  return parts.filter((part) => part !== "").join(" ");
}
