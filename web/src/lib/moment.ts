/** Owns points in time: the API's RFC 3339 texts as microseconds, and how a person reads them. */
import { offsetMinutes, wallClock } from "./zone";

/** Microseconds since 1970 of an RFC 3339 text with up to nine fractional digits; exact to a quarter of a microsecond. */
export function toMicros(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const seconds = Date.parse(text.replace(/\.\d+/, "")) / 1000;
  return seconds * 1_000_000 + Number(`0.${fraction || "0"}`) * 1_000_000;
}

const steps: [limit: number, divisor: number, unit: string][] = [
  [60, 1, "s"],
  [3_600, 60, "m"],
  [86_400, 3_600, "h"],
  [Infinity, 86_400, "d"],
];

/** How long ago, in one whole unit: `now`, `12s ago`, `3h ago`; a time ahead of the clock reads `in 5s`. */
export function formatAgo(text: string, nowMs: number): string {
  const seconds = Math.round((nowMs - toMicros(text) / 1000) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) return "now";
  const [, divisor, unit] = steps.find(([limit]) => size < limit) ?? [0, 1, "s"];
  const amount = `${Math.floor(size / divisor)}${unit}`;
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

const two = (value: number) => String(value).padStart(2, "0");

// a table, not the browser's: to ask that costs more than to draw the line the date stands in
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const clockOf = (date: Date) => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
const dayOf = (date: Date) => `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;

/** Time of day in the current zone with milliseconds, with the date in front of it when that is not today's. */
export function formatClock(text: string, nowMs: number): string {
  const date = wallClock(toMicros(text) / 1000);
  const clock = `${clockOf(date)}.${String(date.getUTCMilliseconds()).padStart(3, "0")}`;
  if (dayOf(wallClock(nowMs)) === dayOf(date)) return clock;
  return `${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${clock}`;
}

/** Date and time in the current zone to the microsecond, with its offset from UTC: `2026-11-20 16:56:40.852113 +01:00`. */
export function formatExact(text: string): string {
  const ms = toMicros(text) / 1000;
  const date = wallClock(ms);
  const fraction = (/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(6, "0").slice(0, 6);
  const offset = offsetMinutes(ms);
  const zone = `${offset < 0 ? "−" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${dayOf(date)} ${clockOf(date)}.${fraction} ${zone}`;
}
