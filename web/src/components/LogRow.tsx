/** Owns how one log record is drawn as a line of a list: few elements, for a list scrolls as fast as its lines are drawn. */
import { type CSSProperties, memo, type MouseEvent } from "react";
import type { Log } from "../api/types";
import { oneLine } from "../lib/attributes";
import { serviceColor } from "../lib/colors";
import { formatExact } from "../lib/moment";
import classes from "./LogList.module.css";

/** Pixels from one line to the next. */
export const logRowHeight = 23;
const characterPx = 7.22;
/** Pixels that are never the message's, in the narrowest of lists either. */
const takenPx = 100;

/** So many characters of a message are drawn in a list so wide; laying out what is clipped anyway is the most of a line's cost. */
export const lettersIn = (width: number): number => Math.max(24, Math.ceil((width - takenPx) / characterPx));

type Props = {
  log: Log;
  /** The place in the list, from 0. */
  index: number;
  /** The text of the time column. */
  time: string;
  selected: boolean;
  cursor: boolean;
  traceLinks: boolean;
  /** How many characters of the message there is room for. */
  letters: number;
  /** Keys of attributes that have a column of their own. */
  columns: string[];
  onOpen: (log: Log, index: number) => void;
  onFollow: (event: MouseEvent<HTMLAnchorElement>) => void;
};

/** How wide the first column of a list and its heads is: as the longest of these times. */
export const rowPlace = (times: string[]): CSSProperties =>
  ({ "--log-time": `${Math.max(86, ...times.map((time) => time.length * characterPx))}px` }) as CSSProperties;

const traceAddress = (traceId: string, spanId: string | null) => `/traces/${encodeURIComponent(traceId)}${spanId === null ? "" : `?span=${encodeURIComponent(spanId)}`}`;

const valueLetters = 512;

function Value({ log, name }: { log: Log; name: string }) {
  const text = oneLine(log.attributes[name] ?? log.resource[name], valueLetters);
  return (
    <span className={classes.value} data-none={text === "" || undefined} title={text}>
      {text === "" ? "–" : text}
    </span>
  );
}

export const LogRow = memo(function LogRow({ log, index, time, selected, cursor, traceLinks, letters, columns, onOpen, onFollow }: Props) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- the button within is what the keyboard reaches
    <li onClick={() => onOpen(log, index)} className={classes.row} data-severity={log.severity} data-selected={selected || undefined} data-cursor={cursor || undefined} style={{ transform: `translateY(${index * logRowHeight}px)` }}>
      <span className={classes.time} title={formatExact(log.timestamp)}>
        {time}
      </span>
      <span className={classes.severity}>{log.severity === "UNSPECIFIED" ? "–" : log.severity}</span>
      <span className={classes.service} title={log.service_name} style={{ "--dot": serviceColor(log.service_name) } as CSSProperties}>
        {log.service_name}
      </span>
      {columns.map((key) => (
        <Value key={key} log={log} name={key} />
      ))}
      <button type="button" className={classes.text}>
        {oneLine(log.body, letters) || log.event_name || "(empty body)"}
      </button>
      {traceLinks && log.trace_id !== null && <a href={traceAddress(log.trace_id, log.span_id)} className={classes.trace} aria-label="Open the trace" title="Open the trace" onClick={onFollow} />}
    </li>
  );
});
