"""Whole results as CSV, JSON lines or OTLP/JSON lines, one page in memory at a time.

A line of OTLP/JSON is a whole export request whose records are oldest first; the lines are in the
order of the list. Who sends the lines back in reverse restores what was exported. Lines are made
beside the event loop, which thousands of records would keep from everything else.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response, StreamingResponse

from argus.api.otlp_json import logs_request, traces_request
from argus.model import LogRecord, Span, TraceSummary
from argus.storage import LogQuery, Page, Reader, TraceQuery

CSV, NDJSON, OTLP = "text/csv", "application/x-ndjson", "application/x-otlp-ndjson"
MEDIA_TYPES = (CSV, NDJSON, OTLP)
_PAGE = 500
_OTLP_TRACES = 20
_OTLP_SPANS = 5000
"""As many spans share a request; a trace that has more is several, the last of its spans first."""

T = TypeVar("T")
Q = TypeVar("Q", LogQuery, TraceQuery)
R = TypeVar("R", bound=msgspec.Struct)
Write = Callable[[Sequence[T]], AsyncIterator[bytes]]


def asked_for(accept: str) -> str | None:
    """The export format that an Accept header names; None for the list as JSON."""
    for item in accept.split(","):
        name = item.partition(";")[0].strip().lower()
        if name in MEDIA_TYPES:
            return name
    return None


async def export(
    media_type: str,
    query: Q,
    find: Callable[[Q], Awaitable[Page[T]]],
    row: type[R],
    one: Callable[[T], R],
    otlp: Write[T],
) -> Response:
    """Everything that a query finds from its position on, as rows that are made of `one` record
    each; its limit is no bound.

    What the first page raises is raised here; a later failure cuts the connection.
    """

    def lines(records: Sequence[T]) -> bytes:
        return b"".join(msgspec.json.encode(one(record)) + b"\n" for record in records)

    def rows(records: Sequence[T]) -> bytes:
        made = (msgspec.json.decode(msgspec.json.encode(one(record))) for record in records)
        return _table(record.values() for record in made)

    writers: dict[str, Write[T]] = {CSV: partial(_made, rows), NDJSON: partial(_made, lines)}
    names = [field.encode_name for field in msgspec.structs.fields(row)]
    head = _table([names]) if media_type == CSV else b""
    whole_traces = media_type == OTLP and isinstance(query, TraceQuery)
    query = replace(query, limit=_OTLP_TRACES if whole_traces else _PAGE, count=False)
    first = await find(query)
    body = _pages(head, query, first, find, writers.get(media_type, otlp))
    return StreamingResponse(
        body, headers={"Cache-Control": "no-store", "Vary": "Accept"}, media_type=media_type
    )


async def _pages(
    head: bytes,
    query: Q,
    page: Page[T],
    find: Callable[[Q], Awaitable[Page[T]]],
    write: Write[T],
) -> AsyncIterator[bytes]:
    yield head
    while True:
        for portion in _portions(page.items):
            async for text in write(portion):
                yield text
        if page.next_cursor is None:
            return
        page = await find(replace(query, offset=0, cursor=page.next_cursor))


def _portions(records: Sequence[T]) -> Iterator[list[T]]:
    """Records that are written at once: traces up to a number of spans, or one with more."""
    portion: list[T] = []
    spans = 0
    for record in records:
        weight = record.span_count if isinstance(record, TraceSummary) else 0
        if portion and spans + weight > _OTLP_SPANS:
            yield portion
            portion, spans = [], 0
        portion.append(record)
        spans += weight
    if portion:
        yield portion


def _table(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows of CSV (RFC 4180). A cell that is no text or number is JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return msgspec.json.encode(value).decode()
    return value


async def _made(make: Callable[[Sequence[T]], bytes], records: Sequence[T]) -> AsyncIterator[bytes]:
    if records:
        yield await asyncio.to_thread(make, records)


def logs_of(records: Sequence[LogRecord]) -> AsyncIterator[bytes]:
    """Log records, newest first -> the line of one request."""
    return _made(_line_of_logs, list(reversed(records)))


def _line_of_logs(records: Sequence[LogRecord]) -> bytes:
    return msgspec.json.encode(logs_request(records)) + b"\n"


def spans_of(reader: Reader) -> Write[TraceSummary]:
    """How trace summaries become lines with all their spans."""

    async def write(traces: Sequence[TraceSummary]) -> AsyncIterator[bytes]:
        async for spans in _spans(reader, traces):
            async for line in _made(_line_of_spans, spans):
                yield line

    return write


async def _spans(reader: Reader, traces: Sequence[TraceSummary]) -> AsyncIterator[Sequence[Span]]:
    """The spans of each request that some traces, newest first, make together."""
    if len(traces) == 1 and traces[0].span_count > _OTLP_SPANS:
        id_, before = traces[0].trace_id, None
        while True:
            spans, before = await reader.latest_spans(id_, _OTLP_SPANS, before)
            yield spans
            if before is None:
                return
    details = [await reader.get_trace(trace.trace_id, max_logs=0) for trace in reversed(traces)]
    yield [span for detail in details if detail for span in detail.spans]


def _line_of_spans(spans: Sequence[Span]) -> bytes:
    return msgspec.json.encode(traces_request(spans)) + b"\n"
