/** Owns the time range of a page: relative ranges stay relative, in the address and in the request. */
import { wallClock } from "./zone";

export type TimeRange =
  | { kind: "relative"; last: string }
  | { kind: "absolute"; start: string; end: string }
  | { kind: "all" };

export const presets: { last: string; label: string }[] = [
  { last: "5m", label: "Last 5 minutes" },
  { last: "15m", label: "Last 15 minutes" },
  { last: "1h", label: "Last hour" },
  { last: "6h", label: "Last 6 hours" },
  { last: "24h", label: "Last 24 hours" },
  { last: "7d", label: "Last 7 days" },
];

export const defaultRange: TimeRange = { kind: "relative", last: "1h" };

const isMoment = (text: string | undefined): text is string => text !== undefined && !Number.isNaN(Date.parse(text));

/** The range an address carries; anything unreadable falls back to the default. */
export function parseRange(params: { range?: string; start?: string; end?: string }): TimeRange {
  if (isMoment(params.start) && isMoment(params.end)) return { kind: "absolute", start: params.start, end: params.end };
  if (params.range === "all") return { kind: "all" };
  if (params.range !== undefined && /^\d+[smhd]$/.test(params.range)) return { kind: "relative", last: params.range };
  return defaultRange;
}

/** What the address carries for a range; the default leaves no trace. */
export function rangeParams(range: TimeRange): { range?: string; start?: string; end?: string } {
  if (range.kind === "absolute") return { start: range.start, end: range.end };
  if (range.kind === "all") return { range: "all" };
  return range.last === (defaultRange as { last: string }).last ? {} : { range: range.last };
}

/** The `start` and `end` of a request. Days are sent as hours, which every reader of Go durations understands. */
export function rangeQuery(range: TimeRange): { start?: string; end?: string } {
  if (range.kind === "absolute") return { start: range.start, end: range.end };
  if (range.kind === "all") return {};
  const days = /^(\d+)d$/.exec(range.last);
  return { start: `now-${days === null ? range.last : `${Number(days[1]) * 24}h`}` };
}

/** The same for what needs two ends: all time is its last thirty days there. */
export const boundedQuery = (range: TimeRange): { start?: string; end?: string } => (range.kind === "all" ? { start: "now-720h" } : rangeQuery(range));

const shortMoment = (text: string) =>
  wallClock(Date.parse(text)).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });

const names: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day" };

/** 90m as `90 minutes`. */
const spelled = (last: string) => `${last.slice(0, -1)} ${names[last.slice(-1)]}${last.startsWith("1") && last.length === 2 ? "" : "s"}`;

/** What the picker's button says. */
export function rangeLabel(range: TimeRange): string {
  if (range.kind === "all") return "All time";
  if (range.kind === "absolute") return `${shortMoment(range.start)} – ${shortMoment(range.end)}`;
  return presets.find((preset) => preset.last === range.last)?.label ?? `Last ${spelled(range.last)}`;
}

/** The next wider preset, or all time: what an empty page offers. */
export function widerRange(range: TimeRange): TimeRange {
  const at = range.kind === "relative" ? presets.findIndex((preset) => preset.last === range.last) : -1;
  const next = at < 0 ? undefined : presets.slice(at + 1).find((preset) => preset.last === "24h" || preset.last === "7d");
  return next === undefined ? { kind: "all" } : { kind: "relative", last: next.last };
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How long a range is, in milliseconds; null for all time. */
export function lengthMs(range: TimeRange): number | null {
  if (range.kind === "all") return null;
  if (range.kind === "absolute") return Date.parse(range.end) - Date.parse(range.start);
  return Number(range.last.slice(0, -1)) * (unitMs[range.last.slice(-1)] ?? 0);
}

/** The `start` and `end` of a request for the period of the same length just before; null when there is none. */
export function beforeQuery(range: TimeRange): { start: string; end: string } | null {
  const length = lengthMs(range);
  if (length === null) return null;
  if (range.kind === "absolute") return { start: new Date(Date.parse(range.start) - length).toISOString(), end: range.start };
  return { start: `now-${(2 * length) / 1000}s`, end: `now-${length / 1000}s` };
}

/** The range between two points in milliseconds. */
export const between = (startMs: number, endMs: number): TimeRange => ({ kind: "absolute", start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() });

/** The range moved by half its length, or twice as long around its middle; null for all time. What lies ahead of the clock is cut off. */
export function movedRange(range: TimeRange, how: "earlier" | "later" | "wider", nowMs: number): TimeRange | null {
  const length = lengthMs(range);
  if (length === null) return null;
  const [start, end] = range.kind === "absolute" ? [Date.parse(range.start), Date.parse(range.end)] : [nowMs - length, nowMs];
  if (how === "wider") return between(start - length / 2, Math.min(Math.max(nowMs, end), end + length / 2));
  const by = how === "earlier" ? -length / 2 : Math.min(length / 2, Math.max(0, nowMs - end));
  return between(start + by, end + by);
}
