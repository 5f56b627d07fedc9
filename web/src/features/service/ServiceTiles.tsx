/** Owns the row of a service's numbers, each beside the period before. */
import type { ServiceNumbers } from "../../api/types";
import { Tile, TileRow } from "../../components/Tile";
import { counted, formatCount, formatShare, formatShort } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { trendOf } from "../../lib/trend";

const duration = (us: number | null | undefined) => (us === null || us === undefined ? "–" : formatDuration(us));
const perSecond = (rate: number) => (rate < 10 ? rate.toFixed(2) : formatShort(rate));

export function ServiceTiles({ now, before }: { now: ServiceNumbers; before: ServiceNumbers | undefined }) {
  const calls = now.trend.map((point) => point.count);
  const failures = now.trend.map((point) => point.error_count);
  const latency = (name: string, us: number | null, was: number | null | undefined, note: string) => <Tile name={name} value={duration(us)} note={note} trend={trendOf(us ?? 0, was, true)} was={before ? duration(was) : null} />;
  return (
    <TileRow>
      <Tile name="Requests/s" value={perSecond(now.rate)} note={counted(now.count, "request")} trend={trendOf(now.rate, before?.rate, false)} was={before ? perSecond(before.rate) : null} line={calls} />
      <Tile name="Error rate" value={formatShare(now.error_rate)} note={counted(now.error_count, "failed request")} trend={trendOf(now.error_rate, before?.error_rate, true)} was={before ? formatShare(before.error_rate) : null} bad={now.error_rate >= 0.05} line={failures} color="var(--severity-error)" />
      {latency("p50 latency", now.p50_latency_us, before?.p50_latency_us, `average ${duration(now.avg_latency_us)}`)}
      {latency("p95 latency", now.p95_latency_us, before?.p95_latency_us, "of requests it answers")}
      {latency("p99 latency", now.p99_latency_us, before?.p99_latency_us, "one in a hundred is slower")}
      <Tile name="Spans" value={formatShort(now.span_count)} note={`${formatCount(now.span_error_count)} of them failed`} trend={trendOf(now.span_count, before?.span_count, false)} was={before ? formatShort(before.span_count) : null} />
    </TileRow>
  );
}
