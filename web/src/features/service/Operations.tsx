/** Owns the table of a service's operations, those that take the most time in sum on top. */
import { Link } from "@tanstack/react-router";
import type { OperationNumbers } from "../../api/types";
import { formatShare, formatShort } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { equals } from "../../lib/filterText";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import classes from "./Operations.module.css";

const shownAtMost = 50;
const impactOf = (one: OperationNumbers): number => one.count * (one.avg_latency_us ?? 0);
const perSecond = (rate: number): string => (rate < 10 ? rate.toFixed(2) : formatShort(rate));

function Line({ one, share, search }: { one: OperationNumbers; share: number; search: object }) {
  return (
    <tr>
      <td className={classes.name}>
        <Link to="/traces" search={{ ...search, filter: equals("name", one.operation_name) } as never} aria-label={`Traces of ${one.operation_name}, ${one.kind.toLowerCase()}`}>
          <span>{one.operation_name}</span>
          <small>{one.kind.toLowerCase()}</small>
        </Link>
      </td>
      <td data-wide>
        <span className={classes.bar} role="img" aria-label={`${formatShare(share)} of the time of all operations`} title={`${formatShare(share)} of the time of all operations`}>
          <span style={{ width: `${Math.max(1.5, share * 100)}%` }} />
        </span>
      </td>
      <td data-number>{perSecond(one.rate)}</td>
      <td data-number className={one.error_count > 0 ? classes.errors : classes.none}>{one.error_count > 0 ? formatShare(one.error_rate) : "–"}</td>
      <td data-number data-wide>{one.p50_latency_us === null ? "–" : formatDuration(one.p50_latency_us)}</td>
      <td data-number>{one.p95_latency_us === null ? "–" : formatDuration(one.p95_latency_us)}</td>
      <td data-number data-wide>{one.p99_latency_us === null ? "–" : formatDuration(one.p99_latency_us)}</td>
    </tr>
  );
}

export function Operations({ name, range, operations }: { name: string; range: TimeRange; operations: OperationNumbers[] }) {
  const sorted = operations.toSorted((a, b) => impactOf(b) - impactOf(a));
  const whole = Math.max(1, sorted.reduce((sum, one) => sum + impactOf(one), 0));
  return (
    <table className={classes.table} aria-label="Operations">
      <thead>
        <tr>
          <th scope="col">Operation</th>
          <th scope="col" data-wide>Time in sum</th>
          <th scope="col" data-number>Per s</th>
          <th scope="col" data-number>Errors</th>
          <th scope="col" data-number data-wide>p50</th>
          <th scope="col" data-number>p95</th>
          <th scope="col" data-number data-wide>p99</th>
        </tr>
      </thead>
      <tbody>
        {sorted.slice(0, shownAtMost).map((one) => (
          <Line key={`${one.kind} ${one.operation_name}`} one={one} share={impactOf(one) / whole} search={{ ...rangeParams(range), service: name }} />
        ))}
      </tbody>
    </table>
  );
}
