"""Counts the distinct traces that have a span in a range: from summaries, and where a trace crosses
an end of the range, from its spans. Those that went with their segment were counted before."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, FromClause, bindparam, func, or_, select, union_all

from argus.storage import TimeRange
from argus.storage.sql import tally
from argus.storage.sql.engine import View
from argus.storage.sql.measures import MINUTE_S, SECOND_NS
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import covers, overlaps
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
    values = {"from_ns": start_ns, "upto_ns": end_ns, "since_ns": start_ns - View.LONG_TRACE_NS}
    covered = [] if services else [view for view in views if _is_covered(view, range_)]
    if covered:
        shared = {number for (number,) in views[0].rows(_SHARED)}
        for view in covered:
            total += view.known("traces", partial(view.value, _ALL))
            total -= view.value(_SHARED_HERE) if view.segment_id in shared else 0
    for view, whole in _places(views, range_):
        if view in covered and not whole:
            continue
        statements = _statements(whole, tuple(services))
        total += view.value(statements.inside, values)
        doubtful.update(id_ for (id_,) in view.rows(statements.doubtful, values))
    return total + _with_spans(views, range_, services, sorted(map(bytes.fromhex, doubtful)))


_parts = View.straddling_parts.c
_ALL = Prepared(select(func.count()).select_from(View.traces))
_SHARED = Prepared(select(_parts.segment_id).distinct())
_SHARED_HERE = Prepared(
    select(func.count()).select_from(View.traces).where(View.traces.c.trace_id.in_(View.part_ids))
)
_DEPARTED = Prepared(select(View.segment_traces.c.segment_id).distinct())


def _is_covered(view: View, range_: TimeRange) -> bool:
    bounds = view.bounds(View.SPANS)
    return view.sealed and bounds is not None and covers(range_, bounds)


def count_departed(views: Sequence[View], plan: Plan, services: Sequence[str]) -> int:
    """Traces that began in a range and went with a segment that is not among the views, as long as
    they are not in the rollups."""
    c, here = views[0].segment_traces.c, {view.segment_id for view in views}
    # numbers first: the texts of all segments would be much to read
    gone = [number for (number,) in views[0].rows(_DEPARTED) if number not in here]
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


def _places(views: Sequence[View], range_: TimeRange) -> Iterator[tuple[View, bool]]:
    """The segments, and last, in the first of them, the whole traces that straddle them."""
    for view in views:
        bounds = view.bounds(View.SPANS)
        if bounds is not None and overlaps(bounds, range_):
            yield view, False
    yield views[0], True


class _Statements(NamedTuple):
    """How many traces began in a range, and which have to be looked at: they went on at its start,
    or a service that takes part in them may do so after its end."""

    inside: Prepared
    doubtful: Prepared


@lru_cache(maxsize=64)
def _statements(whole: bool, services: tuple[str, ...]) -> _Statements:
    table: FromClause = View.straddling if whole else View.traces
    c, conditions = table.c, list[ColumnElement[bool]]()
    if not whole:
        conditions.append(c.trace_id.not_in(View.part_ids))
    if services:
        conditions.append(or_(*(contains(c.services, quoted_service(one)) for one in services)))
    began = [*conditions, c.start_ns >= bindparam("from_ns"), c.start_ns < bindparam("upto_ns")]
    ids = select(c.trace_id)
    going = ids.where(
        *conditions, c.start_ns < bindparam("from_ns"), c.end_ns >= bindparam("from_ns")
    )
    # the short ones are found by their start, the long ones have an index of their own
    short = going.where(c.start_ns > bindparam("since_ns"), ~View.is_long(table))
    doubtful = [short, going.where(View.is_long(table))]
    if services:
        doubtful.append(ids.where(*began, c.end_ns >= bindparam("upto_ns")))
        began.append(c.end_ns < bindparam("upto_ns"))
    inside = select(func.count()).select_from(table).where(*began)
    return _Statements(Prepared(inside), Prepared(union_all(*doubtful)))


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
