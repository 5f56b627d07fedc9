/** Owns what differs at one place: the numbers of both sides, and the attributes of the slowest span of each. */
import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { Service } from "../../components/Service";
import { valueText } from "../../lib/attributes";
import { formatDuration } from "../../lib/duration";
import { attributeDiff, type DiffRow, type Side } from "../../lib/traceDiff";
import classes from "./DiffDetail.module.css";

const numbers: [name: string, value: (side: Side) => string][] = [
  ["Spans", (side) => String(side.count)],
  ["Failed", (side) => String(side.errors)],
  ["Time, all together", (side) => formatDuration(side.totalUs)],
  ["Time of their own", (side) => formatDuration(side.selfUs)],
  ["Slowest", (side) => formatDuration(side.example.duration_us)],
  ["Status message", (side) => side.example.status_message || "–"],
];

function Open({ side, letter }: { side: Side | null; letter: string }) {
  if (side === null) return <span>not in {letter}</span>;
  return (
    <Link to="/traces/$traceId" params={{ traceId: side.example.trace_id }} search={{ span: side.example.span_id } as never}>
      span in {letter}
    </Link>
  );
}

export function DiffDetail({ row, onClose }: { row: DiffRow; onClose: () => void }) {
  const attributes = attributeDiff(row.a, row.b);
  return (
    <aside className={classes.panel} aria-label="What differs">
      <div className={classes.head}>
        <h2>{row.operation}</h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
          <X size={16} />
        </ActionIcon>
      </div>
      <div className={classes.service}><Service name={row.service} strong /> <span>{row.kind.toLowerCase()}</span></div>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col"><VisuallyHidden>What</VisuallyHidden></th>
            <th scope="col" data-side="a"><Open side={row.a} letter="A" /></th>
            <th scope="col" data-side="b"><Open side={row.b} letter="B" /></th>
          </tr>
        </thead>
        <tbody>
          {numbers.map(([name, value]) => {
            const [a, b] = [row.a, row.b].map((side) => (side === null ? "–" : value(side)));
            return (
              <tr key={name} data-differs={a !== b || undefined}>
                <th scope="row">{name}</th>
                <td>{a}</td>
                <td>{b}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <h3 className={classes.title}>{attributes.length === 0 ? "No attribute differs" : "Attributes that differ"}</h3>
      <table className={classes.table}>
        <tbody>
          {attributes.map(({ key, a, b }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              {[a, b].map((value, at) => (
                <td key={at} className={classes.value}>{value === undefined ? "–" : valueText(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </aside>
  );
}
