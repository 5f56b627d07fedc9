/** Owns reading a time range as a person writes it: `last 2 hours`, `yesterday 14:00-15:30`, `since 9am`, `2026-11-20`. */
import type { TimeRange } from "./timeRange";
import { fromWallClock, wallClock } from "./zone";

type Day = { year: number; month: number; day: number };
type Clock = { hour: number; minute: number; second: number };
/** A point may be a whole day, or a time of a day that is to be found out. */
type Point = { day: Day | null; clock: Clock | null; ms: number | null };

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const units: [form: RegExp, unit: string, times: number][] = [
  [/^(s|secs?|seconds?)$/, "s", 1],
  [/^(m|mins?|minutes?)$/, "m", 1],
  [/^(h|hrs?|hours?)$/, "h", 1],
  [/^(d|days?)$/, "d", 1],
  [/^(w|weeks?)$/, "d", 7],
  [/^months?$/, "d", 30],
];

const dayOf = (ms: number): Day => {
  const date = wallClock(ms);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
};
const atDay = ({ year, month, day }: Day, clock: Clock = { hour: 0, minute: 0, second: 0 }) => fromWallClock(year, month, day, clock.hour, clock.minute, clock.second);
const shifted = (day: Day, by: number): Day => ({ ...day, day: day.day + by });

/** `last 2 hours`, `90m`, `an hour ago`, `past week`. */
function relative(text: string): TimeRange | null {
  const found = /^(?:(?:last|past|previous)\s+)?(\d+|an?|half an?)?\s*([a-z]+)(?:\s+ago)?$/.exec(text);
  const unit = units.find(([form]) => form.test(found?.[2] ?? ""));
  if (found === null || unit === undefined) return null;
  const [, name, times] = unit;
  const said = found[1] ?? "1";
  if (said.startsWith("half")) return name === "h" ? { kind: "relative", last: "30m" } : name === "d" ? { kind: "relative", last: "12h" } : null;
  const amount = (said.startsWith("a") ? 1 : Number(said)) * times;
  return amount > 0 && amount < 100_000 ? { kind: "relative", last: `${amount}${name}` } : null;
}

function clockOf(text: string): Clock | null {
  const found = /^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(am|pm)?$/.exec(text);
  if (found === null || (found[2] === undefined && found[4] === undefined)) return null;
  const hour = (Number(found[1]) % (found[4] === undefined ? 24 : 12)) + (found[4] === "pm" ? 12 : 0);
  const [minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0)];
  return Number(found[1]) < 25 && minute < 60 && second < 60 ? { hour, minute, second } : null;
}

function dayNamed(text: string, nowMs: number): Day | null {
  const today = dayOf(nowMs);
  if (text === "today") return today;
  if (text === "yesterday") return shifted(today, -1);
  const weekday = weekdays.findIndex((name) => text.length > 2 && name.startsWith(text.replace(/^last /, "")));
  if (weekday >= 0) return shifted(today, -((wallClock(nowMs).getUTCDay() - weekday + 6) % 7) - 1);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso !== null && Number(iso[2]) <= 12 && Number(iso[3]) <= 31) return { year: Number(iso[1]), month: Number(iso[2]) - 1, day: Number(iso[3]) };
  const named = /^([a-z]{3})[a-z]*\.? (\d{1,2})$/.exec(text) ?? /^(\d{1,2})\.? ([a-z]{3})[a-z]*$/.exec(text);
  const parts = named === null ? [] : [named[1] ?? "", named[2] ?? ""];
  const month = months.findIndex((name) => parts.includes(name));
  if (month < 0) return null;
  const day = { year: today.year, month, day: Number(parts.find((part) => /^\d/.test(part))) };
  return atDay(day) > nowMs ? { ...day, year: day.year - 1 } : day;
}

function pointOf(text: string, nowMs: number): Point | null {
  if (text === "now") return { day: null, clock: null, ms: nowMs };
  if (/^\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(:\d{2}(\.\d+)?)?(z|[+-]\d{2}:?\d{2})$/.test(text)) return { day: null, clock: null, ms: Date.parse(text.toUpperCase()) };
  const clock = clockOf(text);
  if (clock !== null) return { day: null, clock, ms: null };
  const whole = dayNamed(text, nowMs);
  if (whole !== null) return { day: whole, clock: null, ms: null };
  const split = /^(.+?)(?: at | |t)(\d{1,2}(?::\d{2}){0,2}\s*(?:am|pm)?)$/.exec(text);
  const [day, time] = split === null ? [null, null] : [dayNamed(split[1] ?? "", nowMs), clockOf(split[2] ?? "")];
  if (day !== null && time !== null) return { day, clock: time, ms: null };
  const ago = relative(text);
  return ago?.kind === "relative" && text.endsWith("ago") ? { day: null, clock: null, ms: nowMs - agoMs(ago.last) } : null;
}

const agoMs = (last: string): number => Number(last.slice(0, -1)) * ({ s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[last.slice(-1)] ?? 0);

/** When a point is; a time of day without a day lies on `day`, or was the last of its kind. */
function momentOf(point: Point, day: Day | null, nowMs: number): number {
  if (point.ms !== null) return point.ms;
  if (point.clock === null) return atDay(point.day ?? dayOf(nowMs));
  const on = point.day ?? day;
  if (on !== null) return atDay(on, point.clock);
  const today = atDay(dayOf(nowMs), point.clock);
  return today <= nowMs ? today : atDay(shifted(dayOf(nowMs), -1), point.clock);
}

const bounded = (startMs: number, endMs: number): TimeRange | null => (startMs < endMs ? { kind: "absolute", start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() } : null);

function fromTo(text: string, nowMs: number): TimeRange | null {
  const found = /^(?:from |between )?(.+?)\s*(?: to | until | till | and |\s[-–]\s|–|(?<=\d(?::\d{2})?(?:am|pm)?)-(?=\d{1,2}(?::|am|pm)))\s*(.+)$/.exec(text);
  if (found === null) return null;
  const [from, to] = [pointOf(found[1] ?? "", nowMs), pointOf(found[2] ?? "", nowMs)];
  if (from === null || to === null) return null;
  const start = momentOf(from, null, nowMs);
  // a day as the end is meant to its end
  const end = to.clock === null && to.ms === null ? momentOf({ ...to, day: shifted(to.day ?? dayOf(nowMs), 1) }, null, nowMs) : momentOf(to, dayOf(start), nowMs);
  return bounded(start, Math.min(end, Math.max(nowMs, start + 1)));
}

/** The range that a text means at a moment, in the current zone; null when it means none. */
export function readRange(text: string, nowMs: number): TimeRange | null {
  const plain = text.trim().toLowerCase().replace(/\s+/g, " ").replace(/\bthe /g, "");
  if (plain === "") return null;
  if (/^(all( time)?|everything|ever)$/.test(plain)) return { kind: "all" };
  const since = /^(?:since|from|after) (.+)$/.exec(plain);
  const point = pointOf(since?.[1] ?? plain, nowMs);
  if (since !== null && point !== null) return bounded(momentOf(point, null, nowMs), nowMs);
  if (plain === "this week") return bounded(atDay(shifted(dayOf(nowMs), -((wallClock(nowMs).getUTCDay() + 6) % 7))), nowMs);
  if (point !== null && point.day !== null && point.clock === null) return bounded(atDay(point.day), Math.min(nowMs, atDay(shifted(point.day, 1))));
  return relative(plain) ?? fromTo(plain, nowMs);
}
