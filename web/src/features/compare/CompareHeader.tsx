/** Owns the heads of the two traces: which is A, which is B, and how they compare as wholes. */
import { VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { TraceSummary } from "../../api/types";
import { ErrorMark } from "../../components/ErrorMark";
import { Service } from "../../components/Service";
import { counted } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatExact } from "../../lib/moment";
import { shortOperation } from "../../lib/operation";
import classes from "./ComparePage.module.css";

function Head({ letter, trace, longest }: { letter: "A" | "B"; trace: TraceSummary; longest: number }) {
  return (
    <div className={classes.head}>
      <b className={classes.letter} data-side={letter.toLowerCase()}>{letter}</b>
      <div className={classes.headText}>
        <div className={classes.headName}>
          {trace.error_count > 0 && <ErrorMark label="has errors" />}
          <Link to="/traces/$traceId" params={{ traceId: trace.trace_id }} className={classes.headLink}>{shortOperation(trace.root_operation)}</Link>
          <Service name={trace.root_service} />
          <code>{trace.trace_id.slice(0, 8)}</code>
        </div>
        <div className={classes.headFacts}>
          <span className={classes.headTrack}><span style={{ width: `${Math.max(1, (trace.duration_us / longest) * 100)}%` }} data-side={letter.toLowerCase()} /></span>
          <b>{formatDuration(trace.duration_us)}</b>
          <span>{counted(trace.span_count, "span")}</span>
          <span>{counted(trace.services.length, "service")}</span>
          {trace.error_count > 0 && <span className={classes.bad}>{counted(trace.error_count, "error")}</span>}
          <span className={classes.headTime}>{formatExact(trace.start_time).slice(0, 23)}</span>
        </div>
      </div>
    </div>
  );
}

export function CompareHeader({ a, b }: { a: TraceSummary; b: TraceSummary }) {
  const longest = Math.max(a.duration_us, b.duration_us, 1);
  return (
    <header className={classes.header}>
      <Link to="/traces" search={{ pick: [a.trace_id, b.trace_id] } as never} className={classes.back} aria-label="Back to the traces" title="Back to the traces">
        <ArrowLeft size={17} />
      </Link>
      <VisuallyHidden component="h1">Compare traces</VisuallyHidden>
      <Head letter="A" trace={a} longest={longest} />
      <Head letter="B" trace={b} longest={longest} />
    </header>
  );
}
