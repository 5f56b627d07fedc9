/** Owns which versions of a service sent spans. */
import { Link } from "@tanstack/react-router";
import type { Facet } from "../../api/types";
import { formatCount, formatShare } from "../../lib/count";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import classes from "./Versions.module.css";

export function Versions({ facet, name, range }: { facet: Facet; name: string; range: TimeRange }) {
  const whole = facet.values.reduce((sum, value) => sum + value.count, 0) + facet.missing + facet.other;
  if (facet.values.length === 0) return <p className={classes.none}>Its spans name no version. The resource attribute service.version tells it.</p>;
  return (
    <ul className={classes.list}>
      {facet.values.map((value) => (
        <li key={String(value.value)}>
          <Link to="/traces" search={{ ...rangeParams(range), service: name, filter: value.term } as never} className={classes.line}>
            <code>{String(value.value)}</code>
            <span className={classes.bar}>
              <span style={{ width: `${Math.max(1, (value.count / Math.max(1, whole)) * 100)}%` }} />
            </span>
            <span>{formatShare(value.count / Math.max(1, whole))}</span>
            <span className={classes.count}>{formatCount(value.count)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
