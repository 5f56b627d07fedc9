/** Generated from openapi.json by `npm run types`; do not edit. */

export type Ai = {
  enabled: boolean;
  model: string | null;
  state: "budget_spent" | "disabled" | "failing" | "ok";
  queue_depth: number;
  tokens_per_hour: number;
  tokens_used: number;
  tokens_left: number;
  problem: string | null;
};

export type Attributes = Record<string, unknown>;

export type ContextResponse = {
  logs: Log[];
};

export type Dashboard = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  total_traces: number;
  total_spans: number;
  total_logs: number;
  total_errors: number;
  error_rate: number;
  avg_latency_us: number | null;
  p50_latency_us: number | null;
  p95_latency_us: number | null;
  p99_latency_us: number | null;
  active_services: number;
  top_failing_services: FailingService[];
};

export type DeadLetter = {
  id: string;
  tenant: string;
  signal: "logs" | "metrics" | "traces";
  records: number;
  bytes: number;
  /** RFC 3339 in UTC, nine fractional digits. */
  received_at: string;
  reason: string;
  attempts: number;
};

export type DeadLettersResponse = {
  files: DeadLetter[];
  next_cursor: string | null;
};

export type Disk = {
  path: string;
  bytes: number;
  free_bytes: number | null;
  full_in_days: number | null;
};

export type Done = {
  status: "deleted" | "replayed";
};

export type ErrorResponse = {
  error: Problem;
};

export type ExplainResponse = {
  explanations: Explanation[];
  selected: number;
  rest: number;
  counted: number;
  total: number;
  total_is_estimate: boolean;
};

export type Explanation = {
  key: string;
  value: string | number | boolean;
  term: string;
  selected_count: number;
  rest_count: number;
  support: number;
  rest_share: number;
  lift: number;
};

export type Facet = {
  field: string;
  values: Value[];
  other: number;
  missing: number;
};

export type FacetsResponse = {
  facets: Facet[];
  counted: number;
  total: number;
  total_is_estimate: boolean;
};

export type FailingService = {
  service_name: string;
  error_count: number;
  total_count: number;
  error_rate: number;
};

export type Health = {
  status: string;
  version: string;
  ingestion_rate: number;
  ingested_total: number;
  dlq_size: number;
  dlq_bytes: number;
  active_connections: number;
  db_latency_p99_ms: number;
  writer_status: "CIRCUIT_OPEN" | "DELAYED" | "OK";
  queue_depth: number;
  disk: Disk;
  retention: Kept;
  receivers: ReceiverPorts;
  ai: Ai;
};

export type HistogramResponse = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  width_ms: number;
  timestamps: string[];
  series: Series[];
  counted: number;
  total: number;
  total_is_estimate: boolean;
};

export type InsightClaim = {
  text: string;
  evidence: InsightEvidence[];
  verified: boolean;
};

export type InsightDetails = {
  structured: boolean;
  summary: string;
  causes: InsightClaim[];
  checks: string[];
  confidence: string | null;
  unverified_ids: string[];
  summary_verified?: boolean;
  unverified_checks?: number[];
};

export type InsightEvidence = {
  name: string;
  kind: string | null;
  id: string | null;
  trace_id?: string | null;
  at?: string | null;
};

export type InsightResponse = {
  insight: string | null;
  status: "disabled" | "none" | "pending" | "ready";
  details: InsightDetails | null;
  model: string | null;
  created_at: string | null;
};

export type Kept = {
  traces_days: number;
  logs_days: number;
  rollups_days: number;
  bytes: number;
};

export type Key = {
  key: string;
  count: number;
  term: string;
};

export type KeysResponse = {
  keys: Key[];
  counted: number;
  total: number;
  total_is_estimate: boolean;
};

export type LatencyHeatmap = {
  timestamps: string[];
  bounds_us: number[];
  counts: number[][];
};

export type LatencyPoint = {
  /** RFC 3339 in UTC, nine fractional digits. */
  timestamp: string;
  duration: number;
};

export type Log = {
  id: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  timestamp: string;
  observed_time: string | null;
  severity: Severity;
  severity_number: number;
  severity_text: string;
  /** Any JSON value; with `attributes=typed` an OTLP AnyValue. */
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
  pattern_id: string | null;
  schema_url: string;
  resource_schema_url: string;
  resource_dropped_attributes_count: number;
  ai_insight: string | null;
};

export type LogsResponse = {
  logs: Log[];
  total: number;
  total_is_estimate: boolean;
  limit: number;
  offset: number;
  next_cursor: string | null;
};

export type MapEdge = {
  source: string;
  target: string;
  call_count: number;
  error_count: number;
  avg_latency_us: number;
  p95_latency_us: number;
};

