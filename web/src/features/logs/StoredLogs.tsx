/** Owns the list of stored log records: its states, its facts, its columns and its next pages. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useCallback } from "react";
import { filterFault, type Params } from "../../api/client";
import type { Log, LogsResponse } from "../../api/types";
import { FilterFailed } from "../../components/FilterFailed";
import { LogList } from "../../components/LogList";
import { NothingFound } from "../../components/NothingFound";
import { SkeletonRows } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { useNow } from "../../components/useNow";
import { counted, formatCount } from "../../lib/count";
import { formatClock } from "../../lib/moment";
import type { TimeRange } from "../../lib/timeRange";
import { isNarrowed, noConditions, useExplorer } from "../../url/useExplorer";
import { ColumnHeads, ColumnsButton } from "./LogColumns";
import classes from "./LogsPage.module.css";

type Props = {
  /** What leads to the other view of the same records. */
  tabs: ReactNode;
  query: UseInfiniteQueryResult<InfiniteData<LogsResponse>, Error>;
  conditions: Params;
  selected: string | null;
  onSelect: (log: Log) => void;
  range: TimeRange;
  onWiden: (range: TimeRange) => void;
  received: boolean | null;
};

const characterPx = 7.22;

export function StoredLogs({ tabs, query, conditions, selected, onSelect, range, onWiden, received }: Props) {
  const now = useNow(60_000);
  const [explorer, change] = useExplorer();
  const { fetchNextPage, isFetchingNextPage } = query;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const logs = query.data?.pages.flatMap((page) => page.logs) ?? [];
  const first = query.data?.pages[0];
  if (first === undefined) {
    if (!query.isError) return <SkeletonRows height={23} count={32} />;
    return <FilterFailed title="The logs could not be loaded" fault={filterFault(query.error)} error={query.error} onRetry={() => void query.refetch()} onClear={() => change({ filter: "" })} />;
  }
  if (logs.length === 0) return <NothingFound what="logs" range={range} filtered={isNarrowed(explorer)} received={received} onClear={() => change(noConditions)} onWiden={onWiden} />;
  const { columns } = explorer;
  const times = [logs[0], logs.at(-1)].map((log) => (log === undefined ? 0 : formatClock(log.timestamp, now).length));
  return (
    <>
      <div className={classes.facts}>
        {tabs}
        <ListFacts>
          <span>
            {first.total_is_estimate === true && "at least "}
            <strong>{counted(first.total, "record")}</strong>, newest first
          </span>
          {logs.length < first.total && <span>{formatCount(logs.length)} loaded</span>}
          {query.isError && <span className={classes.failed}>Refreshing failed: {query.error.message}</span>}
        </ListFacts>
        <ColumnsButton columns={columns} conditions={conditions} onChange={(next) => change({ columns: next })} />
      </div>
      <ColumnHeads columns={columns} timeWidth={Math.max(86, Math.max(...times) * characterPx)} onRemove={(key) => change({ columns: columns.filter((one) => one !== key) })} />
      <LogList logs={logs} selected={selected} onSelect={onSelect} onEnd={loadMore} more={query.hasNextPage && !query.isFetchNextPageError} stale={query.isPlaceholderData} columns={columns} />
    </>
  );
}
