/** Owns how one log record is drawn as a line of a list. */
import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import type { Log } from "../api/types";
import { oneLine } from "../lib/attributes";
import { formatExact } from "../lib/moment";
import classes from "./LogList.module.css";
import { Service } from "./Service";
import { Severity, severityColor } from "./Severity";

type Props = {
  log: Log;
  /** The text of the time column. */
  time: string;
  /** Pixels from the top of the list. */
  top: number;
  selected: boolean;
  cursor: boolean;
  traceLinks: boolean;
  /** Keys of attributes that have a column of their own. */
  columns?: string[];
  onOpen: () => void;
};

function TraceLink({ log }: { log: Log }) {
  if (log.trace_id === null) return <span className={classes.trace} />;
  return (
    <Link to="/traces/$traceId" params={{ traceId: log.trace_id }} search={(log.span_id === null ? {} : { span: log.span_id }) as never} className={classes.trace} aria-label="Open the trace" title="Open the trace" onClick={(event) => event.stopPropagation()}>
      <ListTree size={14} aria-hidden="true" />
    </Link>
  );
}

export function LogRow({ log, time, top, selected, cursor, traceLinks, columns = [], onOpen }: Props) {
  return (
    <li className={classes.row} data-selected={selected || undefined} data-cursor={cursor || undefined} data-links={traceLinks || undefined} style={{ transform: `translateY(${top}px)`, borderLeftColor: severityColor(log.severity) }}>
      <span className={classes.time} title={formatExact(log.timestamp)}>
        {time}
      </span>
      <span className={classes.severity}>
        <Severity severity={log.severity} />
      </span>
      <span className={classes.service}>
        <Service name={log.service_name} />
      </span>
      {columns.map((key) => {
        const text = oneLine(log.attributes[key] ?? log.resource[key]);
        return (
          <span key={key} className={classes.value} data-none={text === "" || undefined} title={text}>
            {text === "" ? "–" : text}
          </span>
        );
      })}
      <button type="button" className={classes.text} onClick={onOpen}>
        {oneLine(log.body) || log.event_name || "(empty body)"}
      </button>
      {traceLinks && <TraceLink log={log} />}
    </li>
  );
}
