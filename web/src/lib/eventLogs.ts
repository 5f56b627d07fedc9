/** Owns span events told as log records, so that both stand in one list on one clock. */
import type { Log, Span, SpanEvent } from "../api/types";
import { valueText } from "./attributes";

const text = (event: SpanEvent, key: string): string => valueText(event.attributes[key]);

/** What an event says in one line: an exception its type and message, any other its name and attributes. */
function bodyOf(event: SpanEvent): string {
  if (event.name === "exception") return [text(event, "exception.type"), text(event, "exception.message")].filter((part) => part !== "").join(": ") || event.name;
  const facts = Object.entries(event.attributes).map(([key, value]) => `${key}=${valueText(value)}`);
  return [event.name, ...facts].join(" ");
}

function logOf(span: Span, event: SpanEvent, at: number): Log {
  return {
    id: `event/${span.span_id}/${span.kind}/${at}`, timestamp: event.time, observed_time: null, severity: event.name === "exception" ? "ERROR" : "UNSPECIFIED", severity_number: 0, severity_text: "",
    body: bodyOf(event), event_name: event.name, service_name: span.service_name, trace_id: span.trace_id, span_id: span.span_id, flags: 0, pattern_id: null, attributes: event.attributes, dropped_attributes_count: event.dropped_attributes_count,
    resource: span.resource, scope: span.scope, schema_url: span.schema_url, resource_schema_url: span.resource_schema_url, resource_dropped_attributes_count: span.resource_dropped_attributes_count, ai_insight: null,
  };
}

/** True of what `withEvents` made of an event. */
export const isEvent = (log: Log): boolean => log.id.startsWith("event/");

/** Log records and the events of spans, by time. */
export function withEvents(logs: Log[], spans: Span[]): Log[] {
  const events = spans.flatMap((span) => span.events.map((event, at) => logOf(span, event, at)));
  return [...logs, ...events].sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}
