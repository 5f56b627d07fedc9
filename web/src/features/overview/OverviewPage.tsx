/** Owns the first page: how everything is, now or in a time range. */
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { lazy, Suspense } from "react";
import { servicesQuery } from "../../api/queries";
import { LinkState } from "../../components/LinkState";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel } from "../../components/Panels";
import { PickMany } from "../../components/PickMany";
import { drawService } from "../../components/Service";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { LiveProvider } from "../../live/LiveProvider";
import { useFilters } from "../../url/useFilters";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { IngestHealth } from "./IngestHealth";
import classes from "./OverviewPage.module.css";
import { Tiles } from "./Tiles";
import { useOverview } from "./useOverview";

/** Charts and tables are drawn after the page's frame, and fetched beside it. */
const panels = import("./Panels");
const Panels = lazy(() => panels);

const grey = <Skeleton height={520} mt={12} />;

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
          <NothingFound what="spans or log records" range={data.range} filtered={service !== null} received={known.data === undefined ? null : known.data.length > 0} onClear={() => changeFilters({ services: [] })} onWiden={setRange} />
        ) : (
          <>
            <IngestHealth />
            {data.dashboard === undefined ? <Skeleton height={90} /> : <Tiles now={data.dashboard} before={data.before} traffic={data.traffic ?? []} trafficBefore={data.trafficBefore} />}
            {data.dashboard === undefined ? (
              grey
            ) : (
              <Suspense fallback={grey}>
                <Panels data={data} dashboard={data.dashboard} service={service} />
              </Suspense>
            )}
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
