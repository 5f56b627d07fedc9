"""Leaves out of a commit what was stored before: whole requests by their key, then single spans."""

import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from argus.model import Batch
from argus.storage.sql.duplicates import Known, SpanWindow, span_key
from argus.storage.sql.seen import WINDOW_ITEMS, WINDOW_S, Seen
from argus.storage.sql.tables import applied_batches
from argus.storage.sql.words import trace_word
from argus.storage.sql.writer import Statements

Owned = tuple[int, Batch]
"""A batch with the id of its tenant."""

_KEYS = Statements("applied_batches", ("key", "received_ns"))
_RESTORED_AT_ONCE = 10_000
_SPANS_AT_ONCE = 20_000


class ExactlyOnce:
    """Knows what one segment holds. Used by the writer thread only.

    `admit` runs inside the transaction that stores what it lets pass; after a rollback `forget`
    must follow. What was stored before this start is read by `restore`, step by step.
    """

    def __init__(self) -> None:
        self._requests = Seen()
        self._traces = Seen()
        self._connection: Connection | None = None
        self._window = SpanWindow(self._stored_spans, self._traces)
        self._next_request: int | None = None
        self._next_trace: int | None = None

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
            batch.key
            for _, batch in owned
            if batch.key and (batch.key in self._requests or batch.received_ns < window)
        }
        repeated = _applied(connection, sorted(suspects))
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

    def _stored_spans(self, trace_keys: Sequence[bytes]) -> dict[bytes, Known]:
        """The span keys of stored traces, read in the running transaction."""
        assert self._connection is not None
        ids = {key[-16:] for key in trace_keys}
        found = self._connection.exec_driver_sql(
            "SELECT tenant_id, trace_id, span_id, kind FROM spans WHERE id IN "
            "(SELECT rowid FROM span_words WHERE span_words MATCH ?)",
            (" OR ".join(f'"{trace_word(trace_id)}"' for trace_id in ids),),
        )
        stored: dict[bytes, Known] = {}
        for tenant_id, trace_id, span_id, kind in found:
            key = SpanWindow.trace_key(tenant_id, trace_id)
            stored.setdefault(key, set()).add(span_key(span_id, kind))
        return stored

    def restore(self, connection: Connection) -> bool:
        """Read some of what was stored before this start, newest first; False when that is all.

        Until then every request and every trace is looked up, which is slower but as exact.
        """
        more = self._restore_requests(connection)
        return self._restore_traces(connection) or more

    def _restore_requests(self, connection: Connection) -> bool:
        oldest = time.time_ns() - int(WINDOW_S * 1e9)
        rows = connection.exec_driver_sql(
            "SELECT rowid, key FROM applied_batches WHERE rowid < ? AND received_ns >= ? "
            "ORDER BY rowid DESC LIMIT ?",
            (self._below(self._next_request), oldest, _RESTORED_AT_ONCE),
        ).all()
        self._requests.restore(key for _, key in rows)
        if len(rows) < _RESTORED_AT_ONCE:
            self._requests.complete()
            self._next_request = 0
            return False
        self._next_request = rows[-1][0]
        return True

    def _restore_traces(self, connection: Connection) -> bool:
        newest = connection.exec_driver_sql("SELECT max(id) FROM spans").scalar_one() or 0
        below = newest + 1 if self._next_trace is None else self._next_trace
        oldest = max(0, newest - WINDOW_ITEMS, below - _SPANS_AT_ONCE)
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT tenant_id, trace_id FROM spans WHERE id < ? AND id >= ?",
            (below, oldest),
        ).all()
        self._traces.restore(SpanWindow.trace_key(tenant, trace) for tenant, trace in rows)
        self._next_trace = oldest
        if oldest in (0, newest - WINDOW_ITEMS):
            self._traces.complete()
            return False
        return True

    @staticmethod
    def _below(row_id: int | None) -> int:
        return 2**63 - 1 if row_id is None else row_id


def _applied(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that were stored."""
    found: set[bytes] = set()
    for start in range(0, len(keys), 512):
        some = tuple(keys[start : start + 512])
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(
            f"SELECT key FROM {applied_batches.name} WHERE key IN ({marks})", some
        )
        found.update(row[0] for row in rows)
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
