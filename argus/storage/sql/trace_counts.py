"""Counts the distinct traces that have a span in a range: from summaries, and where a trace crosses
an end of the range, from its spans. Those that went with their segment were counted before."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, or_, select

from argus.storage import TimeRange
from argus.storage.sql import tally
from argus.storage.sql.engine import View
from argus.storage.sql.measures import MINUTE_S, SECOND_NS
from argus.storage.sql.paging import overlaps
from argus.storage.sql.ranges import ROWS, Plan
from argus.storage.sql.spelling import contains
from argus.storage.sql.summaries import quoted_service
from argus.storage.sql.words import Among, trace_word

_AT_ONCE = 64


def count_traces(views: Sequence[View], start_ns: int, end_ns: int, services: Sequence[str]) -> int:
    """How many traces have a span that starts in [start_ns, end_ns), of one of the services when
    there are any."""
    range_ = TimeRange(start_ns, end_ns)
    total, doubtful = 0, set[str]()
    for view, table, conditions in _sources(views, range_, services):
        began = [*conditions, table.c.start_ns >= start_ns, table.c.start_ns < end_ns]
        if services:
            # a service that takes part in the trace may do so after the end of the range
            crossing = select(table.c.trace_id).where(*began, table.c.end_ns >= end_ns)
            doubtful.update(id_ for (id_,) in view.rows(crossing))
            began.append(table.c.end_ns < end_ns)
        total += view.value(select(func.count()).select_from(table).where(*began))
        for statement in _across(view, table, start_ns):
            doubtful.update(id_ for (id_,) in view.rows(statement.where(*conditions)))
    return total + _with_spans(views, range_, services, sorted(map(bytes.fromhex, doubtful)))


def count_departed(views: Sequence[View], plan: Plan, services: Sequence[str]) -> int:
    """Traces that began in a range and went with a segment that is not among the views, as long as
    they are not in the rollups."""
    c, here = views[0].segment_traces.c, {view.segment_id for view in views}
    # numbers first: the texts of all segments would be much to read
    known = [number for (number,) in views[0].rows(select(c.segment_id).distinct())]
    gone = [number for number in known if number not in here]
    texts = views[0].rows(select(c.counts).where(c.segment_id.in_(gone))) if gone else []
    pieces = [(piece.start_ns, piece.end_ns) for piece in plan.pieces if piece.width_s != ROWS]
    names = list(map(quoted_service, services))
    found = 0
    for one in (one for (text,) in texts for one in tally.decode(text)):
        if names and not any(name in one.services for name in names):
            continue
        at_ns = one.minute * MINUTE_S * SECOND_NS
        if any(start_ns <= at_ns < end_ns for start_ns, end_ns in pieces):
            found += one.n
    return found


def _sources(
    views: Sequence[View], range_: TimeRange, services: Sequence[str]
) -> Iterator[tuple[View, FromClause, list[ColumnElement[bool]]]]:
    """The summaries of each segment, those of straddling traces apart."""
    for view in views:
        bounds = view.bounds(View.SPANS)
        if bounds is not None and overlaps(bounds, range_):
            parts = view.straddling_parts
            part_ids = select(parts.c.trace_id).where(parts.c.segment_id == view.segment_id)
            whole = view.traces.c.trace_id.not_in(part_ids)
            yield view, view.traces, [whole, *_of_services(view.traces, services)]
    yield views[0], views[0].straddling, _of_services(views[0].straddling, services)


def _of_services(table: FromClause, services: Sequence[str]) -> list[ColumnElement[bool]]:
    if not services:
        return []
    names = map(quoted_service, services)
    return [or_(*(contains(table.c.services, name) for name in names))]


def _across(view: View, table: FromClause, at_ns: int) -> Iterator[Select[Any]]:
    """The traces that began before a time and went on at it: the short ones are found by their
    start, the long ones have an index of their own."""
    c = table.c
    going = select(c.trace_id).where(c.start_ns < at_ns, c.end_ns >= at_ns)
    yield going.where(c.start_ns > at_ns - view.LONG_TRACE_NS, ~view.is_long(table))
    yield going.where(view.is_long(table))


def _with_spans(
    views: Sequence[View], range_: TimeRange, services: Sequence[str], ids: list[bytes]
) -> int:
    """How many of these traces have a span in a range, by their rows."""
    found: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        words = Among(tuple(map(trace_word, some)))
        for view in views:
            bounds = view.bounds(View.SPANS)
            if bounds is None or not overlaps(bounds, range_):
                continue
            c = view.spans.c
            wanted = select(c.trace_id).where(
                c.id.in_(view.span_ids(words)),
                c.trace_id.in_(some),
                c.start_ns >= range_.start_ns,
                c.start_ns < range_.end_ns,
            )
            if services:
                named = view.resources.c.service_name.in_(services)
                wanted = wanted.where(c.resource_id.in_(select(view.resources.c.id).where(named)))
            found.update(id_ for (id_,) in view.rows(wanted.distinct()))
    return len(found)
