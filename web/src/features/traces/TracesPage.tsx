/** Owns the page that lists traces: the request its address asks for, and what stands in the list's place. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { servicesQuery, tracesQuery } from "../../api/queries";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { NothingFound } from "../../components/NothingFound";
import { SearchBox } from "../../components/SearchBox";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { ListFacts, RefreshButton, Toolbar } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { rangeQuery } from "../../lib/timeRange";
import { isFiltered, noFilters, useFilters } from "../../url/useFilters";
import { useTimeRange } from "../../url/useTimeRange";
import { TraceFilters } from "./TraceFilters";
import { TraceTable } from "./TraceTable";
import classes from "./TracesPage.module.css";

const isTraceId = (text: string) => /^[0-9a-f]{32}$/.test(text);

export default function TracesPage() {
  const navigate = useNavigate();
  const [range, setRange] = useTimeRange();
  const [filters, change] = useFilters();
  const services = useQuery(servicesQuery());
  const query = useInfiniteQuery(
    tracesQuery({
      ...rangeQuery(range),
      service_name: filters.services,
      status: filters.status,
      search: filters.search,
      min_duration: filters.minDuration,
      max_duration: filters.maxDuration,
      sort_by: filters.sortBy,
      order_by: filters.descending ? "desc" : "asc",
    }),
  );
  const { fetchNextPage, isFetchingNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const search = (text: string) => {
    const id = text.trim().toLowerCase();
    if (isTraceId(id)) void navigate({ to: "/traces/$traceId", params: { traceId: id } });
    else change({ search: text });
  };
  const traces = query.data?.pages.flatMap((page) => page.traces) ?? [];
  const first = query.data?.pages[0];

  return (
    <div className={classes.page}>
      <Toolbar title="Traces" search={<SearchBox value={filters.search} onChange={search} placeholder="Search names and values, or paste a trace id" />}>
        <TraceFilters filters={filters} services={services.data ?? []} onChange={change} />
        <span className={classes.grow} />
        <TimeRangePicker range={range} onChange={setRange} />
        <RefreshButton busy={query.isFetching} onClick={() => void query.refetch()} />
      </Toolbar>
      {query.isError && first === undefined ? (
        <ErrorPanel title="The traces could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
      ) : first === undefined ? (
        <SkeletonRows height={34} count={24} />
      ) : traces.length === 0 ? (
        <NothingFound what="traces" range={range} filtered={isFiltered(filters)} received={services.data === undefined ? null : services.data.length > 0} onClear={() => change(noFilters)} onWiden={setRange} />
      ) : (
        <>
          <ListFacts>
            <span>
              {first.total_is_estimate === true && "at least "}
              <strong>{counted(first.total, "trace")}</strong>
            </span>
            {traces.length < first.total && <span>{formatCount(traces.length)} loaded</span>}
            {query.isError && <span className={classes.failed}>Refreshing failed: {query.error.message}</span>}
          </ListFacts>
          <TraceTable
            traces={traces}
            sortBy={filters.sortBy}
            descending={filters.descending}
            onSort={(sortBy, descending) => change({ sortBy, descending })}
            onEnd={loadMore}
            more={query.hasNextPage && !query.isFetchNextPageError}
            stale={query.isPlaceholderData}
          />
        </>
      )}
    </div>
  );
}
