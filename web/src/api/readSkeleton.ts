/** Owns what the worker does for a trace: its skeleton asked for, its tree built, its critical path found. */
import { type CriticalPath, criticalPathOf } from "../lib/criticalPath";
import { buildTree, type SpanTree } from "../lib/spanTree";
import { get } from "./client";
import type { TraceSkeleton, TraceSummary } from "./types";

export type TraceOutline = { trace: TraceSummary; logsTotal: number; tree: SpanTree; path: CriticalPath };

/** Raises ApiError as `get` does. */
export async function readSkeleton(traceId: string): Promise<TraceOutline> {
  const { trace, spans, logs_total: logsTotal } = await get<TraceSkeleton>(`/api/traces/${encodeURIComponent(traceId)}`, { view: "skeleton" });
  const tree = buildTree(spans);
  return { trace, logsTotal, tree, path: criticalPathOf(tree) };
}

/** The memory behind an outline, which a message hands over without a copy. */
export const buffersOf = ({ tree, path }: TraceOutline): ArrayBufferLike[] => [...Object.values(tree), ...Object.values(path)].filter((value) => ArrayBuffer.isView(value)).map((view) => view.buffer);
