/** Owns the list of stored log records: its states, its facts, its columns and its next pages. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo } from "react";
import { filterFault, type Params } from "../../api/client";
import { logsQuery } from "../../api/queries";
import type { Log } from "../../api/types";
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
  conditions: Params;
  selected: string | null;
  onSelect: (log: Log) => void;
  range: TimeRange;
  onWiden: (range: TimeRange) => void;
  received: boolean | null;
};

export function StoredLogs({ tabs, conditions, selected, onSelect, range, onWiden, received }: Props) {
  const now = useNow(60_000);
  const [explorer, change] = useExplorer();
  const query = useInfiniteQuery(logsQuery({ ...conditions, filter: explorer.filter }));
  const { fetchNextPage } = query;
  // whether a page is on its way is not looked at: that would draw the list anew each time one is asked for
  const loadMore = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const logs = useMemo(() => query.data?.pages.flatMap((page) => page.logs) ?? [], [query.data]);
  const first = query.data?.pages[0];
  if (first === undefined) {
    if (!query.isError) return <SkeletonRows height={23} count={32} />;
    return <FilterFailed title="The logs could not be loaded" fault={filterFault(query.error)} error={query.error} onRetry={() => void query.refetch()} onClear={() => change({ filter: "" })} />;
  }
  if (logs.length === 0) return <NothingFound what="logs" range={range} filtered={isNarrowed(explorer)} received={received} onClear={() => change(noConditions)} onWiden={onWiden} />;
  const { columns } = explorer;
  const times = [logs[0], logs.at(-1)].map((log) => (log === undefined ? "" : formatClock(log.timestamp, now)));
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
      <ColumnHeads columns={columns} times={times} onRemove={(key) => change({ columns: columns.filter((one) => one !== key) })} />
      <LogList logs={logs} selected={selected} onSelect={onSelect} onEnd={loadMore} more={query.hasNextPage && !query.isFetchNextPageError} stale={query.isPlaceholderData} columns={columns} />
    </>
  );
}
