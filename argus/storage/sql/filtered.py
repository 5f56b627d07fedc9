"""Finds the traces of which one span satisfies a filter, newest first, and stops early."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, select

from argus.query import Node
from argus.storage import TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.filters import Filter
from argus.storage.sql.index import Ids
from argus.storage.sql.paging import Counting, Part, in_ranges, newest_first
from argus.storage.sql.words import Expression

Key = tuple[int, str, int, int]
"""(start, trace id in hex, row id of the summary, index of the segment)"""


FIRST_ID, LAST_ID = bindparam("first_id", type_=BigInteger), bindparam("last_id", type_=BigInteger)


def traces_with(view: View, filter_: Filter, ids: Ids) -> Select[Any]:
    """The ids of all traces of a segment that have a span which satisfies a filter, among the spans
    from `FIRST_ID` to `LAST_ID`, which are given these values."""
    found = select(view.spans.c.trace_id).where(filter_.condition(*ids))
    if filter_.expression is None:
        return found.where(view.spans.c.id.between(FIRST_ID, LAST_ID))
    among = view.span_ids(filter_.expression, FIRST_ID, LAST_ID)
    return found.where(view.spans.c.id.in_(among))


def traces_with_words(view: View, words: Expression) -> Select[Any]:
    """The same of those that have a span with some words."""
    among = view.span_ids(words, FIRST_ID, LAST_ID)
    return select(view.spans.c.trace_id).where(view.spans.c.id.in_(among))


def newest_traces(
    views: Sequence[View],
    range_: TimeRange,
    tree: Node,
    conditions: Callable[[View], Iterable[ColumnElement[bool]]],
    beyond: Callable[[Key], bool],
    need: int,
    *,
    count: bool,
) -> tuple[list[Key], Counting]:
    """The first `need` summaries of those `beyond` a position, and the count of all.

    A trace begins with its earliest span: of all that begin after the newest row that was not
    looked at, every span was.
    """
    filters = {view: Filter(tree, "traces", view) for view in views}
    found: set[str] = set()
    keys: list[Key] = []
    counting, more_to_count = (Counting(), True) if count else (Counting.at_least(0), False)
    for group in newest_first(views, View.SPANS, _of_spans(views, range_)):
        before = len(found)
        for part in group.parts:
            index = views.index(part.view)
            statement = _matching(part, filters[part.view], conditions(part.view))
            for start_ns, trace_id, id_ in part.view.rows(statement.limit(counting.room + need)):
                if trace_id not in found:
                    found.add(trace_id)
                    keys.append((start_ns, trace_id, id_, index))
        keys = sorted(filter(beyond, keys), reverse=True)
        rest = group.rest_max_ns
        if more_to_count:
            more_to_count = counting.add(len(found) - before, more=rest is not None)
        if not more_to_count and len(keys) >= need and (rest is None or keys[need - 1][0] > rest):
            break
    return keys[:need], counting


def _of_spans(views: Iterable[View], range_: TimeRange) -> TimeRange:
    """Where the spans lie of traces that begin in a range."""
    if range_.end_ns is None:
        return range_
    last = range_.start_ns or 0
    for view in views:
        traces = view.traces.c
        latest = func.coalesce(func.max(traces.end_ns), 0)
        last = max(last, view.value(select(latest).where(traces.start_ns < range_.end_ns)))
    return TimeRange(range_.start_ns, last + 1)


def _matching(
    part: Part, filter_: Filter, conditions: Iterable[ColumnElement[bool]]
) -> Select[Any]:
    traces, spans = part.view.traces, part.view.spans
    ids = _trace_ids(part.view, filter_, part.ranges[0][0], part.ranges[-1][1]).where(
        in_ranges(spans.c.id, part.ranges, indexed=filter_.expression is not None)
    )
    return (
        select(traces.c.start_ns, traces.c.trace_id, traces.c.id)
        .where(traces.c.trace_id.in_(ids), *conditions)
        .order_by(traces.c.start_ns.desc(), traces.c.trace_id.desc())
    )


def _trace_ids(view: View, filter_: Filter, first_id: int, last_id: int) -> Select[Any]:
    spans = view.spans
    ids = select(spans.c.trace_id).where(filter_.condition(first_id, last_id))
    if filter_.expression is not None:
        ids = ids.where(spans.c.id.in_(view.span_ids(filter_.expression, first_id, last_id)))
    return ids
