"""Reads lists of traces, from their summaries."""

from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
)

from argus.errors import InvalidInput
from argus.model import TraceSummary
from argus.query import Node
from argus.storage import Page, TimeRange, TraceQuery
from argus.storage.sql.engine import View
from argus.storage.sql.filtered import Key, newest_traces, traces_with
from argus.storage.sql.paging import (
    INT64_MAX,
    INT64_MIN,
    Counting,
    clamp,
    decode_cursor,
    encode_cursor,
    overlaps,
)
from argus.storage.sql.spelling import contains
from argus.storage.sql.summaries import quoted_service, services_of
from argus.storage.sql.words import expression, searched_words

_FEW = 10_000


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
    if query.filter is not None and len(segments) == 1 and _is_newest_first(query):
        sources = [_Source(segments[0], segments[0].traces, INT64_MAX, [])]
        keys, counting = _newest_filtered(segments, query, query.filter, after, need)
    else:
        sources = _sources(segments, query)
        counting = _count(sources) if query.count else Counting.at_least(0)
        keys = _first_keys(sources, query, after, need)
    page = keys[query.offset : query.offset + query.limit]
    cursor = None
    if len(keys) > query.offset + query.limit and page:
        value, trace_id, _, _ = page[-1]
        cursor = encode_cursor(_Position(query.sort_by, query.descending, value, trace_id.lower()))
    summaries = _summaries(sources, page)
    return Page(summaries, counting.total, counting.is_estimate, cursor)


def _is_newest_first(query: TraceQuery) -> bool:
    return query.sort_by == "start_time" and query.descending


def _count(sources: list["_Source"]) -> Counting:
    counting = Counting()
    for index, source in enumerate(sources):
        if not counting.add(source.count(counting.room), more=index + 1 < len(sources)):
            break
    return counting


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
        lambda view: [
            *_conditions(view.traces, query),
            *(view.traces.c.trace_id.in_(ids) for ids in _of_spans(view, unfiltered)),
        ],
        lambda key: position is None or key[:2] < position,
        need,
        count=query.count,
    )


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


class _Source:
    """Summaries in one place that match a query: those of a segment, or the straddling ones."""

    def __init__(
        self, view: View, traces: FromClause, newest_ns: int, conditions: list[ColumnElement[bool]]
    ) -> None:
        self.view = view
        self.traces = traces
        self.newest_ns = newest_ns
        self.conditions = conditions
        self._matches: int | None = None

    def count(self, room: int) -> int:
        """How many match, up to `room`."""
        some = select(self.traces.c.id).where(*self.conditions).limit(room).subquery()
        self._matches = found = int(self.view.value(select(func.count()).select_from(some)))
        return found

    @property
    def _few(self) -> bool:
        return self._matches is not None and self._matches <= _FEW

    def keys(self, query: TraceQuery, after: "_Position | None", need: int) -> list[list[Any]]:
        """(sort value, trace id in hex, row id) of the first ones in the order of the query."""
        if self._matches == 0:
            return []
        sort, id_ = _sort_column(self.traces, query.sort_by), self.traces.c.trace_id
        if query.search and query.sort_by == "start_time" and self._few:
            sort = sort + 0  # sort what the words find, instead of looking through all in order
        statement = select(sort.label("sort"), id_, self.traces.c.id).where(*self.conditions)
        if after is not None:
            last = bytes.fromhex(after.trace_id)
            if query.descending:
                beyond = or_(sort < after.value, and_(sort == after.value, id_ < last))
            else:
                beyond = or_(sort > after.value, and_(sort == after.value, id_ > last))
            statement = statement.where(beyond)
        order = (sort.desc(), id_.desc()) if query.descending else (sort, id_)
        return self.view.rows(statement.order_by(*order).limit(need))


