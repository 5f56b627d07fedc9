/** Owns what a receipt tells about an exporter: whether its data is here, and why not. */
import type { Receipt } from "../api/types";

export type Verdict = "broken" | "waiting" | "filtered" | "silent" | "healthy";

const silentMs = 5 * 60_000;
const skewMs = 10_000;

export const rejectedOf = (receipt: Receipt): number => Object.values(receipt.rejected).reduce((sum, count) => sum + count, 0);

/** The worst that can be said of an exporter. */
export function verdictOf(receipt: Receipt, nowMs: number): Verdict {
  if (rejectedOf(receipt) > 0) return "broken";
  if (receipt.queued > 0) return "waiting";
  if (receipt.filtered > 0 && receipt.committed === 0) return "filtered";
  return nowMs - Date.parse(receipt.last_seen) > silentMs ? "silent" : "healthy";
}

const order: Verdict[] = ["broken", "waiting", "filtered", "silent", "healthy"];

/** Receipts with the broken ones on top, each kind by service and instance. */
export function sortReceipts(receipts: Receipt[], nowMs: number): Receipt[] {
  const name = (receipt: Receipt) => `${receipt.service_name}\0${receipt.instance}\0${receipt.peer}`;
  return receipts.toSorted((a, b) => order.indexOf(verdictOf(a, nowMs)) - order.indexOf(verdictOf(b, nowMs)) || (name(a) < name(b) ? -1 : 1));
}

/** What keeps this exporter's data from being seen, in words, the worst first; empty when nothing does. */
export function reasonsOf(receipt: Receipt): string[] {
  const reasons = Object.entries(receipt.rejected)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count.toLocaleString("en")} rejected: ${reason.replaceAll("_", " ")}`);
  if (receipt.queued > 0) reasons.push(`${receipt.queued.toLocaleString("en")} wait for the database; they are safe on disk or in the queue and show up once it answers`);
  if (receipt.filtered > 0) reasons.push(`${receipt.filtered.toLocaleString("en")} left out by the ingest filters (INGEST_MIN_SEVERITY, INGEST_ALLOWED_SERVICES, INGEST_EXCLUDED_SERVICES)`);
  if (Math.abs(receipt.clock_offset_ms) > skewMs) {
    const seconds = Math.round(Math.abs(receipt.clock_offset_ms) / 1000).toLocaleString("en");
    reasons.push(`Its clock is ${seconds} s ${receipt.clock_offset_ms > 0 ? "ahead of" : "behind"} this machine's: look for its data in another time range`);
  }
  return reasons;
}
