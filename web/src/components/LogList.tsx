/** Owns the dense list of log records: one line each, virtual, walked with j and k. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useEffect, useRef } from "react";
import type { Log } from "../api/types";
import { formatClock } from "../lib/moment";
import classes from "./LogList.module.css";
import { LogRow } from "./LogRow";
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
  /** Keys of attributes that have a column of their own. */
  columns?: string[];
  /** Whether j and k walk this list; one list of a page is walked. */
  walked?: boolean;
  /** The id of the record that the list opens at. */
  anchor?: string;
};

export function LogList({ logs, selected, onSelect, onEnd, more = false, stale = false, traceLinks = true, formatTime, columns = [], walked = true, anchor }: Props) {
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
  const [cursor, setCursor] = useRowCursor({
    count: walked ? logs.length : 0,
    onMove: (index) => {
      virtual.scrollToIndex(index);
      if (selected !== null) choose(index);
    },
    onOpen: choose,
  });
  const middle = anchor === undefined ? -1 : logs.findIndex((log) => log.id === anchor);
  useEffect(() => {
    if (middle >= 0) virtual.scrollToIndex(middle, { align: "center" });
  }, [middle, virtual]);
  const place = { "--log-columns": columns.map(() => "minmax(90px, 170px)").join(" ") } as CSSProperties;
  return (
    <div ref={scroller} className={classes.body} data-stale={stale || undefined} style={place}>
      <ul className={classes.rows} style={{ height: virtual.getTotalSize() }} aria-label="Log records">
        {items.map(({ index, start }) => {
          const log = logs[index];
          if (log === undefined) return null;
          const time = formatTime === undefined ? formatClock(log.timestamp, now) : formatTime(log.timestamp);
          const open = () => {
            setCursor(index);
            onSelect(log);
          };
          return <LogRow key={log.id} log={log} time={time} top={start} selected={log.id === selected} cursor={index === cursor} traceLinks={traceLinks} columns={columns} onOpen={open} />;
        })}
      </ul>
    </div>
  );
}
