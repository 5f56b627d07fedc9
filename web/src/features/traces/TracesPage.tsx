/** Owns the page that lists traces: the request its address asks for, and what stands in the list's place. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { makeCompleter, refusalOf } from "../../api/completion";
import { servicesQuery, tracesQuery } from "../../api/queries";
import { FilterFailed } from "../../components/FilterFailed";
import { SkeletonRows } from "../../components/Panels";
import { FacetsButton, useFacetsOpen } from "../../components/FacetsButton";
import { NothingFound } from "../../components/NothingFound";
import { QueryBar } from "../../components/QueryBar";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { rangeQuery } from "../../lib/timeRange";
import { isNarrowed, noConditions, useExplorer } from "../../url/useExplorer";
import { useTimeRange } from "../../url/useTimeRange";
import { filterFault } from "../../api/client";
import { TraceFacets } from "./TraceFacets";
import { TraceResults } from "./TraceResults";
import classes from "./TracesPage.module.css";

const isTraceId = (text: string) => /^[0-9a-f]{32}$/.test(text);

export default function TracesPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [range, setRange] = useTimeRange();
  const [explorer, change] = useExplorer();
  const [facetsOpen, setFacetsOpen] = useFacetsOpen();
  const services = useQuery(servicesQuery());
  const { filter, status, minDuration, maxDuration, sortBy, descending } = explorer;
  const conditions = useMemo(() => ({ ...rangeQuery(range), filter, status, min_duration: minDuration, max_duration: maxDuration }), [range, filter, status, minDuration, maxDuration]);
  const complete = useMemo(() => makeCompleter(client, "traces", rangeQuery(range)), [client, range]);
  const query = useInfiniteQuery(tracesQuery({ ...conditions, sort_by: sortBy, order_by: descending ? "desc" : "asc" }));
  const apply = (text: string) => {
    const id = text.trim().toLowerCase();
    if (isTraceId(id)) void navigate({ to: "/traces/$traceId", params: { traceId: id } });
    else change({ filter: text });
  };
  const filterBy = (text: string) => change({ filter: text });
  const first = query.data?.pages[0];
  const fault = filterFault(query.error);
  const received = services.data === undefined ? null : services.data.length > 0;
  return (
    <div className={classes.page}>
      <Toolbar title="Traces" search={<QueryBar signal="traces" value={filter} fault={fault} placeholder="Filter spans, or paste a trace id" complete={complete} check={(text) => refusalOf("traces", text)} onApply={apply} takes={isTraceId} />}>
        <FacetsButton open={facetsOpen} onClick={() => setFacetsOpen(!facetsOpen)} />
        <TimeRangePicker range={range} onChange={setRange} />
        <RefreshButton busy={query.isFetching} onClick={() => void client.invalidateQueries({ predicate: ({ queryKey }) => ["traces", "trace sample", "facets"].includes(String(queryKey[0])) })} />
      </Toolbar>
      <div className={classes.columns}>
        {facetsOpen && received !== false && <TraceFacets filter={filter} conditions={rangeQuery(range)} onFilter={filterBy} onClose={() => setFacetsOpen(false)} />}
        <div className={classes.results}>
          {first === undefined ? (
            query.isError ? (
              <FilterFailed title="The traces could not be loaded" fault={fault} error={query.error} onRetry={() => void query.refetch()} onClear={() => filterBy("")} />
            ) : (
              <SkeletonRows height={34} count={24} />
            )
          ) : first.traces.length === 0 ? (
            <NothingFound what="traces" range={range} filtered={isNarrowed(explorer)} received={received} onClear={() => change(noConditions)} onWiden={setRange} />
          ) : (
            <TraceResults query={query} conditions={conditions} range={range} onRange={setRange} />
          )}
        </div>
      </div>
    </div>
  );
}
