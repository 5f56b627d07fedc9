/** Owns the details of spans: of a small trace all at once, of a large one those of the rows on screen. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { spansQuery, traceLogsQuery, traceQuery } from "../../api/queries";
import type { TraceOutline } from "../../api/readOutline";
import type { Log, Span } from "../../api/types";
import { idOf, isGroup, isSpan, nodeAt, type SpanTree } from "../../lib/spanTree";

/** Traces of up to so many spans are loaded whole. */
export const wholeUpTo = 1_000;
const atOnce = 100;

export type Details = {
  /** What is known of the span of a node, or of the first member of a group. */
  spanOf: (at: number) => Span | undefined;
  logsOf: (at: number) => Log[];
  logs: Log[];
  spans: Span[];
  /** Whether `spans` and `logs` are all there are. */
  whole: boolean;
};

const noLogs: Log[] = [];
const noSpans: Span[] = [];
const keyOf = (id: string, kind: string) => `${id} ${kind}`;

function logsBySpan(logs: Log[]): Map<string, Log[]> {
  const found = new Map<string, Log[]>();
  for (const log of logs) {
    if (log.span_id === null) continue;
    const known = found.get(log.span_id);
    if (known === undefined) found.set(log.span_id, [log]);
    else known.push(log);
  }
  return found;
}

/** Ids of the spans behind rows. */
function idsOf(tree: SpanTree, rows: number[]): string[] {
  const ids = rows.flatMap((at) => (isSpan(tree, at) || isGroup(tree, at) ? [idOf(tree, at)] : []));
  return [...new Set(ids)].sort().slice(0, atOnce);
}

export function useDetails({ trace, tree }: TraceOutline, rows: number[]): Details {
  const whole = tree.spanCount <= wholeUpTo;
  const all = useQuery({ ...traceQuery(trace.trace_id), enabled: whole });
  const ids = useMemo(() => (whole ? [] : idsOf(tree, rows)), [whole, tree, rows]);
  const some = useQuery({ ...spansQuery(trace.trace_id, ids), enabled: ids.length > 0, placeholderData: keepPreviousData });
  const records = useQuery({ ...traceLogsQuery(trace.trace_id), enabled: !whole });
  const spans = (whole ? all.data?.spans : some.data?.spans) ?? noSpans;
  const logs = useMemo(() => (whole ? all.data?.logs : records.data?.logs.toReversed()) ?? noLogs, [whole, all.data, records.data]);
  return useMemo(() => {
    const known = new Map(spans.map((span) => [keyOf(span.span_id, span.kind), span]));
    const bySpan = logsBySpan(logs);
    const spanOf = (at: number) => {
      const node = nodeAt(tree, at);
      return known.get(keyOf(node.id, node.kind));
    };
    return { spanOf, logsOf: (at) => (isSpan(tree, at) ? (bySpan.get(idOf(tree, at)) ?? noLogs) : noLogs), logs, spans, whole };
  }, [tree, spans, logs, whole]);
}

/** One span, whole, for the panel about it; undefined until it is here. */
export function useSpan({ trace, tree }: TraceOutline, details: Details, at: number): { span: Span | undefined; error: Error | null; retry: () => void } {
  const known = details.spanOf(at);
  const node = nodeAt(tree, at);
  const query = useQuery({ ...spansQuery(trace.trace_id, [node.id]), enabled: known === undefined && !details.whole });
  const found = known ?? query.data?.spans.find((span) => span.kind === node.kind) ?? query.data?.spans[0];
  return { span: found, error: query.error, retry: () => void query.refetch() };
}
