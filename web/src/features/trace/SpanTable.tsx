/** Owns the spans tab: every span of the trace as a line, sorted and searched. */
import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { ErrorMark } from "../../components/ErrorMark";
import { Service } from "../../components/Service";
import { ListFacts } from "../../components/Toolbar";
import { useRows } from "../../components/useRows";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { nodeAt, type SpanTree } from "../../lib/spanTree";
import { type SpanOrder, spansInOrder } from "../../lib/spanStats";
import { useSearchParams } from "../../url/useSearchParams";
import classes from "./SpanTable.module.css";

const columns: { key: SpanOrder; label: string; number?: boolean }[] = [
  { key: "service", label: "Service" },
  { key: "operation", label: "Operation" },
  { key: "kind", label: "Kind" },
  { key: "start", label: "From", number: true },
  { key: "self", label: "Itself", number: true },
  { key: "duration", label: "Duration", number: true },
];

function Line({ tree, at, row, top, share, onOpen }: { tree: SpanTree; at: number; row: number; top: number; share: (us: number) => number; onOpen: (id: string) => void }) {
  const node = nodeAt(tree, at);
  return (
    <div role="row" aria-rowindex={row + 2} className={classes.row} data-failed={node.status === "ERROR" || undefined} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell">
        <Service name={node.service} strong />
      </span>
      <span role="cell" className={classes.operation}>
        {node.status === "ERROR" && <ErrorMark size={13} />}
        <button type="button" title={`${node.operation}: show in the timeline`} onClick={() => onOpen(node.id)}>
          {node.operation}
        </button>
      </span>
      <span role="cell" className={classes.dim}>{node.kind.toLowerCase()}</span>
      <span role="cell" className={classes.dim} data-number>{formatDuration(node.startUs)}</span>
      <span role="cell" data-number>{formatDuration(node.selfUs)}</span>
      <span role="cell" className={classes.duration} data-number>
        <span className={classes.bar}>
          <span style={{ width: `${Math.max(1.5, share(node.durationUs) * 100)}%` }} />
        </span>
        {formatDuration(node.durationUs)}
      </span>
    </div>
  );
}

export default function SpanTable({ outline: { tree } }: { outline: TraceOutline }) {
  const [, change] = useSearchParams();
  const [order, setOrder] = useState<{ key: SpanOrder; down: boolean }>({ key: "duration", down: true });
  const [text, setText] = useState("");
  const rows = useMemo(() => spansInOrder(tree, order.key, order.down, text), [tree, order, text]);
  const failed = useMemo(() => rows.reduce((sum, at) => sum + (nodeAt(tree, at).status === "ERROR" ? 1 : 0), 0), [tree, rows]);
  const share = (us: number) => us / Math.max(tree.durationUs, 1);
  const { scroller, first, end, height } = useRows({ count: rows.length, rowHeight: 30 });
  const open = (id: string) => change({ tab: undefined, span: id }, true);
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <TextInput size="xs" className={classes.find} placeholder="Find spans" aria-label="Find spans by service, operation or id" leftSection={<Search size={13} />} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <ListFacts>
          <span>
            <strong>{counted(rows.length, "span")}</strong>
            {failed > 0 && `, ${formatCount(failed)} failed`}
          </span>
        </ListFacts>
      </div>
      <div ref={scroller} className={classes.body} role="table" aria-label="Spans" aria-rowcount={rows.length + 1} tabIndex={0}>
        <div role="rowgroup" className={classes.headGroup}>
          <div role="row" aria-rowindex={1} className={classes.head}>
            {columns.map(({ key, label, number }) => (
              <span key={key} role="columnheader" data-number={number} aria-sort={order.key === key ? (order.down ? "descending" : "ascending") : undefined}>
                <button type="button" onClick={() => setOrder({ key, down: order.key === key ? !order.down : number === true })}>
                  {label} {order.key === key && <span aria-hidden="true">{order.down ? "↓" : "↑"}</span>}
                </button>
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height, position: "relative" }}>
          {Array.from(rows.subarray(first, end), (at, step) => (
            <Line key={at} tree={tree} at={at} row={first + step} top={(first + step) * 30} share={share} onOpen={open} />
          ))}
        </div>
      </div>
    </div>
  );
}
