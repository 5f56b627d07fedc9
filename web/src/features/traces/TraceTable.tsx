/** Owns the list of traces as a dense, virtual, sortable table. */
import { VisuallyHidden } from "@mantine/core";
import { useElementSize, useHotkeys, useMediaQuery } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useTable } from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useEffect, useMemo } from "react";
import type { TraceSummary } from "../../api/types";
import { useNow } from "../../components/useNow";
import { useRowCursor } from "../../components/useRowCursor";
import { useRows } from "../../components/useRows";
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

type ItemProps = { trace: TraceSummary; index: number; height: number; cursor: boolean; picked: boolean; /** Draws the cells; they depend on the trace alone. */ children: () => ReactNode };

/** One line. It is drawn anew when something of it changed, not when the list moved on or became longer. */
const Item = memo(
  function Item({ trace, index, height, cursor, picked, children }: ItemProps) {
    return (
      <div role="row" aria-rowindex={index + 2} className={`${classes.row} ${classes.item}`} data-error={trace.error_count > 0 || undefined} data-cursor={cursor || undefined} data-picked={picked || undefined} style={{ height, transform: `translateY(${index * height}px)` }}>
        {children()}
      </div>
    );
  },
  (before, after) => before.trace === after.trace && before.index === after.index && before.height === after.height && before.cursor === after.cursor && before.picked === after.picked,
);

/** The next traces are asked for while so many are still below the screen. */
const ahead = 60;

export function TraceTable({ traces, sortBy, descending, onSort, onEnd, more, stale, picked, onPick }: Props) {
  const now = useNow();
  const navigate = useNavigate();
  const phone = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
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
  const { scroller, first, end, height: whole, scrollTo } = useRows({ count: rows.length, rowHeight: height });
  useEffect(() => {
    if (more && end >= rows.length - ahead) onEnd();
  }, [end, more, onEnd, rows.length]);
  const open = (index: number) => {
    const trace = traces[index];
    if (trace !== undefined) void navigate({ to: "/traces/$traceId", params: { traceId: trace.trace_id } });
  };
  const [cursor] = useRowCursor({ count: rows.length, onMove: scrollTo, onOpen: open });
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
        <div role="rowgroup" className={classes.rows} style={{ height: whole }}>
          {rows.slice(first, end).map((row, step) => (
            <Item key={row.id} trace={row.original} index={first + step} height={height} cursor={first + step === cursor} picked={picked.includes(row.original.trace_id)}>
              {() =>
                row.getAllCells().map((cell) => (
                  <div key={cell.id} role="cell" data-col={cell.column.id} className={classes.cell}>
                    <table.FlexRender cell={cell} />
                  </div>
                ))
              }
            </Item>
          ))}
        </div>
        </PageContext>
      </div>
    </div>
  );
}
