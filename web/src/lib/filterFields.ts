/** Owns the fields of the filter language, for completion; a test holds the list to docs/query.md. */

export type Signal = "traces" | "logs";
/** A field: its name, what it takes, and what it is, in a few words. */
export type Field = { name: string; takes: string; says: string };

const both: Field[] = [
  { name: "service", takes: "text", says: "name of the service" },
  { name: "trace_id", takes: "id", says: "32 hexadecimal digits" },
  { name: "span_id", takes: "id", says: "16 hexadecimal digits" },
  { name: "scope", takes: "text", says: "instrumentation scope" },
  { name: "scope.version", takes: "text", says: "version of the scope" },
];

const spans: Field[] = [
  { name: "name", takes: "text", says: "name of the operation" },
  { name: "status", takes: "one of", says: "unset, ok or error" },
  { name: "duration", takes: "duration", says: "for instance >500ms" },
  { name: "kind", takes: "one of", says: "server, client, internal, …" },
  { name: "status_message", takes: "text", says: "why it failed" },
  { name: "start", takes: "time", says: "when it began" },
  { name: "end", takes: "time", says: "when it ended" },
  { name: "parent_span_id", takes: "id", says: "of the calling span" },
  { name: "trace_state", takes: "text", says: "W3C trace state" },
];

const logs: Field[] = [
  { name: "severity", takes: "severity", says: "for instance >=WARN" },
  { name: "body", takes: "words", says: "words of the message" },
  { name: "event_name", takes: "text", says: "name of the event" },
  { name: "severity_text", takes: "text", says: "severity as it was sent" },
  { name: "severity_number", takes: "number", says: "1 to 24" },
  { name: "time", takes: "time", says: "when it happened" },
  { name: "observed", takes: "time", says: "when it was collected" },
];

const [service, ...rest] = both as [Field, ...Field[]];
export const fieldsOf: Record<Signal, Field[]> = { traces: [service, ...spans, ...rest], logs: [service, ...logs, ...rest] };

/** Values worth offering for fields whose values are not counted. */
export const usualValues: Record<string, string[]> = {
  duration: [">100ms", ">500ms", ">1s", ">5s"],
  severity: [">=WARN", ">=ERROR"],
};
