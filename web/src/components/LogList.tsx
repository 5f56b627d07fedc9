/** Owns the dense list of log records: one line each, virtual, walked with j and k. */
import { useCallback, useEffect } from "react";
import type { Log } from "../api/types";
import { formatClock } from "../lib/moment";
import classes from "./LogList.module.css";
import { lettersIn, LogRow, logRowHeight, rowPlace } from "./LogRow";
import { useFollow } from "./useFollow";
import { useNow } from "./useNow";
import { useRowCursor } from "./useRowCursor";
import { useRows } from "./useRows";

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

const noColumns: string[] = [];
/** The next records are asked for while so many are still below the screen. */
const ahead = 150;

export function LogList({ logs, selected, onSelect, onEnd, more = false, stale = false, traceLinks = true, formatTime, columns = noColumns, walked = true, anchor }: Props) {
  const now = useNow(60_000);
  const { scroller, first, end, height, width, scrollTo } = useRows({ count: logs.length, rowHeight: logRowHeight });
  useEffect(() => {
    if (more && end >= logs.length - ahead) onEnd?.();
  }, [end, more, onEnd, logs.length]);
  const choose = (index: number) => {
    const log = logs[index];
    if (log !== undefined) onSelect(log);
  };
  const [cursor, setCursor] = useRowCursor({
    count: walked ? logs.length : 0,
    onMove: (index) => {
      scrollTo(index);
      if (selected !== null) choose(index);
    },
    onOpen: choose,
  });
  const open = useCallback(
    (log: Log, index: number) => {
      setCursor(index);
      onSelect(log);
    },
    [setCursor, onSelect],
  );
  const follow = useFollow();
  const middle = anchor === undefined ? -1 : logs.findIndex((log) => log.id === anchor);
  useEffect(() => {
    if (middle >= 0) scrollTo(middle, "center");
  }, [middle, scrollTo]);
  const timeOf = (log: Log) => (formatTime === undefined ? formatClock(log.timestamp, now) : formatTime(log.timestamp));
  const place = rowPlace([logs[0], logs.at(-1)].flatMap((log) => (log === undefined ? [] : timeOf(log))));
  return (
    <div ref={scroller} className={classes.body} data-stale={stale || undefined} data-links={traceLinks || undefined} style={place}>
      <ul className={classes.rows} style={{ height }} aria-label="Log records">
        {logs.slice(first, end).map((log, at) => {
          const index = first + at;
          return <LogRow key={log.id} log={log} index={index} time={timeOf(log)} selected={log.id === selected} cursor={index === cursor} traceLinks={traceLinks} letters={lettersIn(width)} columns={columns} onOpen={open} onFollow={follow} />;
        })}
      </ul>
    </div>
  );
}
