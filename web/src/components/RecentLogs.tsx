/** Owns the newest few log records, each leading to its trace. */
import { Link } from "@tanstack/react-router";
import type { Log } from "../api/types";
import { ServiceDot } from "./Service";
import { severityColor } from "./Severity";
import { useNow } from "./useNow";
import { oneLine } from "../lib/attributes";
import { formatAgo, formatExact } from "../lib/moment";
import classes from "./RecentLogs.module.css";

function Row({ log, now }: { log: Log; now: number }) {
  const text = oneLine(log.body) || log.event_name || "(empty body)";
  const content = (
    <>
      <span className={classes.text} title={text}>{text}</span>
      <span className={classes.from}>
        <ServiceDot name={log.service_name} /> {log.service_name}
        <time dateTime={log.timestamp} title={formatExact(log.timestamp)}>{formatAgo(log.timestamp, now)}</time>
      </span>
    </>
  );
  return (
    <li className={classes.row}>
      {log.trace_id === null ? (
        <Link to="/logs" search={{ service: log.service_name, severity: log.severity } as never} className={classes.link} style={{ borderLeftColor: severityColor(log.severity) }}>{content}</Link>
      ) : (
        <Link to="/traces/$traceId" params={{ traceId: log.trace_id } as never} search={(log.span_id === null ? {} : { span: log.span_id }) as never} className={classes.link} style={{ borderLeftColor: severityColor(log.severity) }}>{content}</Link>
      )}
    </li>
  );
}

export function RecentLogs({ logs, nothing = "No error records in this time." }: { logs: Log[]; nothing?: string }) {
  const now = useNow();
  if (logs.length === 0) return <p className={classes.none}>{nothing}</p>;
  return (
    <ul className={classes.list}>
      {logs.map((log) => (
        <Row key={log.id} log={log} now={now} />
      ))}
    </ul>
  );
}
