"""Counts rows of the minutes that a range cuts, as far as they are in the rollups."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from argus.storage import TimeRange
from argus.storage.sql.edges import Calls
from argus.storage.sql.engine import View
from argus.storage.sql.measures import MINUTE_S, OF_LOGS, SECOND_NS, Measures, Subject
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import overlaps
from argus.storage.sql.recount import (
    add_operations,
    add_severities,
    select_calls,
    select_operations,
    select_severities,
)
from argus.storage.sql.rollups import Progress
from argus.storage.sql.stretches import stretches
from argus.storage.sql.words import Among, trace_word

MOST_TRACES = 200
"""Traces of a cut minute whose calls are found anew; with more the range widens."""
MOST_ROWS = 120_000
"""Records of a cut minute that are counted one by one; with more the range widens."""

MinutePart = tuple[int, int]
"""[from, upto) of a minute, in nanoseconds."""

_MINUTE_NS = MINUTE_S * SECOND_NS
_LOOK_AROUND_NS = 3600 * SECOND_NS
_SIZES = (2, 4, 8)
_AT_ONCE = _SIZES[-1]


def _table(signal: int) -> tuple[FromClause, ColumnElement[int]]:
    if signal == View.SPANS:
        return View.spans, View.spans.c.start_ns
    return View.logs, View.logs.c.time_ns


def _within(signal: int, number: int = 0) -> ColumnElement[bool]:
    table, time = _table(signal)
    return and_(
        table.c.id.between(bindparam(f"first_{number}"), bindparam(f"last_{number}")),
        time >= bindparam(f"from_{number}"),
        time < bindparam(f"upto_{number}"),
    )


# one statement for all stretches: each takes longer to be begun than to count a few rows
@lru_cache(maxsize=64)
def _counts(signals: tuple[int, ...]) -> Prepared:
    """(number, count) of the rows of stretches, each of a signal."""
    return Prepared(
        union_all(
            *(
                select(literal(number, literal_execute=True).label("number"), func.count())
                .select_from(_table(signal)[0])
                .where(_within(signal, number))
                for number, signal in enumerate(signals)
            )
        )
    )


@lru_cache(maxsize=16)
def _sums(signal: int, stretches: int) -> Prepared:
    """The rows of stretches of a signal, added up."""
    add_up = select_operations if signal == View.SPANS else select_severities
    table = _table(signal)[0]
    return Prepared(
        union_all(*(add_up(table).where(_within(signal, number)) for number in range(stretches)))
    )


_TRACES = Prepared(
    select(View.spans.c.trace_id).where(_within(View.SPANS)).distinct().limit(MOST_TRACES + 1)
)
_SERVICES = Prepared(select(View.resources.c.id, View.resources.c.service_name))


class _Stretch(NamedTuple):
    """Where rows of a minute can be in a segment; both ids are included."""

    signal: int
    minute_ns: int
    first_id: int
    last_id: int


def _filled_up(some: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """Some stretches and empty ones, so that few statements do for any number of them: one that
    is new takes longer to put together than all others to run."""
    for signal, of_signal in groupby(some, key=attrgetter("signal")):
        own = list(of_signal)
        yield from own
        size = next(size for size in _SIZES if size >= len(own))
        yield from repeat(_Stretch(signal, own[0].minute_ns, 1, 0), size - len(own))


def _asked(of: Sequence[_Stretch], parts: Mapping[int, MinutePart] | None = None) -> dict[str, int]:
    """The values for stretches: of their whole minutes, or of parts of them."""
    values: dict[str, int] = {}
    for number, one in enumerate(of):
        whole = one.minute_ns, one.minute_ns + _MINUTE_NS
        from_ns, upto_ns = whole if parts is None else parts[one.minute_ns]
        values |= {f"from_{number}": from_ns, f"upto_{number}": upto_ns}
        values |= {f"first_{number}": one.first_id, f"last_{number}": one.last_id}
    return values


class CutMinutes:
    """The rows of all segments in the parts of minutes that a range ends in."""

    def __init__(
        self,
        views: Sequence[View],
        upto: Progress,
        signals: Sequence[int],
        parts: Mapping[int, MinutePart],
    ) -> None:
        """`parts` of minutes, by the start of the minute."""
        self._views = views
        self._upto = upto
        self._signals = signals
        self._parts = parts
        self._names: dict[int, dict[int, str]] = {}
        self._measured: dict[int, Measures] = {}

    def count(self, minute_ns: int) -> int:
        """The rows of a minute, of all signals asked for."""
        return self._rows[minute_ns]

    @cached_property
    def _rows(self) -> Counter[int]:
        found: Counter[int] = Counter()
        for view, some in self._stretches:
            statement = _counts(tuple(one.signal for one in some))
            for number, count in view.rows(statement, _asked(some)):
                found[some[number].minute_ns] += count
        return found

    def measures(self, minute_ns: int, subjects: Sequence[Subject]) -> Measures:
        """Measures of the rows in the part of a minute."""
        found: Measures = {}
        of_logs = OF_LOGS & set(subjects)
        for signal, wanted in ((View.SPANS, set(subjects) - of_logs), (View.LOGS, of_logs)):
            if not wanted:
                continue
            if signal not in self._measured:
                self._measured[signal] = _of_nobody(self._add_up(signal))
            found |= {
                (key, at_ns): one
                for (key, at_ns), one in self._measured[signal].items()
                if at_ns == minute_ns and key.subject in wanted
            }
        return found

    def _add_up(self, signal: int) -> Measures:
        counted: Measures = {}
        add = add_operations if signal == View.SPANS else add_severities
        for view, places in self._stretches:
            if some := [one for one in places if one.signal == signal]:
                rows = view.rows(_sums(signal, len(some)), _asked(some, self._parts))
                add(rows, self._services(view), counted)
        return counted

    def has_few_traces(self, minute_ns: int) -> bool:
        """Whether the calls of a minute can be measured by its rows."""
        return len(self._traces(minute_ns, None)) <= MOST_TRACES

    def _traces(self, minute_ns: int, parts: Mapping[int, MinutePart] | None) -> set[str]:
        return {
            id_
            for view, some in self._stretches
            for one in some
            if one.minute_ns == minute_ns and one.signal == View.SPANS
            for (id_,) in view.rows(_TRACES, _asked([one], parts))
        }

    def calls(self, minute_ns: int) -> Measures:
        """Calls measured by rows in the part of a minute that has few traces."""
        start_ns, end_ns = self._parts[minute_ns]
        traces = self._traces(minute_ns, self._parts)
        calls, counted = Calls(start_ns=start_ns, end_ns=end_ns), Measures()
        around = TimeRange(start_ns - _LOOK_AROUND_NS, end_ns + _LOOK_AROUND_NS)
        ids = sorted(bytes.fromhex(id_) for id_ in traces)
        words, spans = Among(tuple(map(trace_word, ids))), View.spans
        statement: Prepared | None = None
        for view in reversed(self._views):
            bounds = view.bounds(View.SPANS)
            if not ids or bounds is None or not overlaps(bounds, around):
                continue
            if statement is None:
                of_traces = spans.c.id.in_(view.span_ids(words, 0, self._upto.span_id))
                some = select_calls(spans).where(of_traces, spans.c.trace_id.in_(ids))
                statement = Prepared(some.order_by(spans.c.id))
            calls.add(view.rows(statement), self._services(view), counted)
        return _of_nobody(counted)

    @cached_property
    def _stretches(self) -> list[tuple[View, list[_Stretch]]]:
        """Where the rows of all minutes can be, as far as they are in the rollups; some at once."""
        minutes = list(self._parts)
        ranges = [TimeRange(minute_ns, minute_ns + _MINUTE_NS) for minute_ns in minutes]
        found = []
        for view in self._views:
            some = [
                _Stretch(signal, minutes[number], first_id, min(last_id, self._last_id(signal)))
                for (signal, number), ids in stretches(view, self._signals, ranges).items()
                for first_id, last_id in ids
                if first_id <= self._last_id(signal)
            ]
            for at in range(0, len(some), _AT_ONCE):
                found.append((view, list(_filled_up(some[at : at + _AT_ONCE]))))
        return found

    def _last_id(self, signal: int) -> int:
        return self._upto.span_id if signal == View.SPANS else self._upto.log_id

    def _services(self, view: View) -> dict[int, str]:
        names = self._names.get(view.segment_id)
        if names is None:
            names = self._names[view.segment_id] = {id_: n for id_, n in view.rows(_SERVICES)}
        return names


def _of_nobody(counted: Measures) -> Measures:
    """The same without the tenant, who is always the one who asks."""
    return {(key._replace(tenant_id=0), at_ns): found for (key, at_ns), found in counted.items()}