export type MapNode = {
  name: string;
  kind: "database" | "external" | "messaging" | "service" | "user";
  total_calls: number;
  error_count: number;
  avg_latency_us: number | null;
  p95_latency_us: number | null;
};

export type OperationNumbers = {
  service_name: string;
  operation_name: string;
  kind: SpanKind;
  count: number;
  error_count: number;
  error_rate: number;
  rate: number;
  avg_latency_us: number | null;
  p50_latency_us: number | null;
  p95_latency_us: number | null;
  p99_latency_us: number | null;
};

export type OperationsResponse = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  operations: OperationNumbers[];
  total: number;
};

export type Pattern = {
  /** 16 hex digits. */
  id: string;
  template: string;
  count: number;
  trend: number[];
  services: ServiceCount[];
  severities: SeverityCount[];
  /** RFC 3339 in UTC, nine fractional digits. */
  first_seen: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  last_seen: string;
  term: string;
};

export type PatternsResponse = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  width_s: number;
  timestamps: string[];
  patterns: Pattern[];
  total: number;
  total_logs: number;
  limit: number;
  offset: number;
};

export type PinResponse = {
  pinned: boolean;
};

export type Probe = {
  status: string;
};

export type Problem = {
  /** A fixed word, such as invalid_argument. */
  code: string;
  /** One line for a person. */
  message: string;
  /** The parameter or header at fault. */
  field: string | null;
};

export type PromptMessage = {
  role: "system" | "user";
  content: string;
};

export type PromptPreview = {
  model: string | null;
  endpoint: string | null;
  messages: PromptMessage[];
  most_tokens: number;
};

export type PurgeResponse = {
  purged_traces: number;
  purged_spans: number;
  purged_logs: number;
  freed_bytes: number;
};

export type Receipt = {
  service_name: string;
  instance: string;
  peer: string;
  transport: "grpc" | "http";
  /** RFC 3339 in UTC, nine fractional digits. */
  last_seen: string;
  accepted: number;
  rejected: Record<string, number>;
  filtered: number;
  duplicate: number;
  queued: number;
  committed: number;
  lag_ms: number;
  clock_offset_ms: number;
};

export type ReceiptsResponse = {
  receipts: Receipt[];
};

export type ReceiverPorts = {
  grpc_port: number;
  otlp_http_port: number;
  http_port: number;
};

export type Scope = {
  name: string;
  version: string;
  attributes: Attributes;
  dropped_attributes_count: number;
};

export type Series = {
  value: string | number | boolean | null;
  other: boolean;
  counts: number[];
};

export type ServiceCount = {
  service_name: string;
  count: number;
};

export type ServiceMap = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  nodes: MapNode[];
  edges: MapEdge[];
};

export type ServiceNumbers = {
  service_name: string;
  span_count: number;
  span_error_count: number;
  count: number;
  error_count: number;
  error_rate: number;
  rate: number;
  avg_latency_us: number | null;
  p50_latency_us: number | null;
  p95_latency_us: number | null;
  p99_latency_us: number | null;
  trend: TrafficPoint[];
};

export type ServicesResponse = {
  /** RFC 3339 in UTC, nine fractional digits. */
  start: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end: string;
  services: ServiceNumbers[];
};

export type Severity = "DEBUG" | "ERROR" | "FATAL" | "INFO" | "TRACE" | "UNSPECIFIED" | "WARN";

export type SeverityCount = {
  severity: Severity;
  count: number;
};

export type Span = {
  /** 32 hex digits. */
  trace_id: string;
  /** 16 hex digits. */
  span_id: string;
  parent_span_id: string | null;
  service_name: string;
  operation_name: string;
  kind: SpanKind;
  /** RFC 3339 in UTC, nine fractional digits. */
  start_time: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end_time: string;
  duration_us: number;
  status: Status;
  status_message: string;
  trace_state: string;
  flags: number;
  attributes: Attributes;
  dropped_attributes_count: number;
  events: SpanEvent[];
  dropped_events_count: number;
  links: SpanLink[];
  dropped_links_count: number;
  resource: Attributes;
  scope: Scope;
  schema_url: string;
  resource_schema_url: string;
  resource_dropped_attributes_count: number;
};

export type SpanColumns = {
  /** 16 hex digits for each id, without separators. */
  span_ids: string;
  /** The place of the parent. -1: has none. The number of spans and more: places in `missing_ids`, counted from there. */
  parents: number[];
  /** 16 hex digits for each id, without separators. */
  missing_ids: string;
  /** Places in `service_names`. */
  services: number[];
  service_names: string[];
  /** Places in `operation_names`. */
  operations: number[];
  operation_names: string[];
  /** OTLP's numbers, 0 to 5. */
  kinds: number[];
  /** OTLP's numbers, 0 to 2. */
  statuses: number[];
  /** Nanoseconds after the start of the trace. */
  starts_ns: number[];
  durations_ns: number[];
};

