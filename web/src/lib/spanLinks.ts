/** Owns how the spans of a trace hang together: columns, children of each, parents that never arrived, rings cut open. */
import type { SpanColumns, SpanKind, Status } from "../api/types";

/** By OTLP's numbers. */
export const spanKinds: SpanKind[] = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
export const statuses: Status[] = ["UNSET", "OK", "ERROR"];
export const failedStatus = statuses.indexOf("ERROR");

/** The spans of an answer, in its order: by start, the longer first. Times in microseconds after the trace's start; `parents` as they came. */
export type Spans = { size: number; parents: Int32Array; starts: Float64Array; durations: Float64Array; services: Uint32Array; operations: Uint32Array; kinds: Uint8Array; statuses: Uint8Array };

/** Numbers from `size` of the spans on stand for parents that never arrived. */
export type Linked = { roots: number[]; selfTimes: Float64Array; childrenOf: (raw: number) => number[] };

function micros(nanos: number[]): Float64Array {
  const found = new Float64Array(nanos);
  for (let at = 0; at < found.length; at += 1) found[at] = (found[at] ?? 0) / 1000;
  return found;
}

export function readSpans(columns: SpanColumns): Spans {
  return {
    size: columns.parents.length, parents: new Int32Array(columns.parents), starts: micros(columns.starts_ns), durations: micros(columns.durations_ns), services: new Uint32Array(columns.services),
    operations: new Uint32Array(columns.operations), kinds: new Uint8Array(columns.kinds), statuses: new Uint8Array(columns.statuses),
  };
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
function selfTimesOf(spans: Spans, parents: Int32Array): Float64Array {
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

export function linkSpans(spans: Spans, missing: number): Linked {
  const { size } = spans;
  const parents = Int32Array.from(spans.parents);
  openRings(parents, size);
  // lists of siblings by first and next, filled from the end so that they come out in order of their start
  const first = new Int32Array(size + missing).fill(-1);
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
  const all = [...roots.reverse(), ...Array.from({ length: missing }, (_, at) => size + at)].sort((a, b) => startOf(a) - startOf(b));
  return { roots: all, selfTimes: selfTimesOf(spans, parents), childrenOf };
}

/** What is known of a parent that never arrived: the stretch that its children cover. */
export function stretchOfMissing(spans: Spans, links: Linked, raw: number): { start: number; end: number } {
  const children = links.childrenOf(raw);
  const ends = children.map((child) => (spans.starts[child] ?? 0) + (spans.durations[child] ?? 0));
  return { start: spans.starts[children[0] ?? 0] ?? 0, end: ends.reduce((a, b) => Math.max(a, b), 0) };
}
