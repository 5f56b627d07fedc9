"""Keeps the whole summaries of traces that have spans in more than one segment.

A segment's own summaries are of its own spans, so that nothing in a sealed one has to change. A
trace that turns up in a second segment gets a row here, made from its parts and made anew whenever
one of them changes or goes; lists take it instead of the parts.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, delete, select, tuple_

from argus.storage.sql.backend import Reading
from argus.storage.sql.bulk import Rows
from argus.storage.sql.control import Control
from argus.storage.sql.segment import Segment
from argus.storage.sql.summaries import Summary, all_stored, stored, upsert
from argus.storage.sql.tables import straddling, straddling_parts
from argus.storage.sql.trace_filter import TraceFilter

Key = tuple[int, bytes]

_AT_ONCE = 500
_PARTS = Rows(straddling_parts, keys=("segment_id", "tenant_id", "trace_id"))


class Straddling:
    """Used by upkeep threads; one change at a time, each of them complete after a crash or redone
    by the fold that caused it."""

    def __init__(
        self,
        control: Control,
        reading: Callable[[], AbstractContextManager[Reading]],
        traces: TraceFilter,
    ) -> None:
        self._control = control
        self._reading = reading
        self._traces = traces
        self._lock = threading.Lock()

    def join(self, segment_id: int, parts: Sequence[Summary], leaving: int | None = None) -> None:
        """Summaries of a segment are about to be stored in it: join those that straddle. They
        stand for what a segment that is `leaving` has."""
        with self._lock, self._reading() as reading:
            others = [s for s in reading.segments if s.id not in (segment_id, leaving)]
            found = self._parts(reading, others, parts)
            joined: list[Summary] = []
            rows: list[int | bytes] = []
            for part in parts:
                if elsewhere := found.get(part.key):
                    joined.append(_merged([*elsewhere, (segment_id, part)]))
                    for number in (segment_id, *(number for number, _ in elsewhere)):
                        rows += (number, *part.key)
            self._store(joined, rows)

    def join_all(self, segment: Segment) -> None:
        """Join all traces of a segment, for which that was never done."""
        after = 0
        while True:
            with self._reading() as reading:
                some, after = all_stored(reading.connection(segment), after)
            if not some:
                return
            self.join(segment.id, some)

    def renew(self, segment_id: int) -> None:
        """A segment lost spans, or is not among the segments any more."""
        wanted = select(straddling_parts.c.tenant_id, straddling_parts.c.trace_id).where(
            straddling_parts.c.segment_id == segment_id
        )
        with self._control.transaction() as connection:
            keys = [(row.tenant_id, row.trace_id) for row in connection.execute(wanted)]
        for start in range(0, len(keys), _AT_ONCE):
            with self._lock, self._reading() as reading:
                self._renew(reading, keys[start : start + _AT_ONCE])

    def _renew(self, reading: Reading, keys: Sequence[Key]) -> None:
        columns = straddling_parts.c
        of_keys = tuple_(columns.tenant_id, columns.trace_id).in_(keys)
        with self._control.transaction() as connection:
            rows = connection.execute(select(straddling_parts).where(of_keys)).all()
        by_segment: dict[int, list[Key]] = defaultdict(list)
        for row in rows:
            by_segment[row.segment_id].append((row.tenant_id, row.trace_id))
        parts: dict[Key, list[tuple[int, Summary]]] = defaultdict(list)
        for segment in reading.segments:
            for part in stored(reading.connection(segment), by_segment[segment.id]):
                parts[part.key].append((segment.id, part))
        whole = {key: found for key, found in parts.items() if len(found) > 1}
        with self._control.transaction() as connection:
            connection.execute(delete(straddling_parts).where(of_keys))
            gone = [key for key in keys if key not in whole]
            traces = straddling.c
            if gone:
                of_gone = tuple_(traces.tenant_id, traces.trace_id).in_(gone)
                connection.execute(delete(straddling).where(of_gone))
            _write(
                connection,
                [_merged(found) for found in whole.values()],
                [v for key, found in whole.items() for number, _ in found for v in (number, *key)],
            )

    def _parts(
        self, reading: Reading, others: Collection[Segment], parts: Iterable[Summary]
    ) -> dict[Key, list[tuple[int, Summary]]]:
        tenants: dict[bytes, list[Key]] = defaultdict(list)
        for part in parts:
            tenants[part.trace_id].append(part.key)
        by_id = {segment.id: segment for segment in others}
        found: dict[Key, list[tuple[int, Summary]]] = defaultdict(list)
        for number, trace_ids in self._traces.candidates(tenants, by_id.keys()).items():
            keys = [key for trace_id in trace_ids for key in tenants[trace_id]]
            for part in stored(reading.connection(by_id[number]), keys):
                found[part.key].append((number, part))
        return found

    def _store(self, joined: list[Summary], rows: list[int | bytes]) -> None:
        # the whole first: a list takes it over its parts, and must not miss both
        for start in range(0, len(joined), _AT_ONCE):
            with self._control.transaction() as connection:
                _write(connection, joined[start : start + _AT_ONCE], [])
        step = _AT_ONCE * _PARTS.width
        for start in range(0, len(rows), step):
            with self._control.transaction() as connection:
                _write(connection, [], rows[start : start + step])


def _write(connection: Connection, joined: list[Summary], rows: list[int | bytes]) -> None:
    upsert("straddling", connection, joined)
    _PARTS.insert(connection, rows)


def _merged(parts: list[tuple[int, Summary]]) -> Summary:
    """The summary of all parts; those of lower segments are older. The parts stay as they are."""
    (_, first), *rest = sorted(parts, key=lambda pair: pair[0])
    whole = first.copy()
    for _, part in rest:
        whole.merge(part)
    return whole
