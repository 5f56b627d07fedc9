/** Owns the row of numbers that says how things are, each beside the period before. */
import type { TrafficPoint } from "../../api/types";
import type { Dashboard } from "../../api/types";
import { Tile, TileRow } from "../../components/Tile";
import { counted, formatCount, formatShare, formatShort } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { trendOf } from "../../lib/trend";

const duration = (us: number | null) => (us === null ? "–" : formatDuration(us));

const sum = (traffic: TrafficPoint[]) => traffic.reduce((all, point) => all + point.count, 0);

type Props = { now: Dashboard; before: Dashboard | undefined; traffic: TrafficPoint[]; trafficBefore: TrafficPoint[] | undefined };

export function Tiles({ now, before, traffic, trafficBefore }: Props) {
  const requests = sum(traffic);
  const requestsBefore = trafficBefore === undefined ? null : sum(trafficBefore);
  const seconds = (Date.parse(now.end) - Date.parse(now.start)) / 1000;
  const rate = requests / Math.max(1, seconds);
  return (
    <TileRow>
      <Tile name="Requests" value={formatShort(requests)} note={`${rate < 10 ? rate.toFixed(2) : formatShort(rate)} per second`} trend={trendOf(requests, requestsBefore, false)} was={requestsBefore === null ? null : formatCount(requestsBefore)} line={traffic.map((point) => point.count)} />
      <Tile name="Error rate" value={formatShare(now.error_rate)} note={`${counted(now.total_errors, "failed span")}`} trend={trendOf(now.error_rate, before?.error_rate, true)} was={before ? formatShare(before.error_rate) : null} bad={now.error_rate >= 0.05} line={traffic.map((point) => point.error_count)} color="var(--severity-error)" />
      <Tile name="p95 latency" value={duration(now.p95_latency_us)} note={`p50 ${duration(now.p50_latency_us)} · p99 ${duration(now.p99_latency_us)}`} trend={trendOf(now.p95_latency_us ?? 0, before?.p95_latency_us, true)} was={before ? duration(before.p95_latency_us) : null} />
      <Tile name="Traces" value={formatShort(now.total_traces)} note={`${formatShort(now.total_spans)} spans`} trend={trendOf(now.total_traces, before?.total_traces, false)} was={before ? formatCount(before.total_traces) : null} />
      <Tile name="Log records" value={formatShort(now.total_logs)} note="of all services shown" trend={trendOf(now.total_logs, before?.total_logs, false)} was={before ? formatCount(before.total_logs) : null} />
      <Tile name="Services" value={formatCount(now.active_services)} note={now.top_failing_services.length === 0 ? "none with errors" : `${now.top_failing_services.length} with errors`} trend={trendOf(now.active_services, before?.active_services, false)} was={before ? formatCount(before.active_services) : null} />
    </TileRow>
  );
}
