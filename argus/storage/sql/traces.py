"""Reads lists of traces, from their summaries."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from sqlalchemy import (
    FromClause,
    select,
)

from argus.errors import InvalidInput
from argus.model import TraceSummary
from argus.query import Node
from argus.storage import Page, TimeRange, TraceQuery
from argus.storage.sql.engine import View
from argus.storage.sql.filtered import Key, newest_traces, traces_with_words
from argus.storage.sql.paging import (
    INT64_MAX,
    INT64_MIN,
    Counting,
    decode_cursor,
    encode_cursor,
)
from argus.storage.sql.sources import Position, Source, conditions_of, sources, summaries_of
from argus.storage.sql.words import expression, searched_words


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
        places = [(segments[0], segments[0].traces)]
        keys, counting = _newest_filtered(segments, query, query.filter, after, need)
    else:
        found = sources(segments, query)
        places = [(source.view, source.traces) for source in found]
        position = None if after is None else (after.value, bytes.fromhex(after.trace_id))
        keys = _first_keys(found, query, position, need)
        more = query.count and (after is not None or len(keys) == need)
        counting = _count(found, position, need) if more else Counting.at_least(0)
    if after is None and len(keys) < need:
        counting = Counting.exactly(len(keys))  # the page looked at everything
    page = keys[query.offset : query.offset + query.limit]
    cursor = None
    if len(keys) > query.offset + query.limit and page:
        value, trace_id, _, _ = page[-1]
        cursor = encode_cursor(_Position(query.sort_by, query.descending, value, trace_id.lower()))
    summaries = _summaries(places, page)
    return Page(summaries, max(counting.total, len(keys)), counting.is_estimate, cursor)


def _is_newest_first(query: TraceQuery) -> bool:
    return query.sort_by == "start_time" and query.descending


def _count(places: list[Source], after: Position | None, need: int) -> Counting:
    counting = Counting()
    for index, source in enumerate(places):
        if not counting.add(source.count(after, need), more=index + 1 < len(places)):
            break
    return counting


def _newest_filtered(
    segments: list[View], query: TraceQuery, tree: Node, after: _Position | None, need: int
) -> tuple[list[Key], Counting]:
    position = None if after is None else (after.value, after.trace_id.upper())
    words = expression([word] for word in searched_words(query.search))
    range_ = query.range
    if after is not None and not query.count and not isinstance(after.value, str):
        end_ns = INT64_MAX if range_.end_ns is None else range_.end_ns
        range_ = TimeRange(range_.start_ns, min(after.value + 1, end_ns))
    return newest_traces(
        segments,
        range_,
        tree,
        lambda view: [
            *conditions_of(view.traces, query),
            *([view.traces.c.trace_id.in_(traces_with_words(view, words))] if words else []),
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


def _position(query: TraceQuery) -> _Position | None:
    if query.cursor is None:
        return None
    after = decode_cursor(query.cursor, _Position)
    fits = after.sort_by == query.sort_by and after.descending == query.descending
    if not fits or isinstance(after.value, str) != (query.sort_by == "service"):
        raise InvalidInput("cursor belongs to a list in another order", field="cursor")
    return after


def _first_keys(
    places: list[Source], query: TraceQuery, after: Position | None, need: int
) -> list[tuple[Any, str, int, int]]:
    """(sort value, trace id, row id, index of the source) of the first matches."""
    newest_first = query.sort_by == "start_time" and query.descending
    merged: list[tuple[Any, str, int, int]] = []
    last = len(places) - 1
    for index, source in enumerate(places):
        done = len(merged) == need and newest_first and source.newest_ns < merged[-1][0]
        if done and index != last:
            continue
        merged += ((*key, index) for key in source.keys(after, need))
        if index == last:
            # a trace may have begun to straddle between two statements
            whole = {key[1] for key in merged if key[3] == last}
            merged = [key for key in merged if key[3] == last or key[1] not in whole]
        merged.sort(key=itemgetter(0, 1), reverse=query.descending)
        del merged[need:]
    return merged


def _summaries(
    places: list[tuple[View, FromClause]], keys: list[tuple[Any, str, int, int]]
) -> list[TraceSummary]:
    found: dict[tuple[int, int], TraceSummary] = {}
    for index, (view, traces) in enumerate(places):
        if ids := [id_ for _, _, id_, of in keys if of == index]:
            found.update(((index, id_), one) for id_, one in summaries_of(view, traces, ids))
    return [found[index, id_] for _, _, id_, index in keys]
