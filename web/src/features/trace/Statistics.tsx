/** Owns the statistics tab: where the time of a trace went, by operation or by service. */
import { Button, SegmentedControl } from "@mantine/core";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { Service } from "../../components/Service";
import { formatCount, formatShare } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { type OperationSum, operationSums, statisticsCsv, sumsByService } from "../../lib/spanStats";
import { idOf } from "../../lib/spanTree";
import { useSearchParams } from "../../url/useSearchParams";
import classes from "./Statistics.module.css";

type Column = { key: string; label: string; title: string; wide?: boolean; of: (sum: OperationSum) => number };

const columns: Column[] = [
  { key: "count", label: "Spans", title: "How many spans", of: (sum) => sum.count },
  { key: "errors", label: "Errors", title: "Spans with status ERROR", of: (sum) => sum.errors },
  { key: "self", label: "Self", title: "Time in which no span below runs, summed", of: (sum) => sum.selfUs },
  { key: "total", label: "Total", title: "Durations, summed", of: (sum) => sum.totalUs },
  { key: "average", label: "Average", title: "Average duration", wide: true, of: (sum) => sum.totalUs / sum.count },
  { key: "max", label: "Least to most", title: "Shortest and longest duration", wide: true, of: (sum) => sum.maxUs },
];

const groupings = [
  { value: "operation", label: "By operation" },
  { value: "service", label: "By service" },
];
const shownAtMost = 500;

function Bar({ share, text }: { share: number; text: string }) {
  return (
    <span className={classes.barred}>
      {text}
      <span className={classes.bar}>
        <span style={{ width: `${Math.max(share > 0 ? 1.5 : 0, share * 100)}%` }} />
      </span>
    </span>
  );
}

function Line({ sum, selfUs, most, longest, onOpen }: { sum: OperationSum; selfUs: number; most: number; longest: number; onOpen: () => void }) {
  const range = sum.minUs === sum.maxUs ? formatDuration(sum.maxUs) : `${formatDuration(sum.minUs)} – ${formatDuration(sum.maxUs)}`;
  return (
    <tr>
      <td className={classes.name}>
        <button type="button" onClick={onOpen} title="Show the slowest in the timeline">
          <Service name={sum.service} strong />
          {sum.operation !== "" && <span className={classes.operation}>{sum.operation}</span>}
        </button>
      </td>
      <td data-number>{formatCount(sum.count)}</td>
      <td data-number className={sum.errors > 0 ? classes.errors : classes.none}>{sum.errors > 0 ? formatCount(sum.errors) : "–"}</td>
      <td data-number>
        <Bar share={sum.selfUs / Math.max(selfUs, 1)} text={`${formatDuration(sum.selfUs)} · ${formatShare(sum.selfUs / Math.max(selfUs, 1))}`} />
      </td>
      <td data-number>
        <Bar share={sum.totalUs / most} text={formatDuration(sum.totalUs)} />
      </td>
      <td data-number data-wide>{formatDuration(sum.totalUs / sum.count)}</td>
      <td data-number data-wide>
        <Bar share={sum.maxUs / longest} text={range} />
      </td>
    </tr>
  );
}

function save(sums: OperationSum[], traceId: string): void {
  const address = URL.createObjectURL(new Blob([statisticsCsv(sums)], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: `trace-${traceId}.csv` }).click();
  URL.revokeObjectURL(address);
}

export default function Statistics({ outline: { trace, tree } }: { outline: TraceOutline }) {
  const [, change] = useSearchParams();
  const [grouping, setGrouping] = useState("operation");
  const [order, setOrder] = useState({ key: "self", down: true });
  const operations = useMemo(() => operationSums(tree), [tree]);
  const sums = grouping === "operation" ? operations : sumsByService(operations);
  const by = columns.find(({ key }) => key === order.key) ?? columns[2];
  const sorted = sums.toSorted((a, b) => ((by?.of(b) ?? 0) - (by?.of(a) ?? 0)) * (order.down ? 1 : -1));
  const selfUs = sums.reduce((sum, one) => sum + one.selfUs, 0);
  const [most, longest] = [Math.max(1, ...sums.map((sum) => sum.totalUs)), Math.max(1, ...sums.map((sum) => sum.maxUs))];
  const open = (sum: OperationSum) => change({ tab: undefined, span: idOf(tree, sum.slowest) }, true);
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <SegmentedControl size="xs" aria-label="Lines" data={groupings} value={grouping} onChange={setGrouping} />
        <span className={classes.facts}>
          {formatCount(sums.length)} {grouping === "service" ? "services" : "operations"} · {formatDuration(selfUs)} of work in {formatDuration(tree.durationUs)}
          {sums.length > shownAtMost && ` · the first ${shownAtMost} are shown`}
        </span>
        <Button size="compact-xs" variant="default" leftSection={<Download size={13} />} onClick={() => save(sorted, trace.trace_id)}>
          CSV
        </Button>
      </div>
      <div className={classes.body} tabIndex={0} role="region" aria-label="Statistics">
        <table className={classes.table} aria-label="Time by operation">
          <thead>
            <tr>
              <th scope="col">{grouping === "service" ? "Service" : "Service and operation"}</th>
              {columns.map(({ key, label, title, wide }) => (
                <th key={key} scope="col" data-number data-wide={wide} aria-sort={order.key === key ? (order.down ? "descending" : "ascending") : undefined}>
                  <button type="button" title={title} onClick={() => setOrder({ key, down: order.key === key ? !order.down : true })}>
                    {label} {order.key === key && <span aria-hidden="true">{order.down ? "↓" : "↑"}</span>}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shownAtMost).map((sum) => (
              <Line key={`${sum.service} ${sum.operation}`} sum={sum} selfUs={selfUs} most={most} longest={longest} onOpen={() => open(sum)} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
