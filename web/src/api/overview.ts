/** Names the shapes of the overview's answers, as shared by its routes and the live snapshots. */

/** Entry spans from `timestamp` to the next one. */
export type TrafficPoint = { timestamp: string; count: number; error_count: number };

/** `counts[i][j]` entry spans began at `timestamps[i]` and took between `bounds_us[j - 1]` and `bounds_us[j]`. */
export type LatencyHeatmap = { timestamps: string[]; bounds_us: number[]; counts: number[][] };

export type MapNodeKind = "service" | "database" | "messaging" | "external" | "user";
export type MapNode = { name: string; kind: MapNodeKind; total_calls: number; error_count: number; avg_latency_us: number | null; p95_latency_us: number | null };
export type MapEdge = { source: string; target: string; call_count: number; error_count: number; avg_latency_us: number; p95_latency_us: number };
export type ServiceMap = { start: string; end: string; nodes: MapNode[]; edges: MapEdge[] };

type Numbers = { count: number; error_count: number; error_rate: number; rate: number; avg_latency_us: number | null; p50_latency_us: number | null; p95_latency_us: number | null; p99_latency_us: number | null };
export type ServiceNumbers = Numbers & { service_name: string; span_count: number; span_error_count: number; trend: TrafficPoint[] };
export type ServicesResponse = { start: string; end: string; services: ServiceNumbers[] };
export type OperationNumbers = Numbers & { service_name: string; operation_name: string; kind: string };
export type OperationsResponse = { start: string; end: string; operations: OperationNumbers[]; total: number };
