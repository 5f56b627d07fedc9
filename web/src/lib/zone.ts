/** Owns the zone that times are read and written in: this machine's, or UTC. It is remembered, and the same on every page. */

export type Zone = "local" | "utc";

const key = "argus-zone";
const listeners = new Set<() => void>();
let zone: Zone = typeof localStorage !== "undefined" && localStorage.getItem(key) === "utc" ? "utc" : "local";

export const currentZone = (): Zone => zone;

/** Changes the zone and tells those who draw times. */
export function setZone(next: Zone): void {
  zone = next;
  localStorage.setItem(key, next);
  for (const listener of listeners) listener();
}

/** Calls `listener` after each change, until the function that it returns is called. */
export function onZone(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const quarterMs = 900_000;
let known = { quarter: Number.NaN, minutes: 0 };

/** Minutes that the zone's clocks are ahead of UTC at a moment. */
export function offsetMinutes(ms: number): number {
  if (zone === "utc") return 0;
  // clocks are changed on a quarter of an hour, and a list asks for moments close to each other
  const quarter = Math.floor(ms / quarterMs);
  if (quarter !== known.quarter) known = { quarter, minutes: -new Date(ms).getTimezoneOffset() };
  return known.minutes;
}

/** A date whose UTC parts are what the zone's clocks show at a moment. */
export const wallClock = (ms: number): Date => new Date(ms + offsetMinutes(ms) * 60_000);

/** The moment at which the zone's clocks show this; months count from 0, and parts may overflow. */
export function fromWallClock(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  return zone === "utc" ? Date.UTC(year, month, day, hour, minute, second) : new Date(year, month, day, hour, minute, second).getTime();
}

/** The zone's name: `UTC`, `Europe/Vienna`. */
export const zoneName = (): string => (zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone);
