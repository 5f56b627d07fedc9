/** Owns the charts and tables of a service's page. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Card, CardColumn, CardGrid } from "../../components/Card";
import { LatencyMap } from "../../components/LatencyMap";
import { RecentLogs } from "../../components/RecentLogs";
import { TimeBars } from "../../components/TimeBars";
import { entrySpans, type LatencyRegion, regionFilter } from "../../lib/latencyRegion";
import { all } from "../../lib/filterText";
import { between, rangeParams, type TimeRange } from "../../lib/timeRange";
import { useTimeRange } from "../../url/useTimeRange";
import { Dependencies } from "./Dependencies";
import { Operations } from "./Operations";
import type { ServiceData } from "./useService";
import { Versions } from "./Versions";

export function ServicePanels({ name, range, data }: { name: string; range: TimeRange; data: ServiceData }) {
  const [, setRange] = useTimeRange();
  const navigate = useNavigate();
  const { traffic = [], heatmap, operations, map, asked } = data;
  const open = (region: LatencyRegion) => void navigate({ to: "/traces", search: { ...rangeParams(range), service: name, filter: all([regionFilter(region), entrySpans]) } as never });
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
          onRange={(startMs, endMs) => setRange(between(startMs, endMs))}
        />
      </Card>
      <Card title="Latency" note="log scale · drag a region to see its traces" waiting={heatmap === undefined} asked={asked.heatmap}>
        {heatmap !== undefined && <LatencyMap map={heatmap} onRegion={open} />}
      </Card>
      <CardColumn>
        <Card title="Operations" note="most time in sum first" flush waiting={operations === undefined} asked={asked.operations}>
          <Operations name={name} range={range} operations={operations ?? []} />
        </Card>
        <Card title="Versions" note="by spans" waiting={data.versions === undefined} asked={asked.versions}>
          {data.versions !== undefined && <Versions facet={data.versions} name={name} range={range} />}
        </Card>
        <Card title="Newest logs" note={<Link to="/logs" search={{ ...rangeParams(range), service: name } as never}>All logs</Link>} flush waiting={data.logs === undefined} asked={asked.logs}>
          <RecentLogs logs={data.logs ?? []} nothing="No log records in this time." />
        </Card>
      </CardColumn>
      <CardColumn slim>
        <Card title="Dependencies" flush waiting={map === undefined} asked={asked.map}>
          {map !== undefined && <Dependencies name={name} map={map} range={range} />}
        </Card>
        <Card title="Recent errors" flush waiting={data.errors === undefined} asked={asked.errors}>
          <RecentLogs logs={data.errors ?? []} />
        </Card>
      </CardColumn>
    </CardGrid>
  );
}
