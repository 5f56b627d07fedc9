"""Reads traces: lists of their summaries, and one with its spans and log records."""

import heapq
from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select

from argus.errors import InvalidInput
from argus.model import Span, StatusCode, TraceSummary
from argus.query import Node
from argus.storage import Page, TimeRange, TraceDetail, TraceQuery
from argus.storage.sql.engine import View
from argus.storage.sql.filtered import Key, newest_traces, traces_with
from argus.storage.sql.logs import logs_of_trace
from argus.storage.sql.paging import (
    INT64_MAX,
    INT64_MIN,
    Counting,
    clamp,
    decode_cursor,
    encode_cursor,
)
from argus.storage.sql.rows import select_spans, spans_of
from argus.storage.sql.summaries import quoted_service, services_of
from argus.storage.sql.words import expression, searched_words, trace_word

_SPANS_AT_ONCE = 5_000


class _Position(msgspec.Struct):
    sort_by: str = msgspec.field(name="s")
    descending: bool = msgspec.field(name="d")
    value: Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)] | str = msgspec.field(name="v")
    trace_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")] = msgspec.field(name="t")


def find_traces(views: Iterable[View], query: TraceQuery) -> Page[TraceSummary]:
    """One page of the traces that match, from their summaries."""
    segments = list(views)
    after = _position(query)
    need = query.offset + query.limit + 1
    newest = query.sort_by == "start_time" and query.descending
    if query.filter is not None and newest:
        merged, counting = _newest_filtered(segments, query, query.filter, after, need)
    else:
        merged, counting = _first_keys(segments, query, after, need)
    page = merged[query.offset : query.offset + query.limit]
    cursor = None
    if len(merged) > query.offset + query.limit and page:
        value, trace_id, _, _ = page[-1]
        cursor = encode_cursor(_Position(query.sort_by, query.descending, value, trace_id.lower()))
    summaries = _summaries(segments, page)
    return Page(summaries, counting.total, counting.is_estimate, cursor)


def _first_keys(
    segments: list[View], query: TraceQuery, after: _Position | None, need: int
) -> tuple[list[Any], Counting]:
    runs, counting = [], Counting()
    for index, view in enumerate(segments):
        conditions = _conditions(view, query)
        keys = view.rows(_select_keys(view, query, conditions, after).limit(need))
        runs.append([(value, trace_id, id_, index) for value, trace_id, id_ in keys])
        if not query.count:
            counting.is_estimate = True
            continue
        some = select(view.traces.c.id).where(*conditions).limit(counting.room).subquery()
        matches = view.value(select(func.count()).select_from(some))
        counting.add(matches, more=index + 1 < len(segments))
    merged = list(heapq.merge(*runs, key=itemgetter(0, 1), reverse=query.descending))
    return merged, counting


def _newest_filtered(
    segments: list[View], query: TraceQuery, tree: Node, after: _Position | None, need: int
) -> tuple[list[Key], Counting]:
    position = None if after is None else (after.value, after.trace_id.upper())
    unfiltered = replace(query, filter=None)
    range_ = query.range
    if after is not None and not query.count and not isinstance(after.value, str):
        end_ns = INT64_MAX if range_.end_ns is None else range_.end_ns
        range_ = TimeRange(range_.start_ns, min(after.value + 1, end_ns))
    return newest_traces(
        segments,
        range_,
        tree,
        lambda view: _conditions(view, unfiltered),
        lambda key: position is None or key[:2] < position,
        need,
        count=query.count,
    )


def get_trace(views: Iterable[View], trace_id: bytes, max_logs: int) -> TraceDetail | None:
    """A trace with all its spans, or None."""
    spans, logs, logs_total = [], [], 0
    for view in reversed(list(views)):
        spans += _spans(view, trace_id)
        found, total = logs_of_trace(view, trace_id, max_logs)
        logs += found
        logs_total += total
    if not spans:
        return None
    spans.sort(key=lambda span: span.start_ns)
    logs.sort(key=lambda log: (log.time_ns, log.id))
    return TraceDetail(_summarize(spans), spans, logs[:max_logs], logs_total)


def service_names(views: Iterable[View]) -> list[str]:
    """The names of all services, sorted."""
    found: set[str] = set()
    for view in views:
        rows = view.rows(select(view.resources.c.service_name).distinct())
        found.update(name for (name,) in rows)
    return sorted(found)


def _sort_column(traces: FromClause, sort_by: str) -> ColumnElement[Any]:
    columns: dict[str, ColumnElement[Any]] = {
        "start_time": traces.c.start_ns,
        "duration": traces.c.end_ns - traces.c.start_ns,
        "status": traces.c.status,
        "service": traces.c.root_service,
        "span_count": traces.c.span_count,
        "error_count": traces.c.error_count,
    }
    return columns[sort_by]


