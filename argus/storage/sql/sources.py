"""Where the traces of a list can be: among the summaries of each segment, and the straddling ones.

What a list asks of spans is first asked of the index of a segment alone: where no span can meet it,
nothing else is. Segments that are asked the same share the statements.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from argus.model import TraceSummary
from argus.storage import TimeRange, TraceQuery
from argus.storage.sql.engine import View
from argus.storage.sql.filtered import FIRST_ID, LAST_ID, traces_with, traces_with_words
from argus.storage.sql.filters import Filter
from argus.storage.sql.index import ALL_IDS, Ids
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import INT64_MIN, MAX_COUNTED, clamp, covers, overlaps
from argus.storage.sql.spelling import contains
from argus.storage.sql.stretches import ids_of_traces
from argus.storage.sql.summaries import quoted_service, services_of
from argus.storage.sql.words import Expression, expression, searched_words

_FEWEST, _FEW = 500, 10_000
_AT_ONCE = 500
"""Keys of few matches that are read at once, whatever is needed: with fewer, that counts them."""

Position = tuple[int | str, bytes]
"""Sort value and trace id of the last trace of a page."""


class _Statements:
    """What is asked of summaries; conditions that one span must meet are given as trace ids."""

    def __init__(
        self,
        query: TraceQuery,
        traces: FromClause,
        of_spans: Sequence[Select[Any]] = (),
        *conditions: ColumnElement[bool],
        all_match: bool = False,
    ) -> None:
        """`all_match`: all traces of the spans that meet the only condition of spans."""
        self._query = query
        self._alone = of_spans[0] if all_match else None
        self.traces = traces
        self.conditions = [
            *conditions_of(traces, query),
            *conditions,
            *(traces.c.trace_id.in_(ids) for ids in of_spans),
        ]
        self.straddling = [
            Prepared(ids.where(View.spans.c.trace_id.in_(View.part_ids)).distinct())
            for ids in of_spans
        ]
        """For each such condition, the straddling traces of the segment that have such a span."""
        self._keys: dict[bool, Prepared] = {}

    @property
    def counts_spans(self) -> bool:
        """Whether `count` reads no summaries: it takes a third of the time then."""
        return self._alone is not None

    @cached_property
    def count(self) -> Prepared:
        """How many match, up to one more than is counted exactly."""
        if self._alone is None:
            some = select(self.traces.c.id).where(*self.conditions)
        else:
            some = self._alone.where(View.spans.c.trace_id.not_in(View.part_ids)).distinct()
        return Prepared(select(func.count()).select_from(some.limit(MAX_COUNTED + 1).subquery()))

    @cached_property
    def trace_ids(self) -> Prepared:
        """Where `counts_spans`: all traces that match, and whether they straddle the segment."""
        assert self._alone is not None
        shared = View.spans.c.trace_id.in_(View.part_ids)
        return Prepared(self._alone.add_columns(shared.label("shared")).distinct())

    def keys(self, after: Position | None, limit: int, few: bool) -> Prepared:
        """(sort value, trace id, row id) of the first ones; these arguments are those of a list."""
        if few not in self._keys:
            self._keys[few] = Prepared(self._select_keys(after, limit, few))
        return self._keys[few]

    def _select_keys(self, after: Position | None, limit: int, few: bool) -> Select[Any]:
        query, id_ = self._query, self.traces.c.trace_id
        sort = _sort_column(self.traces, query.sort_by)
        if few and query.sort_by == "start_time":
            sort = sort + 0  # sort what is found, instead of looking through all in order
        statement = select(sort.label("sort"), id_, self.traces.c.id).where(*self.conditions)
        if after is not None:
            value, last = after
            if query.descending:
                beyond = or_(sort < value, and_(sort == value, id_ < last))
            else:
                beyond = or_(sort > value, and_(sort == value, id_ > last))
            statement = statement.where(beyond)
        order = (sort.desc(), id_.desc()) if query.descending else (sort, id_)
        return statement.order_by(*order).limit(limit)


class Source:
    """Summaries in one place that match a query: those of a segment, or the straddling ones."""

    def __init__(
        self, view: View, statements: _Statements, segment: "_Segment", newest_ns: int
    ) -> None:
        self.view = view
        self.traces = statements.traces
        self.newest_ns = newest_ns
        self._statements = statements
        self._ids = _values_of(segment.ids)
        self._few = segment.few
        self._matches = 0 if 0 in segment.matches else segment.traces
        self._rows: list[list[Any]] | None = None

    def count(self, after: Position | None, need: int) -> int:
        """How many match, up to one more than is counted exactly."""
        few = self._few and not self._statements.counts_spans
        if self._matches is None and few and after is None:
            self.keys(after, need)
        if self._matches is None:
            self._matches = int(self.view.value(self._statements.count, self._ids))
        return self._matches

    def keys(self, after: Position | None, need: int) -> list[list[Any]]:
        """(sort value, trace id in hex, row id) of the first ones in the order of the query. All
        calls have the same arguments."""
        if self._matches == 0:
            return []
        if self._rows is None:
            few = self._few or (
                bool(self._statements.straddling)
                and self._matches is not None
                and self._matches <= _FEW
            )
            limit = max(need, _AT_ONCE) if few else need
            self._rows = self.view.rows(self._statements.keys(after, limit, few), self._ids)
            if after is None and len(self._rows) < limit:
                self._matches = len(self._rows)
        return self._rows[:need]


def sources(views: Sequence[View], query: TraceQuery) -> list[Source]:
    """Where matches can be: the segments, newest first, and last the traces that straddle them."""
    asked = _SpansAsked(query)
    found: list[Source] = []
    straddling: list[set[str]] = [set() for _ in range(asked.conditions)]
    # what is asked of spans may hold in a part that lies outside the range of the trace's start
    elsewhere = _segments_of_straddling(views[0], query) if views and asked.conditions else set()
    for view in views:
        bounds = view.bounds(View.SPANS)
        inside = bounds is not None and overlaps(bounds, query.range)
        if bounds is None or not (inside or view.segment_id in elsewhere):
            continue
        anywhere = view.segment_id in elsewhere
        segment = asked.of(view, covered=covers(query.range, bounds), anywhere=anywhere)
        if (statements := segment.statements) is None:
            continue
        if anywhere:
            segment = _with_straddling(view, statements, segment, straddling)
        if inside and 0 not in segment.matches:
            found.append(Source(view, statements, segment, bounds[1]))
    found.sort(key=lambda source: -source.newest_ns)
    if views:
        whole = views[0].straddling
        found_so = (whole.c.trace_id.in_(map(bytes.fromhex, together)) for together in straddling)
        nowhere = not all(straddling)
        statements = _Statements(query, whole, (), *(() if nowhere else found_so))
        segment = _Segment(statements, [0] if nowhere else [], ALL_IDS)
        found.append(Source(views[0], statements, segment, INT64_MIN))
    return found


def _with_straddling(
    view: View, statements: _Statements, segment: "_Segment", straddling: Sequence[set[str]]
) -> "_Segment":
    """Add the straddling traces that have a span which meets a condition, for each of those."""
    values = _values_of(segment.ids)
    if segment.few and statements.counts_spans and segment.matches != [0]:
        rows = view.rows(statements.trace_ids, values)  # rather than twice: most of it is reading
        straddling[0].update(id_ for id_, shared in rows if shared)
        return segment._replace(traces=sum(not shared for _, shared in rows))
    for together, matches, some in zip(
        straddling, segment.matches, statements.straddling, strict=True
    ):
        if matches != 0:
            together.update(id_ for (id_,) in view.rows(some, values))
    return segment


def _values_of(ids: Ids) -> dict[str, int]:
    """The values of the parameters of a statement that looks at a range of spans."""
    return dict(zip((FIRST_ID.key, LAST_ID.key), ids, strict=True))


class _Segment(NamedTuple):
    """What is asked of one segment. `matches`: for each condition that one span must meet, how many
    spans do by the index, up to some; None where that is not known. `ids`: where they lie, as far
    as they can matter. `traces`: how many match, where that was counted. Where no span meets any
    condition, there are no statements."""

    statements: _Statements | None
    matches: list[int | None]
    ids: Ids
    traces: int | None = None

    @property
    def few(self) -> bool:
        """Whether it is known that few spans match."""
        return _some_are(self.matches, _FEW)


class _SpansAsked:
    """What a query asks of spans: words, a filter, both (of one span each), or nothing."""

    def __init__(self, query: TraceQuery) -> None:
        self._query = query
        self._words = expression([word] for word in searched_words(query.search))
        self.conditions = (self._words is not None) + (query.filter is not None)
        self._statements: dict[Hashable, _Statements] = {}
        self._spans: dict[Hashable, list[Select[Any]]] = {}

    def of(self, view: View, *, covered: bool, anywhere: bool) -> _Segment:
        """What is asked of a segment; of one that the range covers nothing about times, which would
        only tempt a database to walk them. `anywhere`: a span of any time can matter."""
        filter_ = None
        indexed: list[Expression | None] = [] if self._words is None else [self._words]
        if self._query.filter is not None:
            filter_ = Filter(self._query.filter, "traces", view)
            indexed.append(filter_.expression)
        matches, ids = self._matches(view, indexed, near=not covered and not anywhere)
        if matches and not any(found != 0 for found in matches):
            return _Segment(None, matches, ids)
        shape: Hashable = self.conditions if filter_ is None else filter_.shape
        kind = shape, covered, view.sealed
        statements = self._statements.get(kind) if shape is not None else None
        if statements is None:
            query = replace(self._query, range=TimeRange()) if covered else self._query
            whole = view.traces.c.trace_id.not_in(View.part_ids)
            of_spans = self._of_spans(view, filter_, ids, shape)
            all_match = view.sealed and len(of_spans) == 1 and not conditions_of(view.traces, query)
            statements = _Statements(query, view.traces, of_spans, whole, all_match=all_match)
            self._statements[kind] = statements
        return _Segment(statements, matches, ids)

    def _of_spans(
        self, view: View, filter_: Filter | None, ids: Ids, shape: Hashable
    ) -> list[Select[Any]]:
        """For each condition that one span must meet, the ids of the traces of those."""
        if shape is not None and shape in self._spans:
            return self._spans[shape]
        found = [] if self._words is None else [traces_with_words(view, self._words)]
        if filter_ is not None:
            found.append(traces_with(view, filter_, ids))
        self._spans[shape] = found
        return found

    def _matches(
        self, view: View, indexed: Sequence[Expression | None], *, near: bool
    ) -> tuple[list[int | None], Ids]:
        """How many spans are found by each expression and between which ids; `near` the range of
        the query when there are many."""

        def count(most: int, ids: Ids) -> list[int | None]:
            return [None if e is None else view.matches("span", e, most + 1, ids) for e in indexed]

        if not near or not indexed:
            return count(_FEW, ALL_IDS), ALL_IDS
        found = count(_FEWEST, ALL_IDS)
        if _some_are(found, _FEWEST):
            return found, ALL_IDS
        ids = ids_of_traces(view, self._query.range)
        return ([0], ALL_IDS) if ids is None else (count(_FEW, ids), ids)


def _some_are(matches: Iterable[int | None], at_most: int) -> bool:
    return any(found is not None and found <= at_most for found in matches)


def _segments_of_straddling(view: View, query: TraceQuery) -> set[int]:
    traces, parts = view.straddling, view.straddling_parts
    wanted = select(traces.c.trace_id).where(*conditions_of(traces, query))
    found = select(parts.c.segment_id).where(parts.c.trace_id.in_(wanted)).distinct()
    return {number for (number,) in view.rows(found)}


def conditions_of(traces: FromClause, query: TraceQuery) -> list[ColumnElement[bool]]:
    """What a query asks of the summary of a trace."""
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


def summaries_of(
    view: View, traces: FromClause, ids: Sequence[int]
) -> Iterator[tuple[int, TraceSummary]]:
    """The summaries with some row ids in one place, each with its id."""
    for id_, trace_id, service, operation, missing, services, *rest in view.rows(
        _select_summaries(traces), {"ids": ids}
    ):
        names = services_of(services)
        yield (
            id_,
            TraceSummary(bytes.fromhex(trace_id), service, operation, bool(missing), names, *rest),
        )


@cache
def _select_summaries(traces: FromClause) -> Prepared:
    c = traces.c
    columns = (
        c.id, c.trace_id, c.root_service, c.root_operation, c.root_missing, c.services,
        c.start_ns, c.end_ns, c.span_count, c.error_count, c.status,
    )  # fmt: skip
    return Prepared(select(*columns).where(c.id.in_(bindparam("ids", expanding=True))))
