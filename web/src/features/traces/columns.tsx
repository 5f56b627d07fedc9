/** Owns the columns of the trace list; a column's id is the API's `sort_by`. */
import { Check, CircleCheck } from "lucide-react";
import { createColumnHelper, rowSortingFeature, tableFeatures } from "@tanstack/react-table";
import { createContext, use } from "react";
import type { TraceSummary } from "../../api/types";
import { ErrorMark } from "../../components/ErrorMark";
import { Service } from "../../components/Service";
import { useFollow } from "../../components/useFollow";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatAgo, formatExact } from "../../lib/moment";
import { shortOperation } from "../../lib/operation";
import { type BarScale, chipsThatFit } from "../../lib/scale";
import classes from "./TraceTable.module.css";

export const features = tableFeatures({ rowSortingFeature });
const helper = createColumnHelper<typeof features, TraceSummary>();

/** What cells know of the page: the clock, the shared scale of bars, the room for chips, what is chosen. */
export type PageState = { now: number; scale: BarScale; chipsWidth: number; picked: string[]; onPick: (id: string) => void };
// a context, not new columns each time: those would build every cell anew
export const PageContext = createContext<PageState>({ now: 0, scale: { share: () => 0, logarithmic: false }, chipsWidth: 300, picked: [], onPick: () => {} });

function Started({ time }: { time: string }) {
  const { now } = use(PageContext);
  return (
    <time dateTime={time} title={formatExact(time)}>
      {formatAgo(time, now)}
    </time>
  );
}

function Chips({ trace }: { trace: TraceSummary }) {
  const { chipsWidth: width } = use(PageContext);
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
  const follow = useFollow();
  return (
    <span className={classes.root}>
      <a href={`/traces/${encodeURIComponent(trace.trace_id)}`} onClick={follow} className={classes.link} title={trace.root_operation}>
        {shortOperation(trace.root_operation)}
      </a>
      <Service name={trace.root_service} />
      {trace.root_missing && (
        <span className={classes.missing} title="The root span of this trace has not arrived; its earliest span stands for it">
          root missing
        </span>
      )}
    </span>
  );
}

function Duration({ us }: { us: number }) {
  const { scale } = use(PageContext);
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

function Pick({ trace }: { trace: TraceSummary }) {
  const { picked, onPick } = use(PageContext);
  const at = picked.indexOf(trace.trace_id);
  return (
    <button type="button" role="checkbox" aria-checked={at >= 0} aria-label={`Compare ${trace.root_operation}`} className={classes.pick} data-picked={at >= 0 || undefined} title="Compare (x)" onClick={() => onPick(trace.trace_id)}>
      {at >= 0 ? "AB".charAt(at) : <Check size={11} aria-hidden="true" />}
    </button>
  );
}

function State({ trace }: { trace: TraceSummary }) {
  if (trace.status === "ERROR") return <ErrorMark label="failed" />;
  if (trace.error_count > 0) return <ErrorMark label="has errors" inside />;
  return trace.status === "OK" ? <CircleCheck size={14} role="img" aria-label="OK" className={classes.ok} /> : null;
}

export const columns = helper.columns([
  helper.display({ id: "pick", header: "", enableSorting: false, cell: ({ row }) => <Pick trace={row.original} /> }),
  helper.accessor("start_time", { header: "Started", cell: ({ getValue }) => <Started time={getValue()} /> }),
  helper.accessor("status", { header: "Status", cell: ({ row }) => <State trace={row.original} /> }),
  helper.accessor("root_service", { id: "service", header: "Operation and service", cell: ({ row }) => <Root trace={row.original} /> }),
  helper.accessor("services", { id: "services", header: "Also passed through", enableSorting: false, cell: ({ row }) => <Chips trace={row.original} /> }),
  helper.accessor("duration_us", { id: "duration", header: "Duration", cell: ({ getValue }) => <Duration us={getValue()} /> }),
  helper.accessor("span_count", { header: "Spans", cell: ({ getValue }) => <Amount value={getValue()} noun="span" /> }),
  helper.accessor("error_count", { header: "Errors", cell: ({ getValue }) => (getValue() > 0 ? <span className={classes.errors}><Amount value={getValue()} noun="error" /></span> : <span className={classes.none}>–</span>) }),
]);
