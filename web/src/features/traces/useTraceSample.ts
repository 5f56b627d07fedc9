/** Owns which traces the chart shows when there are too many: the newest, the slowest and those with errors, each once. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Params } from "../../api/client";
import { traceSampleQuery } from "../../api/queries";
import type { TraceSummary } from "../../api/types";

const newest = 500;
const outliers = 200;

export type Sample = { traces: TraceSummary[]; refetch: () => void };

/** Up to 900 traces that match, out of all pages. */
export function useTraceSample(conditions: Params): Sample {
  const recent = useQuery(traceSampleQuery({ ...conditions, limit: newest }));
  const many = recent.data?.next_cursor !== null && recent.data !== undefined;
  const slow = useQuery({ ...traceSampleQuery({ ...conditions, limit: outliers, sort_by: "duration" }), enabled: many });
  const failed = useQuery({ ...traceSampleQuery({ ...conditions, limit: outliers, sort_by: "error_count" }), enabled: many });
  const traces = useMemo(() => {
    const all = [recent.data, ...(many ? [slow.data, failed.data] : [])].flatMap((page) => page?.traces ?? []);
    return [...new Map(all.map((trace) => [trace.trace_id, trace])).values()];
  }, [recent.data, slow.data, failed.data, many]);
  const refetch = () => {
    void recent.refetch();
    if (many) void Promise.all([slow.refetch(), failed.refetch()]);
  };
  return { traces, refetch };
}
