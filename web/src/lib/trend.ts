/** Owns how a number compares with the one of the period before. */
import { formatShare } from "./count";

export type Trend = { text: string; direction: "up" | "down" | "same"; worse: boolean };

/** The change of a number; null when there was nothing before. `moreIsWorse` tells which way is bad. */
export function trendOf(now: number, before: number | null | undefined, moreIsWorse: boolean): Trend | null {
  if (before === null || before === undefined || before === 0) return null;
  const change = now / before - 1;
  if (Math.abs(change) < 0.005) return { text: "as before", direction: "same", worse: false };
  const text = change >= 9 ? `${Math.round(change + 1)} ×` : formatShare(Math.abs(change)).replace(/\.\d+/, "");
  return { text, direction: change > 0 ? "up" : "down", worse: moreIsWorse && change > 0.1 };
}

/** How a service is by its share of failed requests. */
export function healthOf(errorRate: number): "good" | "fair" | "poor" {
  return errorRate >= 0.05 ? "poor" : errorRate >= 0.01 ? "fair" : "good";
}
