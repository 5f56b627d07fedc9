/** Owns the newest error records, each leading to its trace. */
import { Link } from "@tanstack/react-router";
import type { Log } from "../../api/types";
import { ServiceDot } from "../../components/Service";
import { useNow } from "../../components/useNow";
import { oneLine } from "../../lib/attributes";
import { formatAgo, formatExact } from "../../lib/moment";
import classes from "./RecentErrors.module.css";

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
        <Link to="/logs" search={{ service: log.service_name, severity: log.severity } as never} className={classes.link}>{content}</Link>
      ) : (
        <Link to="/traces/$traceId" params={{ traceId: log.trace_id } as never} search={(log.span_id === null ? {} : { span: log.span_id }) as never} className={classes.link}>{content}</Link>
      )}
    </li>
  );
}

export function RecentErrors({ logs }: { logs: Log[] }) {
  const now = useNow();
  if (logs.length === 0) return <p className={classes.none}>No error records in this time.</p>;
  return (
    <ul className={classes.list}>
      {logs.map((log) => (
        <Row key={log.id} log={log} now={now} />
      ))}
    </ul>
  );
}
