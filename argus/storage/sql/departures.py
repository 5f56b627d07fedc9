"""Counts the traces of sealed segments ahead, so that dropping one does not have to read its rows.

What a segment counts lies ready in the control database. A reading that does not see the segment
any more adds it to its rollups; once nobody can see the segment, part after part moves there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    union,
)

from argus.storage.sql import tally
from argus.storage.sql.backend import Reading
from argus.storage.sql.bulk import Rows
from argus.storage.sql.control import Control
from argus.storage.sql.measures import MINUTE_S, SECOND_NS
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.segment import Segment
from argus.storage.sql.spelling import whole_parts
from argus.storage.sql.tables import (
    attached,
    pins,
    registry,
    rollup_kept,
    segment_traces,
    spans,
    straddling_parts,
    traces,
)
from argus.storage.sql.tally import Count

Taken = tuple[int, list[Count]]
"""A tenant and some of its traces."""

_PARTS = Rows(segment_traces)
_TRACE = tuple_(traces.c.tenant_id, traces.c.trace_id)
_MINUTE = whole_parts(traces.c.start_ns, literal_column(str(MINUTE_S * SECOND_NS)))
_GROUP = (traces.c.tenant_id, _MINUTE.label("minute"), traces.c.services)
_NOBODY = 0


class Departures:
    """Used by the upkeep thread."""

    def __init__(
        self, control: Control, reading: Callable[[], AbstractContextManager[Reading]]
    ) -> None:
        self._control = control
        self._reading = reading
        with control.transaction() as connection:
            known = select(segment_traces.c.segment_id).distinct()
            self._counted = set(connection.execute(known).scalars())

    def uncounted(self, segments: Iterable[Segment]) -> list[Segment]:
        """Those of some segments that are sealed and not counted yet."""
        return [one for one in segments if one.sealed and one.id not in self._counted]

    def count(self, segment: Segment) -> None:
        """Have the traces of a sealed segment counted, but for those that a cut took out."""
        if segment.id in self._counted:
            return
        with self._control.transaction() as connection:
            cut_ns = _cut_ns(connection, segment.id)
        counted = select(*_GROUP, func.count().label("n")).where(*_left_by(cut_ns))
        found = self._read(segment, counted.group_by(*_GROUP)) or {_NOBODY: []}
        with self._control.transaction() as connection:
            _forget(connection, segment.id)
            _store(connection, segment.id, found)
        self._counted.add(segment.id)

    def leaving(self, segment: Segment) -> Callable[[Connection], None]:
        """What has to be done in the transaction that lets a segment go: take back the traces that
        are still elsewhere, and those that are pinned."""
        self.count(segment)
        with self._control.transaction() as connection:
            cut_ns = _cut_ns(connection, segment.id)
        staying = _staying(segment.id)
        same = (staying.c.tenant_id == traces.c.tenant_id, staying.c.trace_id == traces.c.trace_id)
        of_here = select(*_GROUP, literal_column("-1").label("n")).join_from(
            staying, traces, and_(*same)
        )
        found = self._read(segment, of_here.where(*_left_by(cut_ns)))

        def note(connection: Connection) -> None:
            again = (segment_traces.c.segment_id == segment.id, segment_traces.c.part < 0)
            connection.execute(delete(segment_traces).where(*again))
            _store(connection, segment.id, found, taken_back=True)

        return note

    def cutting(self, segment: Segment, upto_ns: int) -> None:
        """A segment is about to lose its spans up to a time: count the traces that go, once."""
        with self._control.transaction() as connection:
            cut_ns = _cut_ns(connection, segment.id)
        if cut_ns is not None and cut_ns >= upto_ns:
            return
        staying = _staying(segment.id)
        gone = (
            *_left_by(cut_ns),
            _TRACE.not_in(_spans_after(upto_ns)),
            _TRACE.not_in(select(staying.c.tenant_id, staying.c.trace_id)),
        )
        counted = select(*_GROUP, func.count().label("n")).where(*gone)
        found = self._read(segment, counted.group_by(*_GROUP))
        with self._control.transaction() as connection:
            _forget(connection, segment.id)
            _store(connection, -segment.id, found)
            connection.execute(delete(rollup_kept).where(rollup_kept.c.segment_id == segment.id))
            connection.execute(insert(rollup_kept).values(segment_id=segment.id, upto_ns=upto_ns))
        self._counted.discard(segment.id)

    def _read(self, segment: Segment, statement: Select[Any]) -> dict[int, list[Count]]:
        found: dict[int, list[Count]] = defaultdict(list)
        with self._reading() as reading:
            for tenant_id, *count in packed_rows(reading.connection(segment), statement):
                found[tenant_id].append(Count(*count))
        return found


def take(connection: Connection) -> Taken | None:
    """Take out some traces whose rows nobody can see any more, inside a transaction that adds them
    to the rollups; None when there are none."""
    c = segment_traces.c
    key = (c.segment_id, c.tenant_id, c.part)
    gone = select(*key).where(c.segment_id.not_in(select(registry.c.id))).limit(1)
    found = connection.execute(gone).one_or_none()
    if found is None:
        return None
    this = [column == value for column, value in zip(key, found, strict=True)]
    text = connection.execute(select(c.counts).where(*this)).scalar_one()
    connection.execute(delete(segment_traces).where(*this))
    return found.tenant_id, tally.decode(text)


def _cut_ns(connection: Connection, number: int) -> int | None:
    kept = select(rollup_kept.c.upto_ns).where(rollup_kept.c.segment_id == number)
    found: int | None = connection.execute(kept).scalar_one_or_none()
    return found


def _spans_after(at_ns: int) -> Select[Any]:
    return select(spans.c.tenant_id, spans.c.trace_id).where(spans.c.start_ns > at_ns)


def _left_by(cut_ns: int | None) -> Sequence[ColumnElement[bool]]:
    """What holds for the traces that a cut did not count."""
    return () if cut_ns is None else (_TRACE.in_(_spans_after(cut_ns)),)


def _staying(number: int) -> FromClause:
    """The traces of a segment that do not go with it."""
    parts, pinned = attached(straddling_parts).c, attached(pins).c
    elsewhere = select(parts.tenant_id, parts.trace_id).where(parts.segment_id == number)
    return union(elsewhere, select(pinned.tenant_id, pinned.trace_id)).subquery("staying")


def _forget(connection: Connection, number: int) -> None:
    connection.execute(delete(segment_traces).where(segment_traces.c.segment_id == number))


def _store(
    connection: Connection, number: int, found: dict[int, list[Count]], *, taken_back: bool = False
) -> None:
    """Add parts; those that are taken back have negative numbers."""
    c = segment_traces.c
    last = select(func.max(func.abs(c.part))).where(c.segment_id == number)
    for tenant_id, counts in found.items():
        newest = connection.execute(last.where(c.tenant_id == tenant_id)).scalar_one()
        for part, text in enumerate(tally.encode(counts), (newest or 0) + 1):
            values = [number, tenant_id, -part if taken_back else part, text]
            _PARTS.insert(connection, values)
