/** Owns the list of stored log records: its states, its facts and its next pages. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useCallback } from "react";
import type { ApiError } from "../../api/client";
import type { Log, LogsResponse } from "../../api/types";
import { LogList } from "../../components/LogList";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import type { TimeRange } from "../../lib/timeRange";
import classes from "./LogsPage.module.css";

type Props = {
  query: UseInfiniteQueryResult<InfiniteData<LogsResponse>, ApiError | Error>;
  selected: string | null;
  onSelect: (log: Log) => void;
  range: TimeRange;
  onWiden: (range: TimeRange) => void;
  filtered: boolean;
  received: boolean | null;
  onClear: () => void;
};

export function StoredLogs({ query, selected, onSelect, range, onWiden, filtered, received, onClear }: Props) {
  const { fetchNextPage, isFetchingNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const logs = query.data?.pages.flatMap((page) => page.logs) ?? [];
  const first = query.data?.pages[0];
  if (first === undefined) {
    if (!query.isError) return <SkeletonRows height={23} count={32} />;
    return <ErrorPanel title="The logs could not be loaded" error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (logs.length === 0) return <NothingFound what="logs" range={range} filtered={filtered} received={received} onClear={onClear} onWiden={onWiden} />;
  return (
    <>
      <ListFacts>
        <span>
          {first.total_is_estimate === true && "at least "}
          <strong>{counted(first.total, "record")}</strong>, newest first
        </span>
        {logs.length < first.total && <span>{formatCount(logs.length)} loaded</span>}
        {query.isError && <span className={classes.failed}>Refreshing failed: {query.error.message}</span>}
      </ListFacts>
      <LogList logs={logs} selected={selected} onSelect={onSelect} onEnd={loadMore} more={query.hasNextPage && !query.isFetchNextPageError} stale={query.isPlaceholderData} />
    </>
  );
}