export type SpanEvent = {
  name: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  time: string;
  attributes: Attributes;
  dropped_attributes_count: number;
};

export type SpanKind = "CLIENT" | "CONSUMER" | "INTERNAL" | "PRODUCER" | "SERVER" | "UNSPECIFIED";

export type SpanLink = {
  trace_id: string;
  span_id: string;
  trace_state: string;
  flags: number;
  attributes: Attributes;
  dropped_attributes_count: number;
};

export type SpanSkeleton = {
  /** 32 hex digits. */
  trace_id: string;
  /** 16 hex digits. */
  span_id: string;
  parent_span_id: string | null;
  service_name: string;
  operation_name: string;
  kind: SpanKind;
  /** RFC 3339 in UTC, nine fractional digits. */
  start_time: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end_time: string;
  duration_us: number;
  status: Status;
};

export type SpansResponse = {
  spans: Span[];
};

export type Status = "ERROR" | "OK" | "UNSET";

export type TraceColumns = {
  trace: TraceSummary;
  columns: SpanColumns;
  logs_total: number;
};

export type TraceResponse = {
  trace: TraceSummary;
  spans: Span[];
  logs: Log[];
  logs_total: number;
};

export type TraceSkeleton = {
  trace: TraceSummary;
  spans: SpanSkeleton[];
  logs: unknown[];
  logs_total: number;
};

export type TraceSummary = {
  /** 32 hex digits. */
  trace_id: string;
  root_service: string;
  root_operation: string;
  root_missing: boolean;
  services: string[];
  /** RFC 3339 in UTC, nine fractional digits. */
  start_time: string;
  duration_us: number;
  span_count: number;
  error_count: number;
  status: Status;
};

export type TracesResponse = {
  traces: TraceSummary[];
  total: number;
  total_is_estimate: boolean;
  limit: number;
  offset: number;
  next_cursor: string | null;
};

export type TrafficPoint = {
  /** RFC 3339 in UTC, nine fractional digits. */
  timestamp: string;
  count: number;
  error_count: number;
};

export type TypedAttributes = {
  key: string;
  value: Record<string, unknown>;
}[];

export type TypedContextResponse = {
  logs: TypedLog[];
};

export type TypedLog = {
  id: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  timestamp: string;
  observed_time: string | null;
  severity: Severity;
  severity_number: number;
  severity_text: string;
  /** Any JSON value; with `attributes=typed` an OTLP AnyValue. */
  body: unknown;
  event_name: string;
  service_name: string;
  trace_id: string | null;
  span_id: string | null;
  flags: number;
  attributes: TypedAttributes;
  dropped_attributes_count: number;
  resource: TypedAttributes;
  scope: TypedScope;
  pattern_id: string | null;
  schema_url: string;
  resource_schema_url: string;
  resource_dropped_attributes_count: number;
  ai_insight: string | null;
};

export type TypedLogsResponse = {
  logs: TypedLog[];
  total: number;
  total_is_estimate: boolean;
  limit: number;
  offset: number;
  next_cursor: string | null;
};

export type TypedScope = {
  name: string;
  version: string;
  attributes: TypedAttributes;
  dropped_attributes_count: number;
};

export type TypedSpan = {
  /** 32 hex digits. */
  trace_id: string;
  /** 16 hex digits. */
  span_id: string;
  parent_span_id: string | null;
  service_name: string;
  operation_name: string;
  kind: SpanKind;
  /** RFC 3339 in UTC, nine fractional digits. */
  start_time: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  end_time: string;
  duration_us: number;
  status: Status;
  status_message: string;
  trace_state: string;
  flags: number;
  attributes: TypedAttributes;
  dropped_attributes_count: number;
  events: TypedSpanEvent[];
  dropped_events_count: number;
  links: TypedSpanLink[];
  dropped_links_count: number;
  resource: TypedAttributes;
  scope: TypedScope;
  schema_url: string;
  resource_schema_url: string;
  resource_dropped_attributes_count: number;
};

export type TypedSpanEvent = {
  name: string;
  /** RFC 3339 in UTC, nine fractional digits. */
  time: string;
  attributes: TypedAttributes;
  dropped_attributes_count: number;
};

export type TypedSpanLink = {
  trace_id: string;
  span_id: string;
  trace_state: string;
  flags: number;
  attributes: TypedAttributes;
  dropped_attributes_count: number;
};

export type TypedSpansResponse = {
  spans: TypedSpan[];
};

export type TypedTraceResponse = {
  trace: TraceSummary;
  spans: TypedSpan[];
  logs: TypedLog[];
  logs_total: number;
};

export type VacuumResponse = {
  status: "vacuumed";
};

export type Value = {
  value: string | number | boolean;
  count: number;
  term: string;
};
