"""Reads measures of a range for one tenant: from its rollups, and from its rows where they are cut.

Only rows that are in the rollups count, so that both say the same.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all

from argus.storage import TimeRange
from argus.storage.sql import histogram
from argus.storage.sql.edges import Calls
from argus.storage.sql.engine import View
from argus.storage.sql.measures import (
    ALL,
    HOUR_S,
    MINUTE_S,
    OF_LOGS,
    SECOND_NS,
    Key,
    Measure,
    Measures,
    Subject,
)
from argus.storage.sql.paging import INT64_MAX, Part, newest_first, overlaps
from argus.storage.sql.ranges import NOTHING, ROWS, Piece, Plan, Total, plan
from argus.storage.sql.recount import (
    add_operations,
    add_severities,
    select_calls,
    select_operations,
    select_severities,
)
from argus.storage.sql.spelling import contains, whole_parts
from argus.storage.sql.summaries import quoted_service
from argus.storage.sql.words import Among, trace_word

MOST_TRACES = 200
"""Traces of a cut minute whose calls are found anew; with more the range widens."""

_MINUTE_NS = MINUTE_S * SECOND_NS
_MILLION = 10**6
_LOOK_AROUND_NS = 3600 * SECOND_NS


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
        progress = self._view.rollup_progress
        ((self.last_span_id, self.last_log_id),) = self._view.rows(
            select(progress.c.span_id, progress.c.log_id)
        )
        self._names: dict[int, dict[int, str]] = {}

    def around(
        self, subjects: Sequence[Subject], start_ns: int, end_ns: int
    ) -> dict[tuple[int, int], Total]:
        """What rollups of the hours that the ends of a range lie in count, over all services, by
        width and start."""
        c = self._view.rollups.c
        hour_ns = HOUR_S * SECOND_NS
        # one statement for each stretch of the primary key: with OR the whole table is walked
        stretches = [
            select(
                c.width_s,
                c.start_ns,
                func.sum(c.count).label("n"),
                func.min(c.first_ns).label("first"),
                func.max(c.last_ns).label("last"),
            )
            .where(*self._in_piece(Piece(width_s, hour, hour + hour_ns), subjects))
            .group_by(c.width_s, c.start_ns)
            for width_s in (HOUR_S, MINUTE_S)
            for hour in sorted({at_ns - at_ns % hour_ns for at_ns in (start_ns, end_ns)})
        ]
        rows = self._view.rows(union_all(*stretches))
        return {(width_s, at_ns): Total(*found) for width_s, at_ns, *found in rows}

    def records(self, subjects: Sequence[Subject], width_s: int, start_ns: int, end_ns: int) -> int:
        """How many records the rollups of a width that start in a range count."""
        c = self._view.rollups.c
        piece = Piece(width_s, start_ns, end_ns)
        counted = select(func.coalesce(func.sum(c.count), 0))
        found: int = self._view.value(counted.where(*self._in_piece(piece, subjects)))
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
                keys = self._of(services, subjects, names)
                yield from self._stored(piece, subjects, keys, buckets, slots)

    def whole_sums(
        self, plan: Plan, subjects: Sequence[Subject], services: Sequence[str] = ()
    ) -> Iterator[tuple[Key, Measure]]:
        """What `sums` yields, with few measures of each key and without slots."""
        for piece in plan.pieces:
            if piece.width_s == ROWS:
                for one in self._counted(piece, subjects, services):
                    yield one.key, one.measure
            else:
                yield from self._added_up(piece, subjects, services)

    def _counted(
        self, piece: Piece, subjects: Sequence[Subject], services: Sequence[str]
    ) -> Iterator[Sum]:
        minute_ns = piece.start_ns - piece.start_ns % _MINUTE_NS
        if Subject.CALLS in subjects:
            counted = self.recount_calls(piece.start_ns, piece.end_ns) or {}
        else:
            counted = self.recount(piece.start_ns, piece.end_ns, subjects)
        for (key, _), found in counted.items():
            ends = {key.service, key.name} if key.subject == Subject.CALLS else {key.service}
            if ends.isdisjoint(services) if services else key.service == ALL:
                continue
            yield Sum(key, minute_ns, ROWS, found)

    def _stored(
        self,
        piece: Piece,
        subjects: Sequence[Subject],
        wanted: ColumnElement[bool],
        buckets: bool,
        slots: bool,
    ) -> Iterator[Sum]:
        c, keys = self._view.rollups.c, self._view.rollup_keys.c
        statement = select(
            c.subject, keys.service, keys.name, keys.detail, c.start_ns, c.count, c.errors,
            c.duration_ns, c.first_ns, c.last_ns,
            (c.buckets if buckets else literal("")).label("buckets"),
            (c.slots if slots else literal("")).label("slots"),
        ).join_from(self._view.rollups, self._view.rollup_keys, keys.id == c.key_id)  # fmt: skip
        statement = statement.where(*self._in_piece(piece, subjects), wanted)
        for subject, service, name, detail, at_ns, *values in self._view.rows(statement):
            key = Key(0, subject, service, name, detail)
            yield Sum(key, at_ns, piece.width_s, Measure.of(values))

    def _added_up(
        self, piece: Piece, subjects: Sequence[Subject], services: Sequence[str]
    ) -> Iterator[tuple[Key, Measure]]:
        c, keys = self._view.rollups.c, self._view.rollup_keys.c
        of_key = c.subject, keys.service, keys.name, keys.detail
        # a sum of durations may be more than the database's integers hold
        statement = select(
            *of_key, func.sum(c.count).label("n"), func.sum(c.errors).label("failed"),
            func.sum(whole_parts(c.duration_ns, _MILLION)).label("millions"),
            func.sum(c.duration_ns % _MILLION).label("rest"),
            func.min(c.first_ns).label("first"), func.max(c.last_ns).label("last"),
            func.aggregate_strings(c.buckets, "").label("buckets"),
        ).join_from(self._view.rollups, self._view.rollup_keys, keys.id == c.key_id)  # fmt: skip
        statement = statement.where(*self._in_piece(piece, subjects), self._of(services, subjects))
        for *of, count, errors, millions, rest, first, last, texts in self._view.rows(
            statement.group_by(*of_key)
        ):
            duration_ns = millions * _MILLION + rest
            found = Measure(count, errors, duration_ns, first, last, histogram.decode_all(texts))
            yield Key(0, *of), found

    def counts(
        self, plan: Plan, subjects: Sequence[Subject], services: Sequence[str]
    ) -> Iterator[tuple[Key, int, int]]:
        """(key, count, errors) of each key, in any number of parts."""
        c, keys = self._view.rollups.c, self._view.rollup_keys.c
        for piece in plan.pieces:
            if piece.width_s == ROWS:
                for key, _, _, found in self._counted(piece, subjects, services):
                    yield key, found.count, found.errors
                continue
            key_columns = c.subject, keys.service, keys.name, keys.detail
            statement = (
                select(
                    *key_columns, func.sum(c.count).label("n"), func.sum(c.errors).label("failed"),
                )
                .join_from(self._view.rollups, self._view.rollup_keys, keys.id == c.key_id)
                .where(*self._in_piece(piece, subjects), self._of(services, subjects))
                .group_by(*key_columns)
            )  # fmt: skip
            for subject, service, name, detail, count, errors in self._view.rows(statement):
                yield Key(0, subject, service, name, detail), count, errors

    def _in_piece(
        self, piece: Piece, subjects: Sequence[Subject]
    ) -> tuple[ColumnElement[bool], ...]:
        c = self._view.rollups.c
        return (
            c.subject.in_(subjects),
            c.width_s == piece.width_s,
            c.start_ns >= piece.start_ns,
            c.start_ns < piece.end_ns,
        )

    def _of(
        self, services: Sequence[str], subjects: Sequence[Subject], names: Sequence[str] = ()
    ) -> ColumnElement[bool]:
        c, keys = self._view.rollups.c, self._view.rollup_keys.c
        if names:
            named = select(keys.id).where(keys.subject.in_(subjects), keys.name.in_(names))
            return and_(c.key_id.in_(named), self._of(services, subjects))
        if not services:
            return keys.service != ALL
        callee = and_(keys.subject == Subject.CALLS, keys.name.in_(services))
        either = or_(keys.service.in_(services), callee)
        return c.key_id.in_(select(keys.id).where(keys.subject.in_(subjects), either))

    def traces_gone(self, plan: Plan, services: Sequence[str]) -> int:
        """Traces that began in a range and whose rows are gone."""
        c, keys = self._view.rollups.c, self._view.rollup_keys.c
        found = 0
        for piece in plan.pieces:
            counted = select(func.coalesce(func.sum(c.count), 0)).where(
                *self._in_piece(piece, [Subject.TRACES])
            )
            if services:
                joined = counted.join_from(
                    self._view.rollups, self._view.rollup_keys, keys.id == c.key_id
                )
                names = map(quoted_service, services)
                counted = joined.where(or_(*(contains(keys.service, n) for n in names)))
            found += self._view.value(counted)
        return found

    def plan(
        self, range_: TimeRange, subjects: Sequence[Subject], *, finest_s: int = HOUR_S
    ) -> Plan:
        """How to answer a range for some subjects."""
        ends = self.closed(range_)
        return plan(_Levels(self, subjects, *ends), *ends, finest_s=finest_s)

    def closed(self, range_: TimeRange) -> tuple[int, int]:
        """Both ends of a range; an open side ends with the first or last hour that counts."""
        start_ns, end_ns = range_.start_ns, range_.end_ns
        if start_ns is None or end_ns is None:
            c = self._view.rollups.c
            ends = select(func.min(c.start_ns).label("first"), func.max(c.start_ns).label("last"))
            ((first, last),) = self._view.rows(ends.where(c.width_s == HOUR_S))
            if start_ns is None:
                start_ns = first or 0
            if end_ns is None:
                end_ns = max(start_ns, 0 if last is None else last + HOUR_S * SECOND_NS)
        return max(0, start_ns), min(end_ns, INT64_MAX)

    def count_rows(self, minute_ns: int, signals: Sequence[int]) -> int:
        """The rows of a minute."""
        found: int = 0
        range_ = TimeRange(minute_ns, minute_ns + _MINUTE_NS)
        for signal in signals:
            for part in self.parts(signal, range_):
                table = part.view.spans if signal == View.SPANS else part.view.logs
                within = self.within(part, signal, range_)
                found += part.view.value(select(func.count()).select_from(table).where(within))
        return found

    def recount(self, start_ns: int, end_ns: int, subjects: Sequence[Subject]) -> Measures:
        """Measures of the rows in a part of a minute."""
        counted: Measures = {}
        range_ = TimeRange(start_ns, end_ns)
        if set(subjects) - OF_LOGS:
            for part in self.parts(View.SPANS, range_):
                statement = select_operations(part.view.spans)
                rows = part.view.rows(statement.where(self.within(part, View.SPANS, range_)))
                add_operations(rows, self._services(part.view), counted)
        if OF_LOGS & set(subjects):
            for part in self.parts(View.LOGS, range_):
                statement = select_severities(part.view.logs)
                rows = part.view.rows(statement.where(self.within(part, View.LOGS, range_)))
                add_severities(rows, self._services(part.view), counted)
        return {
            (key._replace(tenant_id=0), at_ns): found
            for (key, at_ns), found in counted.items()
            if key.subject in subjects
        }

    def recount_calls(self, start_ns: int, end_ns: int) -> Measures | None:
        """Calls measured by rows in a part of a minute; None when there are too many of them."""
        range_ = TimeRange(start_ns, end_ns)
        traces: set[str] = set()
        for part in self.parts(View.SPANS, range_):
            within = self.within(part, View.SPANS, range_)
            wanted = select(part.view.spans.c.trace_id).where(within).distinct()
            traces.update(id_ for (id_,) in part.view.rows(wanted.limit(MOST_TRACES + 1)))
        if len(traces) > MOST_TRACES:
            return None
        calls, counted = Calls(start_ns=start_ns, end_ns=end_ns), Measures()
        around = TimeRange(start_ns - _LOOK_AROUND_NS, end_ns + _LOOK_AROUND_NS)
        ids = sorted(bytes.fromhex(id_) for id_ in traces)
        words = Among(tuple(map(trace_word, ids)))
        for view in reversed(self._views):
            bounds = view.bounds(View.SPANS)
            if not ids or bounds is None or not overlaps(bounds, around):
                continue
            statement = select_calls(view.spans).where(
                view.spans.c.id.in_(view.span_ids(words, 0, self.last_span_id)),
                view.spans.c.trace_id.in_(ids),
            )
            rows = view.rows(statement.order_by(view.spans.c.id))
            calls.add(rows, self._services(view), counted)
        return {(key._replace(tenant_id=0), at): found for (key, at), found in counted.items()}

    def _services(self, view: View) -> dict[int, str]:
        names = self._names.get(view.segment_id)
        if names is None:
            found = view.rows(select(view.resources.c.id, view.resources.c.service_name))
            names = self._names[view.segment_id] = {id_: name for id_, name in found}
        return names

    def parts(self, signal: int, range_: TimeRange) -> Iterator[Part]:
        """The parts of all segments in which rows of a range can be."""
        for group in newest_first(self._views, signal, range_):
            yield from group.parts

    def within(self, part: Part, signal: int, range_: TimeRange) -> ColumnElement[bool]:
        """What holds for the rows of a part that lie in a range and are in the rollups."""
        table = part.view.spans if signal == View.SPANS else part.view.logs
        time = table.c.start_ns if signal == View.SPANS else table.c.time_ns
        last_id = self.last_span_id if signal == View.SPANS else self.last_log_id
        return and_(
            or_(*(table.c.id.between(first, last) for first, last in part.ranges)),
            table.c.id <= last_id,
            time >= range_.start_ns,
            time < range_.end_ns,
        )


class _Levels:
    """The levels of some subjects around the ends of a range."""

    def __init__(
        self, numbers: Numbers, subjects: Sequence[Subject], start_ns: int, end_ns: int
    ) -> None:
        self._numbers = numbers
        self._subjects = subjects
        self._totals = numbers.around(subjects, start_ns, end_ns)

    def hour(self, start_ns: int) -> Total:
        return self._totals.get((HOUR_S, start_ns), NOTHING)

    def minute(self, start_ns: int) -> Total:
        return self._totals.get((MINUTE_S, start_ns), NOTHING)

    def records(self, width_s: int, start_ns: int, end_ns: int) -> int:
        return self._numbers.records(self._subjects, width_s, start_ns, end_ns)

    def rows_complete(self, minute_ns: int, total: int) -> bool:
        numbers = self._numbers
        if Subject.CALLS in self._subjects:
            total = numbers.records([Subject.SPANS], MINUTE_S, minute_ns, minute_ns + 1)
            if numbers.count_rows(minute_ns, [View.SPANS]) != total:
                return False
            return numbers.recount_calls(minute_ns, minute_ns + _MINUTE_NS) is not None
        signals = [View.SPANS] if set(self._subjects) - OF_LOGS else []
        signals += [View.LOGS] if OF_LOGS & set(self._subjects) else []
        return numbers.count_rows(minute_ns, signals) == total
