/** Owns the table of services, the sick ones on top. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, OctagonAlert, TriangleAlert } from "lucide-react";
import type { ServiceNumbers } from "../../api/types";
import { Service } from "../../components/Service";
import { Sparkline } from "../../components/Sparkline";
import { formatShare, formatShort } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { serviceColor } from "../../lib/colors";
import { barScale } from "../../lib/scale";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import { healthOf } from "../../lib/trend";
import classes from "./ServiceHealth.module.css";

const marks = { good: CircleCheck, fair: TriangleAlert, poor: OctagonAlert };
const said = { good: "healthy", fair: "some errors", poor: "failing" };

/** Failing services first; among equals, those that keep their callers waiting the longest in sum. */
const bySickness = (a: ServiceNumbers, b: ServiceNumbers) => b.error_rate - a.error_rate || b.count * (b.avg_latency_us ?? 0) - a.count * (a.avg_latency_us ?? 0);

/** The share of failed entry spans; of a service that only calls, of all its spans. */
const errorRateOf = (service: ServiceNumbers) => (service.count > 0 ? service.error_rate : service.span_error_count / Math.max(1, service.span_count));

function Line({ service, range, share }: { service: ServiceNumbers; range: TimeRange; share: (us: number) => number }) {
  const errorRate = errorRateOf(service);
  const health = healthOf(errorRate);
  const Mark = marks[health];
  const p95 = service.p95_latency_us;
  return (
    <tr>
      <td>
        <Link to="/services/$name" params={{ name: service.service_name } as never} search={rangeParams(range) as never} className={classes.name}>
          <Mark size={15} className={classes.mark} data-health={health} role="img" aria-label={said[health]} />
          <Service name={service.service_name} strong />
        </Link>
      </td>
      <td data-wide className={classes.trend}>
        <Sparkline values={service.trend.map((point) => point.count)} width={90} height={22} color={serviceColor(service.service_name)} />
      </td>
      <td data-number>{service.rate < 10 ? service.rate.toFixed(2) : formatShort(service.rate)}</td>
      <td data-number className={errorRate > 0 ? classes.errors : classes.none}>{errorRate > 0 ? formatShare(errorRate) : "–"}</td>
      <td data-number data-wide>{service.p50_latency_us === null ? "–" : formatDuration(service.p50_latency_us)}</td>
      <td data-number>
        <span className={classes.latency}>
          <span className={classes.track}>{p95 !== null && <span style={{ width: `${Math.max(2, share(p95) * 100)}%` }} />}</span>
          {p95 === null ? "–" : formatDuration(p95)}
        </span>
      </td>
    </tr>
  );
}

export function ServiceHealth({ services, range }: { services: ServiceNumbers[]; range: TimeRange }) {
  const scale = barScale(services.flatMap((service) => service.p95_latency_us ?? []));
  return (
    <table className={classes.table} aria-label="Services by health">
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col" data-wide>Traffic</th>
          <th scope="col" data-number>Req/s</th>
          <th scope="col" data-number>Errors</th>
          <th scope="col" data-number data-wide>p50</th>
          <th scope="col" data-number>p95</th>
        </tr>
      </thead>
      <tbody>
        {services.toSorted(bySickness).map((service) => (
          <Line key={service.service_name} service={service} range={range} share={scale.share} />
        ))}
      </tbody>
    </table>
  );
}