def _sources(views: list[View], query: TraceQuery) -> list[_Source]:
    """Where matches can be: the segments, newest first, and last the traces that straddle them."""
    asks_spans = bool(searched_words(query.search)) or query.filter is not None
    found = []
    straddling: list[set[str]] = [set(), set()]
    # what is asked of spans may hold in a part that lies outside the range of the trace's start
    elsewhere = _segments_of_straddling(views[0], query) if views and asks_spans else set()
    for view in views:
        bounds = view.bounds(View.SPANS)
        if bounds is None:
            continue
        parts = view.straddling_parts
        part_ids = select(parts.c.trace_id).where(parts.c.segment_id == view.segment_id)
        asked = _of_spans(view, query)
        if view.segment_id in elsewhere:
            for together, ids in zip(straddling, asked, strict=False):
                together.update(_straddling_matches(view, ids, part_ids))
        if overlaps(bounds, query.range):
            conditions = _conditions(view.traces, query)
            conditions.append(view.traces.c.trace_id.not_in(part_ids))
            conditions += (view.traces.c.trace_id.in_(ids) for ids in asked)
            found.append(_Source(view, view.traces, bounds[1], conditions))
    found.sort(key=lambda source: -source.newest_ns)
    if views:
        whole = views[0].straddling
        conditions = _conditions(whole, query)
        for together in straddling[: len(_of_spans(views[0], query))]:
            conditions.append(whole.c.trace_id.in_([bytes.fromhex(id_) for id_ in together]))
        found.append(_Source(views[0], whole, INT64_MIN, conditions))
    return found


def _of_spans(view: View, query: TraceQuery) -> list[Select[Any]]:
    """For each condition that one span must meet, the ids of the traces that have such a span."""
    found = []
    if words := searched_words(query.search):
        spans, matching = view.spans, expression([word] for word in words)
        assert matching is not None
        found.append(select(spans.c.trace_id).where(spans.c.id.in_(view.span_ids(matching))))
    if query.filter is not None:
        found.append(traces_with(view, query.filter))
    return found


def _segments_of_straddling(view: View, query: TraceQuery) -> set[int]:
    traces, parts = view.straddling, view.straddling_parts
    wanted = select(traces.c.trace_id).where(*_conditions(traces, query))
    found = select(parts.c.segment_id).where(parts.c.trace_id.in_(wanted)).distinct()
    return {number for (number,) in view.rows(found)}


def _straddling_matches(view: View, ids: Select[Any], part_ids: Select[Any]) -> list[str]:
    found = ids.where(view.spans.c.trace_id.in_(part_ids)).distinct()
    return [trace_id for (trace_id,) in view.rows(found)]


def _first_keys(
    sources: list[_Source], query: TraceQuery, after: _Position | None, need: int
) -> list[tuple[Any, str, int, int]]:
    """(sort value, trace id, row id, index of the source) of the first matches."""
    newest_first = query.sort_by == "start_time" and query.descending
    merged: list[tuple[Any, str, int, int]] = []
    last = len(sources) - 1
    for index, source in enumerate(sources):
        done = len(merged) == need and newest_first and source.newest_ns < merged[-1][0]
        if done and index != last:
            continue
        merged += ((*key, index) for key in source.keys(query, after, need))
        if index == last:
            # a trace may have begun to straddle between two statements
            whole = {key[1] for key in merged if key[3] == last}
            merged = [key for key in merged if key[3] == last or key[1] not in whole]
        merged.sort(key=itemgetter(0, 1), reverse=query.descending)
        del merged[need:]
    return merged


def _conditions(traces: FromClause, query: TraceQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    duration = traces.c.end_ns - traces.c.start_ns
    if query.range.start_ns is not None:
        found.append(traces.c.start_ns >= clamp(query.range.start_ns))
    if query.range.end_ns is not None:
        found.append(traces.c.start_ns < clamp(query.range.end_ns))
    if query.services:
        names = map(quoted_service, query.services)
        found.append(or_(*(contains(traces.c.services, name) for name in names)))
    if query.status is not None:
        found.append(traces.c.status == literal(clamp(query.status), BigInteger))
    if query.min_duration_ns is not None:
        found.append(duration >= clamp(query.min_duration_ns))
    if query.max_duration_ns is not None:
        found.append(duration <= clamp(query.max_duration_ns))
    return found


def _summaries(sources: list[_Source], keys: list[tuple[Any, str, int, int]]) -> list[TraceSummary]:
    found: dict[tuple[int, int], TraceSummary] = {}
    for index, source in enumerate(sources):
        ids = [id_ for _, _, id_, of in keys if of == index]
        if not ids:
            continue
        c = source.traces.c
        statement = select(
            c.id, c.trace_id, c.root_service, c.root_operation, c.root_missing, c.services,
            c.start_ns, c.end_ns, c.span_count, c.error_count, c.status,
        )  # fmt: skip
        for row in source.view.rows(statement.where(c.id.in_(ids))):
            found[index, row[0]] = TraceSummary(
                bytes.fromhex(row[1]), row[2], row[3], bool(row[4]), services_of(row[5]), *row[6:]
            )
    return [found[index, id_] for _, _, id_, index in keys]
