/** Names the shapes of the API for the rest of the front end; they come from the server's OpenAPI document. */
export type {
  Dashboard,
  DeadLetter,
  DeadLettersResponse,
  Health,
  Log,
  LogsResponse,
  Receipt,
  ReceiptsResponse,
  Severity,
  Span,
  SpanEvent,
  SpanLink,
  Status,
  TraceResponse,
  TraceSummary,
  TracesResponse,
} from "./schema";
