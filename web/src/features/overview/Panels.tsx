/** Owns the charts and tables of the overview. */
import { useNavigate } from "@tanstack/react-router";
import { LatencyMap, type LatencyRegion } from "../../components/LatencyMap";
import { TimeBars } from "../../components/TimeBars";
import { between } from "../../lib/timeRange";
import { useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { Card } from "./Card";
import classes from "./OverviewPage.module.css";
import { RecentErrors } from "./RecentErrors";
import { ServiceHealth } from "./ServiceHealth";
import type { useOverview } from "./useOverview";

type Data = ReturnType<typeof useOverview>;

const micros = (us: number | null) => (us === null ? undefined : `${Math.round(us)}us`);

export default function Panels({ data, service }: { data: Data; service: string | null }) {
  const [, setRange] = useTimeRange();
  const [, change] = useSearchParams();
  const navigate = useNavigate();
  const { dashboard, traffic = [], heatmap, services = [] } = data;
  const zoom = (startMs: number, endMs: number) => {
    setRange(between(startMs, endMs));
    change({ live: undefined });
  };
  const openRegion = ({ startMs, endMs, minUs, maxUs }: LatencyRegion) =>
    void navigate({ to: "/traces", search: { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString(), min: micros(minUs), max: micros(maxUs), service: service ?? undefined, sort: "duration" } as never });
  if (dashboard === undefined) return null;
  return (
      <div className={classes.grid}>
        <Card title="Requests" note="drag to zoom" waiting={data.traffic === undefined}>
          <TimeBars
            label="Requests over time, failed ones in red"
            starts={traffic.map((point) => Date.parse(point.timestamp))}
            series={[
              { name: "failed", color: "var(--severity-error)", values: traffic.map((point) => point.error_count) },
              { name: "succeeded", color: "var(--argus-bar)", values: traffic.map((point) => point.count - point.error_count) },
            ]}
            onRange={zoom}
          />
        </Card>
        <Card title="Latency" note="log scale · drag a region to see its traces" waiting={heatmap === undefined}>
          {heatmap !== undefined && <LatencyMap map={heatmap} onRegion={openRegion} />}
        </Card>
        <Card title="Services by health" size="wide" flush waiting={data.services === undefined}>
          <ServiceHealth services={services} />
        </Card>
        <Card title="Recent errors" size="slim" flush waiting={data.errors === undefined}>
          <RecentErrors logs={data.errors ?? []} />
        </Card>
      </div>
  );
}
