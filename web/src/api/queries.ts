/** Owns every query of the front end: keys, addresses and how long an answer stays fresh. Keys live only here. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Insight, InsightPreview } from "../lib/insight";
import type { PatternsResponse } from "../lib/patterns";
import { admin, ApiError, get, type Params, post } from "./client";
import { loadOutline } from "./outline";
import type { ContextResponse, ExplainResponse, FacetsResponse, HistogramResponse, KeysResponse, LatencyHeatmap, OperationsResponse, ServiceMap, ServicesResponse, TrafficPoint } from "./types";
import type { Dashboard, DeadLettersResponse, Health, LogsResponse, PinResponse, ReceiptsResponse, SpansResponse, TraceResponse, TracesResponse } from "./types";

const pageSize = 100;

/** Looks again every few seconds while there is nothing, so that the first data shows up by itself. */
const whileEmptyMs = 5_000;
const untilSomething = (query: { state: { data: { pages: { total: number }[] } | undefined } }) => (query.state.data?.pages[0]?.total === 0 ? whileEmptyMs : false);

/** Pages of traces that match, fetched by cursor. */
export const tracesQuery = (params: Params) =>
  infiniteQueryOptions({
    queryKey: ["traces", params],
    queryFn: ({ pageParam, signal }) => get<TracesResponse>("/api/traces", { ...params, limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: untilSomething,
  });

/** Pages of log records that match, newest first. */
export const logsQuery = (params: Params) =>
  infiniteQueryOptions({
    queryKey: ["logs", params],
    queryFn: ({ pageParam, signal }) => get<LogsResponse>("/api/logs", { ...params, limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: untilSomething,
  });

export const traceQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["trace", traceId],
    queryFn: ({ signal }) => get<TraceResponse>(`/api/traces/${encodeURIComponent(traceId)}`, {}, signal),
  });

/** The outline of a trace: its tree without attributes, whatever its size. */
export const outlineQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["trace outline", traceId],
    queryFn: ({ signal }) => loadOutline(traceId, signal),
    structuralSharing: false,
    staleTime: 60_000,
    gcTime: 60_000,
  });

/** Some spans of a trace, whole. */
export const spansQuery = (traceId: string, spanIds: string[]) =>
  queryOptions({
    queryKey: ["spans", traceId, spanIds],
    queryFn: ({ signal }) => get<SpansResponse>(`/api/traces/${encodeURIComponent(traceId)}/spans`, { span_id: spanIds }, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });

/** The newest log records of a trace, or of one of its spans. */
export const traceLogsQuery = (traceId: string, spanId?: string) =>
  queryOptions({
    queryKey: ["trace logs", traceId, spanId ?? null],
    queryFn: ({ signal }) => get<LogsResponse>("/api/logs", { trace_id: traceId, span_id: spanId, limit: 1000 }, signal),
  });

export const pinQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["pin", traceId],
    queryFn: ({ signal }) => get<PinResponse>(`/api/traces/${encodeURIComponent(traceId)}/pin`, {}, signal),
  });

export const servicesQuery = (refetchInterval: number | false = false) =>
  queryOptions({
    queryKey: ["services"],
    queryFn: ({ signal }) => get<string[]>("/api/metadata/services", {}, signal),
    refetchInterval: (query) => refetchInterval || (query.state.data?.length === 0 ? whileEmptyMs : false),
  });

export const healthQuery = (refetchInterval: number) =>
  queryOptions({
    queryKey: ["health"],
    queryFn: ({ signal }) => get<Health>("/api/health", {}, signal),
    refetchInterval,
  });

export const receiptsQuery = (refetchInterval: number) =>
  queryOptions({
    queryKey: ["receipts"],
    queryFn: ({ signal }) => get<ReceiptsResponse>("/api/ingest/receipts", {}, signal),
    refetchInterval,
  });

