/** Owns how durations are written and read: one unit, three digits. */

const units: [limit: number, divisor: number, unit: string][] = [
  [999.5, 1, "µs"],
  [999_500, 1_000, "ms"],
  [59_950_000, 1_000_000, "s"],
];

/** Three significant digits without trailing zeros after the point being dropped: 1.23, 12.3, 123. */
function threeDigits(value: number): string {
  if (value === 0) return "0";
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** Microseconds as text, for instance `354 µs`, `12.3 ms`, `1.23 s`, `2m 05s`, `3h 12m`. */
export function formatDuration(us: number): string {
  if (!Number.isFinite(us)) return "–";
  for (const [limit, divisor, unit] of units) {
    if (us < limit) return `${threeDigits(us / divisor)} ${unit}`;
  }
  const seconds = Math.round(us / 1_000_000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, "0")}s`;
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}m`;
}

const factors: Record<string, number> = { ns: 0.001, us: 1, µs: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };

/** What a person typed as a duration (`1.5ms`, `2 s`; a bare number is milliseconds) in microseconds; null when it is none. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)?\s*$/.exec(text);
  return match === null ? null : Number(match[1]) * (factors[match[2] ?? "ms"] ?? 1_000);
}

/** A typed duration as the API takes it: a number with its unit and no blanks. */
export function normaliseDuration(text: string): string | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)?\s*$/.exec(text);
  return match === null ? null : `${match[1]}${(match[2] ?? "ms").replace("µs", "us")}`;
}
