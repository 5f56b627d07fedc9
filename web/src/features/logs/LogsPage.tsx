/** Owns the page that lists log records: the request its address asks for, and the drawer of one record. */
import { Drawer } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { logsQuery, servicesQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { LogDetail } from "../../components/LogDetail";
import { LogList } from "../../components/LogList";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { PickMany } from "../../components/PickMany";
import { SearchBox } from "../../components/SearchBox";
import { drawService } from "../../components/Service";
import { severities, Severity } from "../../components/Severity";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { ListFacts, RefreshButton, Toolbar } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { rangeQuery } from "../../lib/timeRange";
import { isFiltered, noFilters, useFilters } from "../../url/useFilters";
import { useTimeRange } from "../../url/useTimeRange";
import classes from "./LogsPage.module.css";

function drawSeverity(severity: string) {
  const level = severities.find((one) => one === severity);
  return level === undefined ? severity : <Severity severity={level} />;
}

function LogFilters({ services }: { services: string[] }) {
  const [filters, change] = useFilters();
  return (
    <>
      <PickMany label="Severity" options={severities} chosen={filters.severities} onChange={(chosen) => change({ severities: chosen })} draw={drawSeverity} />
      <PickMany label="Service" options={services} chosen={filters.services} onChange={(chosen) => change({ services: chosen })} draw={drawService} searchable nothing="No service has sent data yet" />
    </>
  );
}

export default function LogsPage() {
  const [range, setRange] = useTimeRange();
  const [filters, change] = useFilters();
  const [chosen, setChosen] = useState<Log | null>(null);
  const services = useQuery(servicesQuery());
  const query = useInfiniteQuery(logsQuery({ ...rangeQuery(range), service_name: filters.services, severity: filters.severities, search: filters.search }));
  const { fetchNextPage, isFetchingNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const logs = query.data?.pages.flatMap((page) => page.logs) ?? [];
  const first = query.data?.pages[0];

  return (
    <div className={classes.page}>
      <Toolbar title="Logs" search={<SearchBox value={filters.search} onChange={(search) => change({ search })} placeholder="Search log bodies" />}>
        <LogFilters services={services.data ?? []} />
        <span className={classes.grow} />
        <TimeRangePicker range={range} onChange={setRange} />
        <RefreshButton busy={query.isFetching} onClick={() => void query.refetch()} />
      </Toolbar>
      {query.isError && first === undefined ? (
        <ErrorPanel title="The logs could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
      ) : first === undefined ? (
        <SkeletonRows height={23} count={32} />
      ) : logs.length === 0 ? (
        <NothingFound what="logs" range={range} filtered={isFiltered(filters)} received={services.data === undefined ? null : services.data.length > 0} onClear={() => change(noFilters)} onWiden={setRange} />
      ) : (
        <>
          <ListFacts>
            <span>
              {first.total_is_estimate === true && "at least "}
              <strong>{counted(first.total, "record")}</strong>, newest first
            </span>
            {logs.length < first.total && <span>{formatCount(logs.length)} loaded</span>}
            {query.isError && <span className={classes.failed}>Refreshing failed: {query.error.message}</span>}
          </ListFacts>
          <LogList logs={logs} selected={chosen?.id ?? null} onSelect={setChosen} onEnd={loadMore} more={query.hasNextPage && !query.isFetchNextPageError} stale={query.isPlaceholderData} />
        </>
      )}
      <Drawer opened={chosen !== null} onClose={() => setChosen(null)} title="Log record" size={560} padding={0} withOverlay={false} lockScroll={false} trapFocus={false} closeOnClickOutside={false} shadow="xl" classNames={{ header: classes.drawerHead }} closeButtonProps={{ "aria-label": "Close the record" }}>
        {chosen !== null && <LogDetail key={chosen.id} log={chosen} />}
      </Drawer>
    </div>
  );
}
