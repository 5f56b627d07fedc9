/** Owns the charts and tables of the overview. */
import type { Dashboard } from "../../api/types";
import { Card, CardGrid, CardColumn } from "../../components/Card";
import { LatencyMap } from "../../components/LatencyMap";
import { RecentLogs } from "../../components/RecentLogs";
import { TimeBars } from "../../components/TimeBars";
import { parseRegion, regionText } from "../../lib/latencyRegion";
import { between } from "../../lib/timeRange";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { Explain } from "./Explain";
import { FailingServices } from "./FailingServices";
import { ServiceHealth } from "./ServiceHealth";
import type { useOverview } from "./useOverview";

type Data = ReturnType<typeof useOverview>;

export default function Panels({ data, dashboard, service }: { data: Data; dashboard: Dashboard; service: string | null }) {
  const [, setRange] = useTimeRange();
  const [search, change] = useSearchParams();
  const { traffic = [], heatmap, services = [], asked } = data;
  const region = parseRegion(one(search.region));
  const zoom = (startMs: number, endMs: number) => {
    setRange(between(startMs, endMs));
    change({ live: undefined });
  };
  return (
    <CardGrid>
      <Card title="Requests" note="drag to zoom" waiting={data.traffic === undefined} asked={asked.traffic}>
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
      <Card title="Latency" note="log scale · drag a region to see what is different there" waiting={heatmap === undefined} asked={asked.heatmap}>
        {heatmap !== undefined && <LatencyMap map={heatmap} region={region} onRegion={(next) => change({ region: regionText(next) })} />}
      </Card>
      {region !== null && <Explain region={region} range={data.range} service={service} onClose={() => change({ region: undefined })} />}
      <CardColumn>
        <Card title="Services by health" flush waiting={data.services === undefined} asked={asked.services}>
          <ServiceHealth services={services} range={data.range} />
        </Card>
        <Card title="Failing services" note="and their share of its spans" flush>
          <FailingServices services={dashboard.top_failing_services} range={data.range} />
        </Card>
      </CardColumn>
      <Card title="Recent errors" size="slim" flush waiting={data.errors === undefined} asked={asked.errors}>
        <RecentLogs logs={data.errors ?? []} />
      </Card>
    </CardGrid>
  );
}
