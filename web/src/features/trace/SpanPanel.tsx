/** Owns the panel about one span: fetching it where it is not here yet, and whose logs it lists. */
import { useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import type { Log } from "../../api/types";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { endOf, idOf, type SpanTree } from "../../lib/spanTree";
import { SpanDetail } from "./SpanDetail";
import classes from "./SpanDetail.module.css";
import { type Details, useSpan } from "./useDetails";

type PanelProps = { at: number; outline: TraceOutline; details: Details; onSelect: (at: number) => void };

/** Everything about one span; of a large trace it is fetched when it is asked for. */
export function SpanPanel({ at, outline, details, onSelect }: PanelProps) {
  const { tree } = outline;
  const { span, error, retry } = useSpan(outline, details, at);
  const [below, setBelow] = useState(false);
  if (span === undefined) return error === null ? <SkeletonRows height={30} count={12} /> : <ErrorPanel title="The span could not be loaded" error={error} onRetry={retry} />;
  const own = details.logsOf(at);
  const inside = below ? logsBelow(tree, at, details) : own;
  return (
    <SpanDetail at={at} span={span} tree={tree} logs={inside} onSelect={onSelect}>
      {!below && endOf(tree, at) > at + 1 && details.logs.length > own.length && (
        <button type="button" className={classes.below} onClick={() => setBelow(true)}>
          Show the logs of the spans below it too
        </button>
      )}
    </SpanDetail>
  );
}

/** The log records of a span and of all below it, in order of time. */
function logsBelow(tree: SpanTree, at: number, details: Details): Log[] {
  const ids = new Set(Array.from({ length: endOf(tree, at) - at }, (_, step) => idOf(tree, at + step)));
  return details.logs.filter((log) => log.span_id !== null && ids.has(log.span_id));
}
