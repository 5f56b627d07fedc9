/** Owns how the spans of a trace hang together: columns in order of start, children of each, parents that never arrived, rings cut open. */
import type { SpanKind, SpanSkeleton, Status } from "../api/types";

export const spanKinds: SpanKind[] = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
export const statuses: Status[] = ["UNSET", "OK", "ERROR"];
export const failedStatus = statuses.indexOf("ERROR");

/** Spans in order of their start (longer first), one place in each list; times in microseconds after `startUs`. */
export type SpanColumns = {
  size: number;
  ids: string[];
  parentIds: (string | null)[];
  starts: Float64Array;
  durations: Float64Array;
  services: Uint32Array;
  operations: Uint32Array;
  kinds: Uint8Array;
  statuses: Uint8Array;
  serviceNames: string[];
  operationNames: string[];
  startUs: number;
  endUs: number;
};

/** Numbers from `size` of the columns on stand for parents that never arrived. */
export type Linked = { roots: number[]; missingIds: string[]; selfTimes: Float64Array; childrenOf: (raw: number) => number[] };

/** RFC 3339 texts -> microseconds since 1970; neighbours share their second, which is parsed once. */
function microsReader(): (text: string) => number {
  let [second, base] = ["", 0];
  return (text) => {
    if (text.length !== 30) return Date.parse(text) * 1000;
    const head = text.slice(0, 19);
    if (head !== second) [second, base] = [head, Date.parse(`${head}Z`) * 1000];
    return base + Number(text.slice(20, 29)) / 1000;
  };
}

/** Gives each text a number. */
class Names {
  readonly list: string[] = [];
  private readonly numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

export function readSpans(skeletons: SpanSkeleton[]): SpanColumns {
  const size = skeletons.length;
  const micros = microsReader();
  const times = Float64Array.from(skeletons, (span) => micros(span.start_time));
  const order = Uint32Array.from({ length: size }, (_, at) => at).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || (skeletons[b]?.duration_us ?? 0) - (skeletons[a]?.duration_us ?? 0));
  const startUs = times[order[0] ?? 0] ?? 0;
  const [services, operations] = [new Names(), new Names()];
  const columns: SpanColumns = {
    size, ids: Array.from({ length: size }, () => ""), parentIds: Array.from<string | null>({ length: size }), starts: new Float64Array(size), durations: new Float64Array(size), services: new Uint32Array(size), operations: new Uint32Array(size),
    kinds: new Uint8Array(size), statuses: new Uint8Array(size), serviceNames: services.list, operationNames: operations.list, startUs, endUs: startUs,
  };
  for (const [at, from] of order.entries()) {
    const span = skeletons[from];
    if (span === undefined) continue;
    const start = times[from] ?? 0;
    columns.ids[at] = span.span_id;
    columns.parentIds[at] = span.parent_span_id || null;
    columns.starts[at] = start - startUs;
    columns.durations[at] = span.duration_us;
    columns.services[at] = services.of(span.service_name);
    columns.operations[at] = operations.of(span.operation_name);
    columns.kinds[at] = Math.max(0, spanKinds.indexOf(span.kind));
    columns.statuses[at] = Math.max(0, statuses.indexOf(span.status));
    columns.endUs = Math.max(columns.endUs, start + span.duration_us);
  }
  return columns;
}

/** Cuts each ring of parents at the span where it was met; its spans would reach no root. */
function openRings(parents: Int32Array, size: number): void {
  const settled = new Uint8Array(size);
  const trail: number[] = [];
  for (let start = 0; start < size; start += 1) {
    let at = start;
    while (at >= 0 && at < size && settled[at] === 0) {
      settled[at] = 2;
      trail.push(at);
      at = parents[at] ?? -1;
    }
    if (at >= 0 && at < size && settled[at] === 2) parents[at] = -1;
    for (const passed of trail.splice(0)) settled[passed] = 1;
  }
}

/** The time of each span in which no child of it runs. */
function selfTimesOf(spans: SpanColumns, parents: Int32Array): Float64Array {
  const { size, starts, durations } = spans;
  const alone = Float64Array.from(durations);
  const until = Float64Array.from(starts);
  for (let at = 0; at < size; at += 1) {
    const up = parents[at] ?? -1;
    if (up < 0 || up >= size) continue;
    const from = Math.max(starts[at] ?? 0, until[up] ?? 0);
    const end = Math.min((starts[at] ?? 0) + (durations[at] ?? 0), (starts[up] ?? 0) + (durations[up] ?? 0));
    if (end <= from) continue;
    alone[up] = (alone[up] ?? 0) - (end - from);
    until[up] = end;
  }
  return alone;
}

export function linkSpans(spans: SpanColumns): Linked {
  const { size } = spans;
  const byId = new Map<string, number>();
  for (let at = size - 1; at >= 0; at -= 1) byId.set(spans.ids[at] ?? "", at);
  const missing = new Names();
  const parents = new Int32Array(size).fill(-1);
  for (const [at, parentId] of spans.parentIds.entries()) {
    if (parentId !== null) parents[at] = byId.get(parentId) ?? size + missing.of(parentId);
  }
  openRings(parents, size);
  // lists of siblings by first and next, filled from the end so that they come out in order of their start
  const first = new Int32Array(size + missing.list.length).fill(-1);
  const next = new Int32Array(size).fill(-1);
  const roots: number[] = [];
  for (let at = size - 1; at >= 0; at -= 1) {
    const up = parents[at] ?? -1;
    if (up < 0) roots.push(at);
    else {
      next[at] = first[up] ?? -1;
      first[up] = at;
    }
  }
  const startOf = (raw: number) => spans.starts[raw < size ? raw : (first[raw] ?? 0)] ?? 0;
  const childrenOf = (raw: number) => {
    const found: number[] = [];
    for (let child = first[raw] ?? -1; child >= 0; child = next[child] ?? -1) found.push(child);
    return found;
  };
  const all = [...roots.reverse(), ...missing.list.map((_, at) => size + at)].sort((a, b) => startOf(a) - startOf(b));
  return { roots: all, missingIds: missing.list, selfTimes: selfTimesOf(spans, parents), childrenOf };
}

/** What is known of a parent that never arrived: its id, and the stretch that its children cover. */
export function missingFrom(spans: SpanColumns, links: Linked, raw: number): { id: string; start: number; end: number } {
  const children = links.childrenOf(raw);
  const ends = children.map((child) => (spans.starts[child] ?? 0) + (spans.durations[child] ?? 0));
  return { id: links.missingIds[raw - spans.size] ?? "", start: spans.starts[children[0] ?? 0] ?? 0, end: ends.reduce((a, b) => Math.max(a, b), 0) };
}
