/** Builds spans, logs and traces for tests; every field has a sane value that a test may replace. */
import { columnsOf } from "../../dev/columns.mjs";
import type { Log, Span, TraceResponse, TraceSummary } from "../api/types";
import { toMicros } from "../lib/moment";
import { buildTree, idOf, type SpanTree } from "../lib/spanTree";

export const origin = Date.parse("2026-11-20T16:00:00Z") * 1000;

/** An RFC 3339 text, so many microseconds after the origin. */
export function at(us: number): string {
  const whole = new Date(Math.floor((origin + us) / 1000)).toISOString().slice(0, -1);
  return `${whole}${String(((origin + us) % 1000) * 1000).padStart(6, "0")}Z`;
}

/** The id of the span a test calls so; what is an id already stays as it is. */
export const spanId = (name: string): string => (name.length === 16 ? name : [...name].map((letter) => letter.charCodeAt(0).toString(16)).join("").padEnd(16, "0"));

/** What a test calls the span of a node, empty for none. */
export const nameOf = (tree: SpanTree, node: number): string => idOf(tree, node).replace(/(00)+$/, "").replace(/../g, (code) => String.fromCharCode(Number.parseInt(code, 16)));

type SpanPlan = Partial<Span> & { id: string; parent?: string | null; from?: number; us?: number };

export function aSpan({ id, parent = null, from = 0, us = 1000, ...more }: SpanPlan): Span {
  return {
    trace_id: "a".repeat(32), span_id: spanId(id), parent_span_id: parent === null ? null : spanId(parent), service_name: "shop", operation_name: `op ${id}`, kind: "INTERNAL",
    start_time: at(from), end_time: at(from + us), duration_us: us, status: "UNSET", status_message: "", trace_state: "", flags: 1, attributes: {}, events: [], links: [],
    dropped_attributes_count: 0, dropped_events_count: 0, dropped_links_count: 0, resource: { "service.name": "shop" }, scope: { name: "test", version: "1", attributes: {}, dropped_attributes_count: 0 }, schema_url: "", resource_schema_url: "", resource_dropped_attributes_count: 0,
    ...more,
  };
}

export function aLog(more: Partial<Log> = {}): Log {
  return {
    id: "1", timestamp: at(0), observed_time: null, severity: "INFO", severity_number: 9, severity_text: "INFO", body: "hello", event_name: "", service_name: "shop", trace_id: null, span_id: null, flags: 0, pattern_id: null,
    attributes: {}, dropped_attributes_count: 0, resource: {}, scope: { name: "", version: "", attributes: {}, dropped_attributes_count: 0 }, schema_url: "", resource_schema_url: "", resource_dropped_attributes_count: 0, ai_insight: null,
    ...more,
  };
}

export function aSummary(more: Partial<TraceSummary> = {}): TraceSummary {
  return { trace_id: "a".repeat(32), root_service: "shop", root_operation: "GET /cart", root_missing: false, services: ["shop"], start_time: at(0), duration_us: 12_300, span_count: 3, error_count: 0, status: "UNSET", ...more };
}

export function aTrace(spans: Span[], logs: Log[] = [], more: Partial<TraceSummary> = {}): TraceResponse {
  const errors = spans.filter((span) => span.status === "ERROR").length;
  return { trace: aSummary({ span_count: spans.length, error_count: errors, ...more }), spans, logs, logs_total: logs.length };
}

/** The tree of a trace of these spans. */
export const aTree = (spans: Span[]): SpanTree => buildTree(columnsOf(spans), toMicros(at(0)));
