import type { Span, SpanColumns } from "../src/api/types";

export function columnsOf(spans: Span[]): SpanColumns;
