/** Owns the round numbers of axes. */
import { offsetMinutes, wallClock } from "./zone";

/** At most `count` + 1 round values from 0 up to at least `max`. */
export function valueTicks(max: number, count = 3): number[] {
  if (max <= 0) return [0, 1];
  const raw = max / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10));
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < max) ticks.push(ticks.length * step);
  return ticks;
}

const steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((seconds) => seconds * 1000);

/** Round points in time of the current zone in [startMs, endMs), at most `count` of them. */
export function timeTicks(startMs: number, endMs: number, count: number): number[] {
  const step = steps.find((size) => (endMs - startMs) / size <= count) ?? endMs - startMs;
  const offset = offsetMinutes(startMs) * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((startMs + offset) / step) * step - offset; at < endMs; at += step) ticks.push(at);
  return ticks;
}

/** The label of a point on an axis that spans so much: days, minutes or seconds. */
export function tickLabel(ms: number, spanMs: number): string {
  const date = wallClock(ms);
  if (spanMs > 36 * 3_600_000) return date.toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });
  return date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC", ...(spanMs < 300_000 ? { second: "2-digit" } : {}) });
}

/** The moment of a bar or a cell, in words: Nov 20, 16:05:00. */
export const momentLabel = (ms: number): string => wallClock(ms).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "UTC" });
