/** Owns what was found: how much it is, the chart above the list, the list, and the traces chosen for comparison. */
import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Params } from "../../api/client";
import type { TracesResponse } from "../../api/types";
import { useNow } from "../../components/useNow";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { toMicros } from "../../lib/moment";
import { between, lengthMs, type TimeRange } from "../../lib/timeRange";
import { useExplorer } from "../../url/useExplorer";
import { CompareBar } from "./CompareBar";
import { DurationFilter } from "./DurationFilter";
import { type Region, Scatter } from "./Scatter";
import { TraceTable } from "./TraceTable";
import classes from "./TracesPage.module.css";
import { useTraceSample } from "./useTraceSample";

type Props = { query: UseInfiniteQueryResult<InfiniteData<TracesResponse>, Error>; conditions: Params; range: TimeRange; onRange: (range: TimeRange) => void };

const statuses = [
  { value: "", label: "All" },
  { value: "ERROR", label: "Errors" },
  { value: "OK", label: "OK" },
  { value: "UNSET", label: "Unset" },
];

const micros = (us: number | null) => (us === null ? "" : `${Math.round(us)}us`);

export function TraceResults({ query, conditions, range, onRange }: Props) {
  const navigate = useNavigate();
  const now = useNow(15_000);
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const [explorer, change] = useExplorer();
  const { fetchNextPage, isFetchingNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const traces = useMemo(() => query.data?.pages.flatMap((page) => page.traces) ?? [], [query.data]);
  const sample = useTraceSample(conditions);
  const shown = sample.traces.length > 0 ? sample.traces : traces;
  const times = shown.map((trace) => toMicros(trace.start_time) / 1000);
  const length = lengthMs(range);
  const [startMs, endMs] = range.kind === "absolute" ? [Date.parse(range.start), Date.parse(range.end)] : length === null ? [Math.min(...times), Math.max(...times) + 1000] : [now - length, Math.max(now, ...times)];
  const { picked } = explorer;
  const pick = useCallback((id: string) => change({ picked: picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id].slice(-2) }), [change, picked]);
  const narrow = (region: Region) => {
    onRange(between(region.startMs, region.endMs));
    if (region.minUs !== null || region.maxUs !== null) change({ minDuration: micros(region.minUs), maxDuration: micros(region.maxUs) });
  };
  const first = query.data?.pages[0];
  const total = first?.total ?? 0;
  return (
    <>
      <div className={classes.facts}>
        <ListFacts>
          <span>
            {first?.total_is_estimate === true && "at least "}
            <strong>{counted(total, "trace")}</strong>
          </span>
          {shown.length < total && <span className={classes.sample}>the chart shows {formatCount(shown.length)}: the newest, the slowest, those with errors</span>}
          {query.isError && <span className={classes.failed}>Refreshing failed: {query.error.message}</span>}
        </ListFacts>
        <SegmentedControl size="xs" aria-label="Status of traces" className={classes.status} data={statuses} value={explorer.status} onChange={(status) => change({ status })} />
        <DurationFilter bounds={explorer} onChange={change} />
      </div>
      <Scatter traces={shown} startMs={startMs} endMs={endMs} height={phone ? 104 : 148} onOpen={(trace) => void navigate({ to: "/traces/$traceId", params: { traceId: trace.trace_id } })} onRegion={narrow} />
      <TraceTable traces={traces} sortBy={explorer.sortBy} descending={explorer.descending} onSort={(sortBy, descending) => change({ sortBy, descending })} onEnd={loadMore} more={query.hasNextPage && !query.isFetchNextPageError} stale={query.isPlaceholderData} picked={picked} onPick={pick} />
      <CompareBar picked={picked} traces={traces} onPick={(ids) => change({ picked: ids })} />
    </>
  );
}
