"""Leaves out of a commit what was stored before: whole requests by their key, then single spans."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from argus.model import Batch
from argus.storage.sql.backend import Reading
from argus.storage.sql.bulk import Rows
from argus.storage.sql.duplicates import Known, SpanWindow, span_key
from argus.storage.sql.index import INT64_MAX, Index
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.seen import WINDOW_ITEMS, WINDOW_S, Seen
from argus.storage.sql.segment import Segment
from argus.storage.sql.tables import PINNED, applied_batches, spans
from argus.storage.sql.trace_filter import TraceFilter
from argus.storage.sql.words import Among, trace_word

Owned = tuple[int, Batch]
"""A batch with the id of its tenant."""

_KEYS = Rows(applied_batches, columns=("key", "received_ns"))
_RESTORED_AT_ONCE = 4_000
_SPANS_AT_ONCE = 8_000
_REQUESTS = select(applied_batches.c.key)
_TRACES = select(spans.c.tenant_id, spans.c.trace_id).distinct()


class ExactlyOnce:
    """Knows what is stored, across segments. Used by the writer thread only.

    `admit` runs inside the transaction that stores what it lets pass; after a rollback `forget`
    must follow. What was stored before this start is read by `restore`, step by step.
    """

    def __init__(
        self,
        index: Index,
        reading: Callable[[], AbstractContextManager[Reading]],
        traces: TraceFilter,
    ) -> None:
        self._index = index
        self._reading = reading
        self._filter = traces
        self._requests = Seen()
        self._traces = Seen()
        self._connection: Connection | None = None
        self._window = SpanWindow(self._stored_spans, self._traces)
        self._steps = self._restoring()

    def admit(self, connection: Connection, owned: Sequence[Owned]) -> list[Owned]:
        """The same batches, without what was stored before; a repeated request is left empty."""
        self._connection = connection
        admitted = self._without_repeated_requests(connection, owned)
        flat = [(tenant, span) for tenant, batch in admitted for span in batch.spans]
        repeated = self._window.repeated(flat) if flat else []
        return _without_spans(admitted, repeated) if repeated else admitted

    def forget(self) -> None:
        """The transaction was rolled back."""
        self._window.forget()

    def _without_repeated_requests(
        self, connection: Connection, owned: Sequence[Owned]
    ) -> list[Owned]:
        # what arrived before the window comes from the dead-letter queue: the filter forgot it
        window = time.time_ns() - int(WINDOW_S * 1e9)
        suspects = {
            batch.key: batch.received_ns
            for _, batch in owned
            if batch.key and (batch.key in self._requests or batch.received_ns < window)
        }
        repeated = self._applied(connection, suspects) if suspects else set()
        admitted: list[Owned] = []
        rows: list[bytes | int] = []
        for tenant, batch in owned:
            if batch.key in repeated:
                batch = replace(batch, spans=(), logs=())
            elif batch.key:
                repeated.add(batch.key)
                self._requests.add(batch.key)
                rows += (batch.key, batch.received_ns)
            admitted.append((tenant, batch))
        _KEYS.insert(connection, rows)
        return admitted

    def _applied(self, connection: Connection, received_ns: Mapping[bytes, int]) -> set[bytes]:
        """Those of the keys that were stored: not before they were received."""
        keys, oldest = sorted(received_ns), min(received_ns.values())
        found = _applied(connection, keys)
        with self._reading() as reading:
            for segment in reading.segments[1:]:
                if segment.id != PINNED and (segment.sealed_ns or oldest) >= oldest:
                    found |= _applied(reading.connection(segment), keys)
        return found

    def _stored_spans(self, trace_keys: Sequence[bytes]) -> dict[bytes, Known]:
        """The span keys of stored traces: those the running transaction sees, and sealed ones."""
        assert self._connection is not None
        ids = {key[-16:] for key in trace_keys}
        stored: dict[bytes, Known] = {}
        self._add_spans(stored, self._connection, ids)
        with self._reading() as reading:
            window = {segment.id: segment for segment in _window(reading)[1:]}
            for number, some in self._filter.candidates(ids, window.keys()).items():
                self._add_spans(stored, reading.connection(window[number]), some)
        return stored

    def _add_spans(
        self, stored: dict[bytes, Known], connection: Connection, trace_ids: Iterable[bytes]
    ) -> None:
        words = Among(tuple(map(trace_word, trace_ids)))
        c = spans.c
        ids = self._index.ids("span", words, 0, INT64_MAX)
        found = select(c.tenant_id, c.trace_id, c.span_id, c.kind).where(c.id.in_(ids))
        for tenant_id, trace_id, span_id, kind in connection.execute(found):
            key = SpanWindow.trace_key(tenant_id, trace_id)
            stored.setdefault(key, set()).add(span_key(span_id, kind))

    def restore(self) -> bool:
        """Read some of what was stored before this start, newest first; False when that is all.

        Until then every request and every trace is looked up, which is slower but as exact.
        """
        return next(self._steps, False)

    def _restoring(self) -> Iterator[bool]:
        with self._reading() as reading:
            window = _window(reading)
        for segment in window:
            yield from self._restored(
                segment, _REQUESTS, applied_batches.c.id, _RESTORED_AT_ONCE, self._add_requests
            )
        self._requests.complete()
        for segment in window:
            yield from self._restored(
                segment, _TRACES, spans.c.id, _SPANS_AT_ONCE, self._add_traces
            )
        self._traces.complete()

    def _restored(
        self,
        segment: Segment,
        some: Select[Any],
        id_: ColumnElement[int],
        step: int,
        add: Callable[[list[list[Any]]], None],
    ) -> Iterator[bool]:
        below: int | None = None
        while True:
            with self._reading() as reading:
                if all(segment.id != one.id for one in reading.segments):
                    return
                connection = reading.connection(_current(reading, segment))
                if below is None:
                    below = (connection.execute(select(func.max(id_))).scalar_one() or 0) + 1
                oldest = max(0, below - step)
                add(packed_rows(connection, some.where(id_ < below, id_ >= oldest)))
                first = connection.execute(select(func.min(id_))).scalar_one()
            if first is None or oldest <= first:
                return
            below = oldest
            yield True

    def _add_requests(self, rows: list[list[Any]]) -> None:
        self._requests.restore(bytes.fromhex(key) for (key,) in rows)

    def _add_traces(self, rows: list[list[Any]]) -> None:
        self._traces.restore(
            SpanWindow.trace_key(tenant, bytes.fromhex(trace)) for tenant, trace in rows
        )


def _window(reading: Reading) -> list[Segment]:
    """The segments within the window of an hour or WINDOW_ITEMS spans, the active one first."""
    active, *others = reading.segments
    oldest_ns = time.time_ns() - int(WINDOW_S * 1e9)
    oldest_id = active.first_span_id - WINDOW_ITEMS
    return [active] + [
        segment
        for segment in others
        if segment.id != PINNED
        and (segment.sealed_ns or oldest_ns) >= oldest_ns
        and (segment.last_span_id or 0) >= oldest_id
    ]


def _current(reading: Reading, segment: Segment) -> Segment:
    return next(one for one in reading.segments if one.id == segment.id)


def _applied(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that one segment has."""
    found: set[bytes] = set()
    for start in range(0, len(keys), 512):
        some = applied_batches.c.key.in_(keys[start : start + 512])
        found.update(connection.execute(_REQUESTS.where(some)).scalars())
    return found


def _without_spans(owned: Sequence[Owned], positions: Sequence[int]) -> list[Owned]:
    """The batches without the spans at these positions of their concatenation."""
    left_out = set(positions)
    kept: list[Owned] = []
    first = 0
    for tenant, batch in owned:
        last = first + len(batch.spans)
        if not left_out.isdisjoint(range(first, last)):
            spans = [span for at, span in enumerate(batch.spans, first) if at not in left_out]
            batch = replace(batch, spans=spans)
        kept.append((tenant, batch))
        first = last
    return kept
