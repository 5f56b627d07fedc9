/** Owns what the worker does for a trace: its columns read, its tree built, its critical path found. */
import { type CriticalPath, criticalPathOf } from "../lib/criticalPath";
import { toMicros } from "../lib/moment";
import { buildTree, type SpanTree } from "../lib/spanTree";
import type { TraceColumns, TraceSummary } from "./types";

export type TraceOutline = { trace: TraceSummary; logsTotal: number; tree: SpanTree; path: CriticalPath };

/** The bytes of an answer with `view=columns` -> what the page of the trace stands on. */
export function readOutline(bytes: ArrayBuffer): TraceOutline {
  const { trace, columns, logs_total: logsTotal } = JSON.parse(new TextDecoder().decode(bytes)) as TraceColumns;
  const tree = buildTree(columns, toMicros(trace.start_time));
  return { trace, logsTotal, tree, path: criticalPathOf(tree) };
}

/** The memory behind an outline, which a message hands over without a copy. */
export const buffersOf = ({ tree, path }: TraceOutline): ArrayBufferLike[] => [...Object.values(tree), ...Object.values(path)].filter((value) => ArrayBuffer.isView(value)).map((view) => view.buffer);
