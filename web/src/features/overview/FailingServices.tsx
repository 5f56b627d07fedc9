/** Owns the services whose spans failed, those with most failed spans first. */
import { Link } from "@tanstack/react-router";
import type { Dashboard } from "../../api/types";
import { Service } from "../../components/Service";
import { counted, formatShare } from "../../lib/count";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import classes from "./FailingServices.module.css";

export function FailingServices({ services, range }: { services: Dashboard["top_failing_services"]; range: TimeRange }) {
  const most = Math.max(1, ...services.map((one) => one.error_count));
  if (services.length === 0) return <p className={classes.none}>No span failed in this time.</p>;
  return (
    <ul className={classes.list}>
      {services.map((one) => (
        <li key={one.service_name}>
          <Link to="/traces" search={{ ...rangeParams(range), service: one.service_name, status: "ERROR" } as never} className={classes.line}>
            <Service name={one.service_name} strong />
            <span className={classes.bar}>
              <span style={{ width: `${Math.max(2, (one.error_count / most) * 100)}%` }} />
            </span>
            <b>{counted(one.error_count, "failed span")}</b>
            <span className={classes.count}>{formatShare(one.error_rate)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
