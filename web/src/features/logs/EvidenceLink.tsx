/** Owns how a piece of evidence is named, and the way to where it can be seen. */
import { Link } from "@tanstack/react-router";
import { ListTree, ScrollText, Shapes, SquareChartGantt } from "lucide-react";
import type { Log } from "../../api/types";
import type { Evidence } from "../../lib/insight";
import { between, rangeParams } from "../../lib/timeRange";
import classes from "./LogInsight.module.css";

const icons = { log: ScrollText, span: SquareChartGantt, pattern: Shapes, trace: ListTree };
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The time around a moment as the address carries it; nothing where the moment is not known. */
function around(at: string | null | undefined, beforeMs: number, afterMs: number) {
  if (at === null || at === undefined) return {};
  const moment = Date.parse(at);
  return rangeParams(between(moment - beforeMs, moment + afterMs));
}

/** The explorer's address of a pattern or log record; null for a record whose time is not known. */
function inLogs(one: Evidence & { id: string }, log: Log) {
  if (one.kind === "pattern") return { filter: `pattern:${one.id}`, ...around(one.at, dayMs, 0) };
  if (one.id === log.id) return (before: object) => ({ ...before, view: undefined });
  return one.at ? { ...around(one.at, minuteMs, minuteMs), log: one.id, at: one.at } : null;
}

export function EvidenceLink({ one, log }: { one: Evidence; log: Log }) {
  const { kind, id } = one;
  if (kind === null || id === null) return <code className={classes.piece}>{one.name}</code>;
  const Icon = icons[kind];
  const what = `${kind} ${id}`;
  const text = (
    <code className={classes.piece}>
      <Icon size={12} aria-hidden="true" /> {id === log.id ? "this record" : `${kind} ${one.name}`}
    </code>
  );
  if (kind === "log" || kind === "pattern") {
    const search = inLogs({ ...one, id }, log);
    return search === null ? <span title={what}>{text}</span> : <Link to="/logs" search={search as never} title={what}>{text}</Link>;
  }
  // what was said before evidence told its trace was of the trace of the record
  const traceId = kind === "trace" ? id : (one.trace_id ?? log.trace_id);
  if (traceId === null) return <span title={what}>{text}</span>;
  return (
    <Link to="/traces/$traceId" params={{ traceId }} search={(kind === "span" ? { span: id } : {}) as never} title={what}>
      {text}
    </Link>
  );
}
