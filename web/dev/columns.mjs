/** Writes spans as the server does with `view=columns`: for the server of fixtures, and for tests. */

/** Nanoseconds since 1970; the API's times have nine fractional digits. */
const nanos = (text) => BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1_000_000n + BigInt(text.slice(20, -1).padEnd(9, "0"));

const numbered = (names) => {
  const different = [...new Set(names)];
  const places = new Map(different.map((name, at) => [name, at]));
  return [names.map((name) => places.get(name)), different];
};

const kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const statuses = ["UNSET", "OK", "ERROR"];

export function columnsOf(unordered) {
  const spans = unordered.toSorted((a, b) => Number(nanos(a.start_time) - nanos(b.start_time)) || b.duration_us - a.duration_us);
  const places = new Map(spans.map((span, at) => [span.span_id, at]).reverse());
  const missing = [...new Set(spans.map((span) => span.parent_span_id).filter((id) => id !== null && !places.has(id)))];
  for (const [at, id] of missing.entries()) places.set(id, spans.length + at);
  const [services, serviceNames] = numbered(spans.map((span) => span.service_name));
  const [operations, operationNames] = numbered(spans.map((span) => span.operation_name));
  return {
    span_ids: spans.map((span) => span.span_id).join(""),
    parents: spans.map((span) => (span.parent_span_id === null ? -1 : places.get(span.parent_span_id))),
    missing_ids: missing.join(""),
    services, service_names: serviceNames, operations, operation_names: operationNames,
    kinds: spans.map((span) => kinds.indexOf(span.kind)),
    statuses: spans.map((span) => statuses.indexOf(span.status)),
    starts_ns: spans.map((span) => Number(nanos(span.start_time) - nanos(spans[0].start_time))),
    durations_ns: spans.map((span) => Math.round(span.duration_us * 1000)),
  };
}
