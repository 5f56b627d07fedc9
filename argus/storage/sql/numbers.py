"""Reads measures of a range for one tenant: from its rollups, and from its rows where they are cut.

Only rows that are in the rollups count, so that both say the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from argus.storage import TimeRange
from argus.storage.sql import histogram
from argus.storage.sql import rollup_statements as statements
from argus.storage.sql.cut_minutes import MOST_ROWS, CutMinutes, MinutePart
from argus.storage.sql.engine import View
from argus.storage.sql.histogram import Buckets
from argus.storage.sql.measures import (
    ALL,
    HOUR_S,
    MINUTE_S,
    OF_LOGS,
    SECOND_NS,
    Key,
    Measure,
    Subject,
)
from argus.storage.sql.paging import INT64_MAX, Part, newest_first
from argus.storage.sql.ranges import NOTHING, ROWS, Piece, Plan, Total, plan
from argus.storage.sql.rollups import Progress

T = TypeVar("T")

_MINUTE_NS, _HOUR_NS = MINUTE_S * SECOND_NS, HOUR_S * SECOND_NS


class Sum(NamedTuple):
    """A measure of a key in the `width_s` seconds from `start_ns`; ROWS: within one minute."""

    key: Key
    start_ns: int
    width_s: int
    measure: Measure


class Numbers:
    """The numbers of one tenant in one reading."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._view = views[0]
        ((span_id, log_id),) = self._view.rows(statements.PROGRESS)
        self._upto = Progress(span_id, log_id)
        self.cut = CutMinutes(views, self._upto, (), {})
        """What of the range planned last is counted from rows."""

    def around(
        self, subjects: Sequence[Subject], start_ns: int, end_ns: int
    ) -> dict[tuple[int, int, int], Total]:
        """What rollups of a width count in the hours and minutes that the ends of a range lie in,
        over all services, by width, start and seconds."""
        stretches = [
            (width_s, at_ns - at_ns % (long_s * SECOND_NS), long_s)
            for width_s, long_s in ((HOUR_S, HOUR_S), (MINUTE_S, HOUR_S), (MINUTE_S, MINUTE_S))
            for at_ns in (start_ns, end_ns)
        ]
        rows = self._view.rows(*statements.around(subjects, stretches))
        return {stretches[number]: Total(*found) for number, *found in rows if found[0]}

    def records(self, subjects: Sequence[Subject], width_s: int, start_ns: int, end_ns: int) -> int:
        """How many records the rollups of a width that start in a range count."""
        values = statements.asked(subjects, Piece(width_s, start_ns, end_ns))
        found: int = self._view.value(statements.RECORDS, values)
        return found

    def sums(
        self,
        plan: Plan,
        subjects: Sequence[Subject],
        services: Sequence[str] = (),
        *,
        buckets: bool = True,
        slots: bool = False,
        names: Sequence[str] = (),
    ) -> Iterator[Sum]:
        """The measures of some subjects in a range, of each of the given services (of each that
        there is when none; `ALL` has to be given). Of calls the services are either end, and they
        are read alone. Buckets and slots are left out where nobody asks for them. `names`: only
        keys with these."""
        for piece in plan.pieces:
            if piece.width_s == ROWS:
                counted = self._counted(piece, subjects, services)
                yield from (one for one in counted if not names or one.key.name in names)
            else:
                yield from self._stored(piece, subjects, services, names, (buckets, slots))

    def _stored(
        self,
        piece: Piece,
        subjects: Sequence[Subject],
        services: Sequence[str],
        names: Sequence[str],
        columns: tuple[bool, bool],
    ) -> list[Sum]:
        def read() -> list[Sum]:
            statement = statements.stored(bool(services), bool(names), *columns)
            values = statements.asked(subjects, piece, services, names)
            return [
                Sum(Key(0, *row[:4]), row[4], piece.width_s, Measure.of(row[5:]))
                for row in self._view.rows(statement, values)
            ]

        of = subjects, services, names, columns
        return self._remembered(piece, of, read, lambda sums: _weight(one[3] for one in sums))

    def _remembered(
        self,
        piece: Piece,
        of: tuple[Sequence[Any], ...],
        read: Callable[[], list[T]],
        weigh: Callable[[list[T]], int],
    ) -> list[T]:
        """What `read` reads of a piece, `of` what; nobody may change it. Of hours it may have been
        read before."""
        if piece.width_s != HOUR_S:
            return read()
        hours = range(piece.start_ns // _HOUR_NS, -(-piece.end_ns // _HOUR_NS))
        return self._view.remembered((piece, *map(tuple, of)), hours, read, weigh)

    def coarse(
        self,
        plan: Plan,
        subjects: Sequence[Subject],
        services: Sequence[str],
        times: int,
        width_ns: int,
    ) -> Iterator[tuple[int, Buckets]]:
        """(start, durations) of what `sums` yields, in buckets that are so many times as wide,
        added up over times of a width."""
        for piece in plan.pieces:

            def read(piece: Piece = piece) -> list[tuple[int, Buckets]]:
                found: dict[int, Buckets] = defaultdict(Buckets)
                alone = Plan(piece.start_ns, piece.end_ns, (piece,))
                for one in self.sums(alone, subjects, services):
                    wide = histogram.coarser(one.measure.buckets, times)
                    histogram.add(found[one.start_ns - one.start_ns % width_ns], wide)
                return list(found.items())

            of = ("coarse", times, width_ns), subjects, services
            yield from self._remembered(piece, of, read, lambda rows: sum(len(b) for _, b in rows))

    def whole_sums(
        self, plan: Plan, subjects: Sequence[Subject], services: Sequence[str] = ()
    ) -> Iterator[tuple[Key, Measure]]:
        """What `sums` yields, with few measures of each key and without slots."""
        for pieces in _together(plan):
            if pieces[0].width_s == ROWS:
                for one in self._counted(pieces[0], subjects, services):
                    yield one.key, one.measure
            else:
                yield from self._added_up(pieces, subjects, services)

    def _counted(
        self, piece: Piece, subjects: Sequence[Subject], services: Sequence[str]
    ) -> Iterator[Sum]:
        minute_ns = piece.start_ns - piece.start_ns % _MINUTE_NS
        if Subject.CALLS in subjects:
            counted = self.cut.calls(minute_ns)
        else:
            counted = self.cut.measures(minute_ns, subjects)
        for (key, _), found in counted.items():
            ends = {key.service, key.name} if key.subject == Subject.CALLS else {key.service}
            if ends.isdisjoint(services) if services else key.service == ALL:
                continue
            yield Sum(key, minute_ns, ROWS, found)

    def _added_up(
        self, pieces: Sequence[Piece], subjects: Sequence[Subject], services: Sequence[str]
    ) -> list[tuple[Key, Measure]]:
        def read() -> list[tuple[Key, Measure]]:
            values = _asked(subjects, pieces, services)
            rows = self._view.rows(statements.added_up(bool(services)), values)
            return [_whole(*row) for row in rows]

        of = ("added up",), subjects, services
        return self._remembered(pieces[0], of, read, lambda sums: _weight(one for _, one in sums))

    def counts(
        self, plan: Plan, subjects: Sequence[Subject], services: Sequence[str]
    ) -> Iterator[tuple[Key, int, int]]:
        """(key, count, errors) of each key, in any number of parts."""
        for pieces in _together(plan):
            if pieces[0].width_s == ROWS:
                for key, _, _, found in self._counted(pieces[0], subjects, services):
                    yield key, found.count, found.errors
            else:
                yield from self._counts(pieces, subjects, services)

    def _counts(
        self, pieces: Sequence[Piece], subjects: Sequence[Subject], services: Sequence[str]
    ) -> list[tuple[Key, int, int]]:
        def read() -> list[tuple[Key, int, int]]:
            values = _asked(subjects, pieces, services)
            rows = self._view.rows(statements.counts(bool(services)), values)
            return [(Key(0, *of), count, errors) for *of, count, errors in rows]

        of = ("counts",), subjects, services
        return self._remembered(pieces[0], of, read, lambda rows: 3 * len(rows))

    def traces_gone(self, plan: Plan, services: Sequence[str]) -> int:
        """Traces that began in a range and whose rows are gone."""
        statement = statements.traces_gone(tuple(services))
        return sum(
            self._view.value(statement, statements.asked([Subject.TRACES], piece))
            for piece in plan.pieces
            if piece.width_s != ROWS
        )

    def plan(
        self, range_: TimeRange, subjects: Sequence[Subject], *, finest_s: int = HOUR_S
    ) -> Plan:
        """How to answer a range for some subjects."""
        ends = self.closed(range_)
        levels = _Levels(self, subjects, *ends)
        signals = [View.SPANS] if set(subjects) - OF_LOGS else []
        signals += [View.LOGS] if OF_LOGS & set(subjects) else []
        self.cut = CutMinutes(self._views, self._upto, signals, levels.cut(*ends))
        return plan(levels, *ends, finest_s=finest_s)

    def closed(self, range_: TimeRange) -> tuple[int, int]:
        """Both ends of a range; an open side ends with the first or last hour that counts."""
        start_ns, end_ns = range_.start_ns, range_.end_ns
        if start_ns is None or end_ns is None:
            ((first, last),) = self._view.rows(statements.ENDS)
            if start_ns is None:
                start_ns = first or 0
            if end_ns is None:
                end_ns = max(start_ns, 0 if last is None else last + HOUR_S * SECOND_NS)
        return max(0, start_ns), min(end_ns, INT64_MAX)

    def parts(self, signal: int, range_: TimeRange) -> Iterator[Part]:
        """The parts of all segments in which rows of a range can be."""
        for group in newest_first(self._views, signal, range_):
            yield from group.parts

    def within(self, part: Part, signal: int, range_: TimeRange) -> ColumnElement[bool]:
        """What holds for the rows of a part that lie in a range and are in the rollups."""
        table = part.view.spans if signal == View.SPANS else part.view.logs
        time = table.c.start_ns if signal == View.SPANS else table.c.time_ns
        last_id = self._upto.span_id if signal == View.SPANS else self._upto.log_id
        return and_(
            or_(*(table.c.id.between(first, last) for first, last in part.ranges)),
            table.c.id <= last_id,
            time >= range_.start_ns,
            time < range_.end_ns,
        )


def _together(plan: Plan) -> Iterator[list[Piece]]:
    """The pieces of a plan; what is read from minutes in twos."""
    minutes = [piece for piece in plan.pieces if piece.width_s == MINUTE_S]
    for first in range(0, len(minutes), 2):
        yield minutes[first : first + 2]
    yield from ([piece] for piece in plan.pieces if piece.width_s != MINUTE_S)


def _asked(
    subjects: Sequence[Subject], pieces: Sequence[Piece], services: Sequence[str]
) -> dict[str, Any]:
    other = pieces[1] if len(pieces) > 1 else None
    return statements.asked(subjects, pieces[0], services, other=other)


def _whole(*row: Any) -> tuple[Key, Measure]:
    *of, count, errors, millions, rest, first, last, texts = row
    duration_ns = millions * statements.MILLION + rest
    found = Measure(count, errors, duration_ns, first, last, histogram.decode_all(texts))
    return Key(0, *of), found


def _weight(measures: Iterable[Measure]) -> int:
    return sum(5 + len(one.buckets) + len(one.slots) for one in measures)


class _Levels:
    """The levels of some subjects around the ends of a range."""

    def __init__(
        self, numbers: Numbers, subjects: Sequence[Subject], start_ns: int, end_ns: int
    ) -> None:
        self._numbers = numbers
        self._subjects = subjects
        self._totals = numbers.around(subjects, start_ns, end_ns)

    def minutes_complete(self, hour_ns: int) -> bool:
        minutes, hour = (
            self._totals.get((width_s, hour_ns, HOUR_S), NOTHING) for width_s in (MINUTE_S, HOUR_S)
        )
        return minutes.records == hour.records

    def minute(self, start_ns: int) -> Total:
        return self._totals.get((MINUTE_S, start_ns, MINUTE_S), NOTHING)

    def records(self, width_s: int, start_ns: int, end_ns: int) -> int:
        return self._numbers.records(self._subjects, width_s, start_ns, end_ns)

    def cut(self, start_ns: int, end_ns: int) -> dict[int, MinutePart]:
        """The parts of minutes that may have to be counted from rows."""
        minutes = {at_ns - at_ns % _MINUTE_NS for at_ns in (start_ns, end_ns) if at_ns % _MINUTE_NS}
        return {
            minute: (max(start_ns, minute), min(end_ns, minute + _MINUTE_NS))
            for minute in sorted(minutes)
            if 0 < self.minute(minute).records <= MOST_ROWS
        }

    def rows_complete(self, minute_ns: int, total: int) -> bool:
        numbers = self._numbers
        if Subject.CALLS in self._subjects:
            total = numbers.records([Subject.SPANS], MINUTE_S, minute_ns, minute_ns + 1)
            complete = numbers.cut.count(minute_ns) == total
            return complete and numbers.cut.has_few_traces(minute_ns)
        return total <= MOST_ROWS and numbers.cut.count(minute_ns) == total
