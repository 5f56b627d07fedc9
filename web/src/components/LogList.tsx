/** Owns the dense list of log records: one line each, virtual, walked with j and k. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Log } from "../api/types";
import { oneLine } from "../lib/attributes";
import { formatClock, formatExact } from "../lib/moment";
import classes from "./LogList.module.css";
import { Service } from "./Service";
import { Severity, severityColor } from "./Severity";
import { useNow } from "./useNow";
import { useRowCursor } from "./useRowCursor";

type Props = {
  logs: Log[];
  selected: string | null;
  onSelect: (log: Log) => void;
  onEnd?: () => void;
  more?: boolean;
  stale?: boolean;
  /** Whether each line leads to its trace; a list within a trace does not. */
  traceLinks?: boolean;
  /** Replaces the time of day, for instance by the offset within a trace. */
  formatTime?: (timestamp: string) => string;
};

function TraceLink({ log }: { log: Log }) {
  if (log.trace_id === null) return <span className={classes.trace} />;
  return (
    <Link to="/traces/$traceId" params={{ traceId: log.trace_id }} search={(log.span_id === null ? {} : { span: log.span_id }) as never} className={classes.trace} aria-label="Open the trace" title="Open the trace" onClick={(event) => event.stopPropagation()}>
      <ListTree size={14} aria-hidden="true" />
    </Link>
  );
}

export function LogList({ logs, selected, onSelect, onEnd, more = false, stale = false, traceLinks = true, formatTime }: Props) {
  const now = useNow(60_000);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: logs.length, getScrollElement: () => scroller.current, estimateSize: () => 23, overscan: 20 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= logs.length - 40) onEnd?.();
  }, [last, more, onEnd, logs.length]);
  const choose = (index: number) => {
    const log = logs[index];
    if (log !== undefined) onSelect(log);
  };
  const [cursor, setCursor] = useRowCursor({ count: logs.length, onMove: (index) => virtual.scrollToIndex(index), onOpen: choose });
  return (
    <div ref={scroller} className={classes.body} data-stale={stale || undefined}>
      <ul className={classes.rows} style={{ height: virtual.getTotalSize() }} aria-label="Log records">
        {items.map((item) => {
          const log = logs[item.index];
          if (log === undefined) return null;
          return (
            <li key={log.id} className={classes.row} data-selected={log.id === selected || undefined} data-cursor={item.index === cursor || undefined} data-links={traceLinks || undefined} style={{ transform: `translateY(${item.start}px)`, borderLeftColor: severityColor(log.severity) }}>
              <span className={classes.time} title={formatExact(log.timestamp)}>
                {formatTime === undefined ? formatClock(log.timestamp, now) : formatTime(log.timestamp)}
              </span>
              <span className={classes.severity}>
                <Severity severity={log.severity} />
              </span>
              <span className={classes.service}>
                <Service name={log.service_name} />
              </span>
              <button
                type="button"
                className={classes.text}
                onClick={() => {
                  setCursor(item.index);
                  onSelect(log);
                }}
              >
                {oneLine(log.body) || log.event_name || "(empty body)"}
              </button>
              {traceLinks && <TraceLink log={log} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
