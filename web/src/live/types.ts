/** Names what the WebSockets say; what they share with REST comes from the server's OpenAPI document. */
import type { Dashboard, Health, Log, ServiceMap, TraceSummary, TrafficPoint } from "../api/schema";

/** What /ws/events shows of the last 15 minutes, of one service or (null) of all. */
export type EventSnapshot = { service: string | null; generated_at: string; dashboard: Dashboard; traffic: TrafficPoint[]; traces: TraceSummary[]; service_map: ServiceMap };

/** What /ws says beside arrays of log records, once it was asked for notices. */
export type Notice =
  | { notice: "watching"; filter: string | null; since: string }
  | { notice: "gap"; reason: string; missed: number | null; since: string }
  | { notice: "error"; code: string; message: string; field: string | null }
  | { notice: "insight"; pattern_id: string; service_name: string; service_version: string; log_id: string; insight: string }
  | { notice: "heartbeat" };

export type { Health, Log };
