/** Generated from openapi.json by `npm run types`; do not edit. */

export type Attributes = Record<string, unknown>;

export type Dashboard = {
  /** RFC 3339, UTC, nine fractional digits. */
  start: string;
  /** RFC 3339, UTC, nine fractional digits. */
  end: string;
  total_traces: number;
  total_spans: number;
  total_logs: number;
  total_errors: number;
  error_rate: number;
  avg_latency_us: number;
  p50_latency_us: number;
  p95_latency_us: number;
  p99_latency_us: number;
  active_services: number;
  top_failing_services: FailingService[];
};

export type Error = {
  error: {
    code: string;
    message: string;
    field?: string | null;
  };
};

export type FailingService = {
  service_name: string;
  error_count: number;
  total_count: number;
  error_rate: number;
};

export type Health = {
  status: string;
  ingestion_rate: number;
  ingested_total: number;
  dlq_size: number;
  dlq_bytes: number;
  active_connections: number;
  db_latency_p99_ms: number;
  writer_status: "OK" | "DELAYED" | "CIRCUIT_OPEN";
  queue_depth: number;
  disk: Attributes;
  receivers?: ReceiverPorts;
};

export type Log = {
  id: string;
  /** RFC 3339, UTC, nine fractional digits. */
  timestamp: string;
  observed_time: string | null;
  severity: Severity;
  severity_number: number;
  severity_text: string;
  body: unknown;
  event_name: string;
  service_name: string;
  trace_id: string | null;
  span_id: string | null;
  flags: number;
  attributes: Attributes;
  dropped_attributes_count: number;
  resource: Attributes;
  scope: Scope;
  ai_insight: string | null;
};

export type LogsResponse = {
  logs: Log[];
  total: number;
  limit: number;
  offset: number;
  next_cursor: string | null;
  total_is_estimate?: boolean;
};

export type ReceiverPorts = {
  grpc_port: number;
  otlp_http_port: number;
};

export type Scope = {
  name: string;
  version: string;
  attributes: Attributes;
};

export type Severity = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL" | "UNSPECIFIED";

export type Span = {
  trace_id: string;
  span_id: string;
  parent_span_id: string | null;
  service_name: string;
  operation_name: string;
  kind: SpanKind;
  /** RFC 3339, UTC, nine fractional digits. */
  start_time: string;
  /** RFC 3339, UTC, nine fractional digits. */
  end_time: string;
  duration_us: number;
  status: Status;
  status_message: string;
  trace_state: string;
  flags: number;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
  dropped_attributes_count: number;
  dropped_events_count: number;
  dropped_links_count: number;
  resource: Attributes;
  scope: Scope;
  schema_url: string;
};

export type SpanEvent = {
  name: string;
  /** RFC 3339, UTC, nine fractional digits. */
  time: string;
  attributes: Attributes;
  dropped_attributes_count: number;
};

export type SpanKind = "SERVER" | "CLIENT" | "INTERNAL" | "PRODUCER" | "CONSUMER" | "UNSPECIFIED";

export type SpanLink = {
  trace_id: string;
  span_id: string;
  trace_state: string;
  attributes: Attributes;
};

export type Status = "OK" | "ERROR" | "UNSET";

export type TraceResponse = {
  trace: TraceSummary;
  spans: Span[];
  logs: Log[];
  logs_total: number;
};

export type TraceSummary = {
  trace_id: string;
  root_service: string;
  root_operation: string;
  root_missing: boolean;
  services: string[];
  /** RFC 3339, UTC, nine fractional digits. */
  start_time: string;
  /** Microseconds, may have a fraction. */
  duration_us: number;
  span_count: number;
  error_count: number;
  status: Status;
};

export type TracesResponse = {
  traces: TraceSummary[];
  total: number;
  limit: number;
  offset: number;
  next_cursor: string | null;
  total_is_estimate?: boolean;
};
