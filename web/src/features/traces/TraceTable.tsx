/** Owns the list of traces as a dense, virtual, sortable table. */
import { VisuallyHidden } from "@mantine/core";
import { useElementSize, useHotkeys, useMediaQuery } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import type { TraceSummary } from "../../api/types";
import { useNow } from "../../components/useNow";
import { useRowCursor } from "../../components/useRowCursor";
import { barScale } from "../../lib/scale";
import { columns, features, PageContext } from "./columns";
import classes from "./TraceTable.module.css";

type Props = {
  traces: TraceSummary[];
  sortBy: string;
  descending: boolean;
  onSort: (sortBy: string, descending: boolean) => void;
  onEnd: () => void;
  more: boolean;
  stale: boolean;
  /** Ids of the traces that are to be compared, at most two. */
  picked: string[];
  onPick: (id: string) => void;
};

export function TraceTable({ traces, sortBy, descending, onSort, onEnd, more, stale, picked, onPick }: Props) {
  const now = useNow();
  const navigate = useNavigate();
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const chips = useElementSize();
  const scale = useMemo(() => barScale(traces.map((trace) => trace.duration_us)), [traces]);
  const state = useMemo(() => ({ now, scale, chipsWidth: chips.width || 300, picked, onPick }), [now, scale, chips.width, picked, onPick]);
  const table = useTable({
    features,
    columns,
    data: traces,
    manualSorting: true,
    enableSortingRemoval: false,
    sortDescFirst: true,
    state: { sorting: [{ id: sortBy, desc: descending }] },
    onSortingChange: (update) => {
      const [next] = typeof update === "function" ? update([{ id: sortBy, desc: descending }]) : update;
      if (next !== undefined) onSort(next.id, next.desc);
    },
  });
  const rows = table.getRowModel().rows;
  const height = phone ? 58 : 34;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 12 });
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 20) onEnd();
  }, [last, more, onEnd, rows.length]);
  const open = (index: number) => {
    const trace = traces[index];
    if (trace !== undefined) void navigate({ to: "/traces/$traceId", params: { traceId: trace.trace_id } });
  };
  const [cursor] = useRowCursor({ count: rows.length, onMove: (index) => virtual.scrollToIndex(index), onOpen: open });
  useHotkeys([
    ["x", () => cursor >= 0 && onPick(traces[cursor]?.trace_id ?? "")],
    ["c", () => picked.length === 2 && void navigate({ to: "/compare", search: { a: picked[0], b: picked[1] } as never })],
  ]);

  return (
    <div className={classes.table} role="table" aria-label="Traces" aria-rowcount={rows.length + 1} data-stale={stale || undefined}>
      <div role="rowgroup" className={classes.head}>
        {table.getHeaderGroups().map((group) => (
          <div role="row" key={group.id} className={classes.row} aria-rowindex={1}>
            {group.headers.map((header) => {
              const sorted = header.column.getIsSorted();
              const label = String(header.column.columnDef.header);
              return (
                <div key={header.id} role="columnheader" data-col={header.column.id} ref={header.column.id === "services" ? chips.ref : undefined} aria-sort={sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"} className={classes.cell}>
                  {header.column.getCanSort() ? (
                    <button type="button" className={classes.sort} data-sorted={sorted !== false || undefined} onClick={header.column.getToggleSortingHandler()}>
                      {label}
                      {sorted === "asc" ? <ArrowUp size={13} aria-hidden="true" /> : sorted === "desc" ? <ArrowDown size={13} aria-hidden="true" /> : null}
                    </button>
                  ) : (
                    header.column.id === "pick" ? <VisuallyHidden>Compare</VisuallyHidden> : label
                  )}
                  {header.column.id === "duration" && scale.logarithmic && <span className={classes.log} title="The bars are on a logarithmic scale">log</span>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <div ref={scroller} className={classes.body}>
        <PageContext value={state}>
        <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div key={row.id} role="row" aria-rowindex={item.index + 2} className={`${classes.row} ${classes.item}`} data-error={row.original.error_count > 0 || undefined} data-cursor={item.index === cursor || undefined} data-picked={picked.includes(row.original.trace_id) || undefined} style={{ height, transform: `translateY(${item.start}px)` }}>
                {row.getAllCells().map((cell) => (
                  <div key={cell.id} role="cell" data-col={cell.column.id} className={classes.cell}>
                    <table.FlexRender cell={cell} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        </PageContext>
      </div>
    </div>
  );
}