/** Requests that wait on disk, oldest first. */
export const deadLettersQuery = () =>
  infiniteQueryOptions({
    queryKey: ["dead letters"],
    queryFn: ({ pageParam, signal }) => admin<DeadLettersResponse>("GET", "/api/admin/dlq", { limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    retry: false,
  });

/** How often the pages of numbers look again by themselves. */
export const pollMs = 30_000;

const numbers = <T>(key: string, path: string, params: Params, refetchInterval: number | false) =>
  queryOptions({
    queryKey: [key, params],
    queryFn: ({ signal }) => get<T>(path, params, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });

export const dashboardQuery = (params: Params, every: number | false = pollMs) => numbers<Dashboard>("dashboard", "/api/metrics/dashboard", params, every);
export const trafficQuery = (params: Params, every: number | false = pollMs) => numbers<TrafficPoint[]>("traffic", "/api/metrics/traffic", params, every);
export const heatmapQuery = (params: Params, every: number | false = pollMs) => numbers<LatencyHeatmap>("latency heatmap", "/api/metrics/latency_heatmap", params, every);
export const serviceMapQuery = (params: Params, every: number | false = pollMs) => numbers<ServiceMap>("service map", "/api/metrics/service-map", params, every);
export const operationsQuery = (params: Params, every: number | false = pollMs) => numbers<OperationsResponse>("operations", "/api/operations", { limit: 200, ...params }, every);
export const serviceNumbersQuery = (params: Params, every: number | false = pollMs) => numbers<ServicesResponse>("service numbers", "/api/services", params, every);
/** The newest few records or traces of a page of numbers. */
export const recentLogsQuery = (params: Params, every: number | false = pollMs) => numbers<LogsResponse>("recent logs", "/api/logs", { limit: 7, ...params }, every);

/** What sets the spans that satisfy `selection` apart from the others that satisfy `filter`. */
export const explainQuery = (question: { selection: string; filter: string; start: string; end: string; service_name: string[] }) =>
  queryOptions({
    queryKey: ["explain", question],
    queryFn: ({ signal }) => post<ExplainResponse>("/api/explain", {}, { signal: "traces", ...question }, signal),
    staleTime: 60_000,
  });

/** What the explorer counts: facets, keys and values, the histogram. */
export const facetsQuery = (signal: "traces" | "logs", params: Params) => numbers<FacetsResponse>("facets", `/api/${signal}/facets`, params, false);
export const histogramQuery = (params: Params) => numbers<HistogramResponse>("histogram", "/api/logs/histogram", params, false);
export const keysQuery = (params: Params) => numbers<KeysResponse>("attribute keys", "/api/attributes/keys", params, false);
export const valuesQuery = (params: Params, every: number | false = false) => numbers<FacetsResponse>("attribute values", "/api/attributes/values", params, every);
/** Log records around a point in time, oldest first. */
export const contextQuery = (params: Params) => numbers<ContextResponse>("log context", "/api/logs/context", params, false);

/** A sample of traces for the chart over the list: one request with its own order. */
export const traceSampleQuery = (params: Params) => numbers<TracesResponse>("trace sample", "/api/traces", params, false);

const unknownRoute = (error: unknown) => error instanceof ApiError && error.status === 404;

/** An answer, or null from a server that has no such route. */
const ifKnown = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (unknownRoute(error)) return null;
    throw error;
  });

/** What log records say, by pattern. */
export const patternsQuery = (params: Params) =>
  queryOptions({
    queryKey: ["patterns", params],
    queryFn: ({ signal }) => ifKnown(get<PatternsResponse>("/api/patterns", params, signal)),
    placeholderData: keepPreviousData,
  });

/** What the AI made of a log record. Looks again while the answer is on its way. */
export const insightQuery = (logId: string) =>
  queryOptions({
    queryKey: ["insight", logId],
    queryFn: ({ signal }) => ifKnown(get<Insight>(`/api/logs/${encodeURIComponent(logId)}/insight`, {}, signal)),
    refetchInterval: (query) => (query.state.data?.status === "pending" ? 1_500 : false),
  });

/** What would be sent to the model about a log record, after redaction. */
export const insightPreviewQuery = (logId: string) =>
  queryOptions({
    queryKey: ["insight preview", logId],
    queryFn: ({ signal }) => get<InsightPreview>(`/api/logs/${encodeURIComponent(logId)}/insight/preview`, {}, signal),
  });
