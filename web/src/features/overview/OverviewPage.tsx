/** Owns the first page: how everything is, now or in a time range. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { servicesQuery } from "../../api/queries";
import { LatencyMap, type LatencyRegion } from "../../components/LatencyMap";
import { LinkState } from "../../components/LinkState";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel } from "../../components/Panels";
import { PickMany } from "../../components/PickMany";
import { drawService } from "../../components/Service";
import { TimeBars } from "../../components/TimeBars";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { between } from "../../lib/timeRange";
import { LiveProvider } from "../../live/LiveProvider";
import { useFilters } from "../../url/useFilters";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { Card } from "./Card";
import { IngestHealth } from "./IngestHealth";
import classes from "./OverviewPage.module.css";
import { RecentErrors } from "./RecentErrors";
import { ServiceHealth } from "./ServiceHealth";
import { Tiles } from "./Tiles";
import { useOverview } from "./useOverview";

type Data = ReturnType<typeof useOverview>;

const micros = (us: number | null) => (us === null ? undefined : `${Math.round(us)}us`);

function Panels({ data, service }: { data: Data; service: string | null }) {
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
    <>
      <Tiles now={dashboard} before={data.before} traffic={traffic} />
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
    </>
  );
}

function Overview() {
  const [range, setRange] = useTimeRange();
  const [{ services: chosen }, changeFilters] = useFilters();
  const [search, change] = useSearchParams();
  const live = one(search.live) === "1";
  const service = chosen[0] ?? null;
  const known = useQuery(servicesQuery());
  const data = useOverview(range, service, live);
  const empty = data.dashboard !== undefined && data.dashboard.total_spans + data.dashboard.total_logs === 0;
  return (
    <div className={classes.page}>
      <Toolbar title="Overview" search={null}>
        <PickMany label="Service" options={known.data ?? []} chosen={chosen.slice(0, 1)} onChange={(names) => changeFilters({ services: names.slice(-1) })} draw={drawService} searchable nothing="No service has sent data yet" />
        <span className={classes.grow} />
        {live && <LinkState state={data.state} />}
        <Button size="xs" variant={live ? "filled" : "default"} className={classes.live} leftSection={<Radio size={14} />} aria-pressed={live} title="The last 15 minutes, as they happen" onClick={() => change({ live: live ? undefined : "1" }, true)}>
          Live
        </Button>
        {!live && <TimeRangePicker range={range} onChange={setRange} />}
        {!live && <RefreshButton busy={data.busy} onClick={data.refetch} />}
      </Toolbar>
      <div className={classes.body}>
        {data.dashboard === undefined && data.error !== null ? (
          <ErrorPanel title="The overview could not be loaded" error={data.error} onRetry={data.refetch} />
        ) : empty ? (
          <NothingFound what="telemetry" range={data.range} filtered={service !== null} received={known.data === undefined ? null : known.data.length > 0} onClear={() => changeFilters({ services: [] })} onWiden={setRange} />
        ) : (
          <>
            <IngestHealth />
            <Panels data={data} service={service} />
          </>
        )}
      </div>
    </div>
  );
}

export default function OverviewPage() {
  return (
    <LiveProvider>
      <Overview />
    </LiveProvider>
  );
}