def _position(query: TraceQuery) -> _Position | None:
    if query.cursor is None:
        return None
    after = decode_cursor(query.cursor, _Position)
    fits = after.sort_by == query.sort_by and after.descending == query.descending
    if not fits or isinstance(after.value, str) != (query.sort_by == "service"):
        raise InvalidInput("cursor belongs to a list in another order", field="cursor")
    return after


def _conditions(view: View, query: TraceQuery) -> list[ColumnElement[bool]]:
    traces, found = view.traces, []
    duration = traces.c.end_ns - traces.c.start_ns
    if query.range.start_ns is not None:
        found.append(traces.c.start_ns >= clamp(query.range.start_ns))
    if query.range.end_ns is not None:
        found.append(traces.c.start_ns < clamp(query.range.end_ns))
    if query.services:
        names = map(quoted_service, query.services)
        found.append(or_(*(func.instr(traces.c.services, name) > 0 for name in names)))
    if query.status is not None:
        found.append(traces.c.status == clamp(query.status))
    if query.min_duration_ns is not None:
        found.append(duration >= clamp(query.min_duration_ns))
    if query.max_duration_ns is not None:
        found.append(duration <= clamp(query.max_duration_ns))
    if words := searched_words(query.search):
        spans = view.spans
        matching = view.span_ids(expression([word] for word in words))
        found.append(
            traces.c.trace_id.in_(select(spans.c.trace_id).where(spans.c.id.in_(matching)))
        )
    if query.filter is not None:
        found.append(traces.c.trace_id.in_(traces_with(view, query.filter)))
    return found


def _select_keys(
    view: View,
    query: TraceQuery,
    conditions: list[ColumnElement[bool]],
    after: _Position | None,
) -> Select[Any]:
    traces = view.traces
    sort, id_ = _sort_column(traces, query.sort_by), traces.c.trace_id
    statement = select(sort.label("sort"), id_, traces.c.id).where(*conditions)
    if after is not None:
        last = bytes.fromhex(after.trace_id)
        if query.descending:
            beyond = or_(sort < after.value, and_(sort == after.value, id_ < last))
        else:
            beyond = or_(sort > after.value, and_(sort == after.value, id_ > last))
        statement = statement.where(beyond)
    if query.descending:
        return statement.order_by(sort.desc(), id_.desc())
    return statement.order_by(sort, id_)


def _summaries(views: list[View], keys: list[tuple[Any, str, int, int]]) -> list[TraceSummary]:
    found: dict[tuple[int, int], TraceSummary] = {}
    for index, view in enumerate(views):
        ids = [id_ for _, _, id_, of in keys if of == index]
        if not ids:
            continue
        c = view.traces.c
        statement = select(
            c.id, c.trace_id, c.root_service, c.root_operation, c.root_missing, c.services,
            c.start_ns, c.end_ns, c.span_count, c.error_count, c.status,
        )  # fmt: skip
        for row in view.rows(statement.where(c.id.in_(ids))):
            found[index, row[0]] = TraceSummary(
                bytes.fromhex(row[1]), row[2], row[3], bool(row[4]), services_of(row[5]), *row[6:]
            )
    return [found[index, id_] for _, _, id_, index in keys]


def _spans(view: View, trace_id: bytes) -> list[Span]:
    spans = view.spans
    found: list[Span] = []
    word, first = expression([[trace_word(trace_id)]]), 0
    while True:
        matching = view.span_ids(word, first).order_by("rowid").limit(_SPANS_AT_ONCE)
        ids = [id_ for (id_,) in view.rows(matching)]
        if not ids:
            return found
        first = ids[-1] + 1
        chunk = select_spans(view).where(
            spans.c.id.in_(view.span_ids(word, ids[0], ids[-1])), spans.c.trace_id == trace_id
        )
        found += spans_of(view, view.rows(chunk.order_by(spans.c.id)))


def _summarize(spans: list[Span]) -> TraceSummary:
    """The summary of a whole trace, spans by start time; same meaning as `summaries`."""
    root = next((span for span in spans if not span.parent_span_id), None)
    stands_in = root or spans[0]
    errors = sum(span.status == StatusCode.ERROR for span in spans)
    return TraceSummary(
        trace_id=stands_in.trace_id,
        root_service=stands_in.resource.service_name,
        root_operation=stands_in.name,
        root_missing=root is None,
        services=tuple(sorted({span.resource.service_name for span in spans})),
        start_ns=spans[0].start_ns,
        end_ns=max(span.end_ns for span in spans),
        span_count=len(spans),
        error_count=errors,
        status=StatusCode.ERROR if errors else stands_in.status,
    )
