/** Owns the columns of the trace list; a column's id is the API's `sort_by`. */
import { createColumnHelper, rowSortingFeature, tableFeatures } from "@tanstack/react-table";
import { Link } from "@tanstack/react-router";
import type { TraceSummary } from "../../api/types";
import { ErrorMark } from "../../components/ErrorMark";
import { Service } from "../../components/Service";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatAgo, formatExact } from "../../lib/moment";
import { shortOperation } from "../../lib/operation";
import { type BarScale, chipsThatFit } from "../../lib/scale";
import classes from "./TraceTable.module.css";

export const features = tableFeatures({ rowSortingFeature });
const helper = createColumnHelper<typeof features, TraceSummary>();

function Chips({ trace, width }: { trace: TraceSummary; width: number }) {
  const others = trace.services.filter((name) => name !== trace.root_service);
  const fit = chipsThatFit(others, width);
  const rest = others.slice(fit);
  return (
    <span className={classes.chips}>
      {others.slice(0, fit).map((name) => (
        <Service key={name} name={name} />
      ))}
      {rest.length > 0 && <span title={rest.join(", ")}>{fit === 0 ? counted(rest.length, "service") : `+${rest.length}`}</span>}
    </span>
  );
}

function Root({ trace }: { trace: TraceSummary }) {
  return (
    <span className={classes.root}>
      {trace.error_count > 0 && <ErrorMark label={trace.status === "ERROR" ? "failed" : "has errors"} />}
      <Link to="/traces/$traceId" params={{ traceId: trace.trace_id }} className={classes.link} title={trace.root_operation}>
        {shortOperation(trace.root_operation)}
      </Link>
      <Service name={trace.root_service} />
      {trace.root_missing && (
        <span className={classes.missing} title="The root span of this trace has not arrived; its earliest span stands for it">
          root missing
        </span>
      )}
    </span>
  );
}

function Duration({ us, scale }: { us: number; scale: BarScale }) {
  return (
    <span className={classes.duration}>
      <span className={classes.track}>
        <span className={classes.bar} style={{ width: `${Math.max(1, scale.share(us) * 100)}%` }} />
      </span>
      <span className={classes.number}>{formatDuration(us)}</span>
    </span>
  );
}

/** A count whose noun shows where there is no column head above it. */
function Amount({ value, noun }: { value: number; noun: string }) {
  return (
    <>
      {formatCount(value)}
      <span className={classes.unit}> {value === 1 ? noun : `${noun}s`}</span>
    </>
  );
}

/** The columns for one state of the page: the clock, the shared scale and the room for chips. */
export const makeColumns = (now: number, scale: BarScale, chipsWidth: number) =>
  helper.columns([
    helper.accessor("start_time", { header: "Started", cell: ({ getValue }) => <time dateTime={getValue()} title={formatExact(getValue())}>{formatAgo(getValue(), now)}</time> }),
    helper.accessor("root_service", { id: "service", header: "Operation and service", cell: ({ row }) => <Root trace={row.original} /> }),
    helper.accessor("services", { id: "services", header: "Also passed through", enableSorting: false, cell: ({ row }) => <Chips trace={row.original} width={chipsWidth} /> }),
    helper.accessor("duration_us", { id: "duration", header: "Duration", cell: ({ getValue }) => <Duration us={getValue()} scale={scale} /> }),
    helper.accessor("span_count", { header: "Spans", cell: ({ getValue }) => <Amount value={getValue()} noun="span" /> }),
    helper.accessor("error_count", { header: "Errors", cell: ({ getValue }) => (getValue() > 0 ? <span className={classes.errors}><Amount value={getValue()} noun="error" /></span> : <span className={classes.none}>–</span>) }),
  ]);
