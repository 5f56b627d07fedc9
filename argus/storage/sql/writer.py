"""Turns batches into rows of the active segment: rows, dictionaries, index and block bounds.

Rows go in as multi-row statements whose texts are made once: `executemany` takes the interpreter
lock once per row, and a compiled multi-row insert is compiled anew for every size.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table

from argus.model import Batch, LogRecord, Resource, Scope, Span
from argus.storage.sql.tables import (
    BLOCK_BITS,
    LOG_SIGNAL,
    SPAN_SIGNAL,
    logs,
    patterns,
    resources,
    scopes,
    spans,
    tenants,
)
from argus.storage.sql.words import Documents

CHUNK = 512
_SIZES = (CHUNK, 128, 32, 8, 2, 1)
_INDEX_SIZES = (8 * CHUNK, *_SIZES)
_MEMO_LIMIT = 65_536


class Statements:
    """The multi-row inserts into one table, one text per size."""

    def __init__(
        self,
        table: str,
        columns: Sequence[str],
        suffix: str = "",
        sizes: Sequence[int] = _SIZES,
    ) -> None:
        self.width = len(columns)
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        row = f"({', '.join('?' * self.width)})"
        self._texts = tuple((n, head + ", ".join([row] * n) + suffix) for n in sizes)

    @classmethod
    def of(cls, table: Table, suffix: str = "") -> "Statements":
        """Inserts of all columns, in the order of the table."""
        return cls(table.name, [column.name for column in table.columns], suffix)

    def insert(self, connection: Connection, flat: list[Any]) -> None:
        """Insert rows whose values follow each other in `flat`."""
        start, left = 0, len(flat) // self.width
        for size, text in self._texts:
            while left >= size:
                end = start + size * self.width
                connection.exec_driver_sql(text, tuple(flat[start:end]))
                start, left = end, left - size


_SPANS = Statements.of(spans)
_LOGS = Statements.of(logs)
_SPAN_WORDS = Statements("span_words", ("rowid", "words"), sizes=_INDEX_SIZES)
_LOG_WORDS = Statements("log_words", ("rowid", "words"), sizes=_INDEX_SIZES)
_RESOURCES = Statements.of(resources)
_SCOPES = Statements.of(scopes)
_PATTERNS = Statements.of(
    patterns, suffix=" ON CONFLICT (tenant_id, id) DO UPDATE SET template = excluded.template"
)
_TENANTS = Statements.of(tenants, suffix=" ON CONFLICT DO NOTHING")
_BLOCK = (
    "INSERT INTO blocks (signal, block, min_ns, max_ns) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (signal, block) DO UPDATE SET "
    "min_ns = min(min_ns, excluded.min_ns), max_ns = max(max_ns, excluded.max_ns)"
)


class Dictionary:
    """The ids of one dictionary table by tenant and key, with a bounded memory of them.

    What a transaction added is forgotten unless `keep` says that it was committed.
    """

    def __init__(self, table: Table, statements: Statements) -> None:
        self._table = table.name
        self._statements = statements
        self._ids: dict[tuple[int, bytes], int] = {}
        self._fresh: dict[tuple[int, bytes], int] = {}

    def id_of(self, connection: Connection, tenant_id: int, record: Resource | Scope) -> int:
        """The id of a record, which is inserted when the segment does not have it."""
        key = (tenant_id, record.key)
        known = self._ids.get(key) or self._fresh.get(key)
        if known is None:
            known = self._fresh[key] = self._stored(connection, key, record)
        return known

    def _stored(
        self, connection: Connection, key: tuple[int, bytes], record: Resource | Scope
    ) -> int:
        stored = connection.exec_driver_sql(
            f"SELECT id FROM {self._table} WHERE tenant_id = ? AND key = ?", key
        ).scalar_one_or_none()
        if stored is not None:
            return int(stored)
        newest = connection.exec_driver_sql(f"SELECT max(id) FROM {self._table}").scalar_one()
        id_ = (newest or 0) + 1
        self._statements.insert(connection, [id_, key[0], *record])
        return id_

    def keep(self) -> None:
        """The transaction was committed."""
        if len(self._ids) + len(self._fresh) > _MEMO_LIMIT:
            self._ids.clear()
        self._ids.update(self._fresh)
        self._fresh.clear()

    def forget(self) -> None:
        """The transaction was rolled back."""
        self._fresh.clear()


class PatternTexts:
    """The templates that a segment has. What a transaction added is forgotten unless `keep` says
    that it was committed."""

    def __init__(self) -> None:
        self._stored: dict[tuple[int, bytes], str] = {}
        self._fresh: dict[tuple[int, bytes], str] = {}

    def insert(self, connection: Connection, batches: Sequence[tuple[int, Batch]]) -> None:
        """Store the templates of batches, those that are new or wider."""
        for tenant_id, batch in batches:
            for id_, template in batch.patterns:
                if self._stored.get((tenant_id, id_)) != template:
                    self._fresh[tenant_id, id_] = template
        rows = (value for key, template in self._fresh.items() for value in (*key, template))
        _PATTERNS.insert(connection, list(rows))

    def keep(self) -> None:
        """The transaction was committed."""
        if len(self._stored) + len(self._fresh) > _MEMO_LIMIT:
            self._stored.clear()
        self._stored.update(self._fresh)
        self._fresh.clear()

    def forget(self) -> None:
        """The transaction was rolled back."""
        self._fresh.clear()


class SegmentWriter:
    """Inserts batches into one segment and gives every row its id.

    `insert` runs inside a transaction; then exactly one of `keep` and `forget` must follow.
    """

    def __init__(self, last_span_id: int, last_log_id: int) -> None:
        self.last_span_id = self._span_id = last_span_id
        self.last_log_id = self._log_id = last_log_id
        self._resources = Dictionary(resources, _RESOURCES)
        self._scopes = Dictionary(scopes, _SCOPES)
        self._patterns = PatternTexts()
        self._documents = Documents()
        self._tenants: set[int] = set()
        self._fresh_tenants: set[int] = set()

    def keep(self) -> None:
        """What `insert` did is committed: `last_span_id` and `last_log_id` move on."""
        self.last_span_id, self.last_log_id = self._span_id, self._log_id
        self._resources.keep()
        self._scopes.keep()
        self._patterns.keep()
        self._tenants |= self._fresh_tenants
        self._fresh_tenants.clear()

    def forget(self) -> None:
        """What `insert` did is rolled back."""
        self._span_id, self._log_id = self.last_span_id, self.last_log_id
        self._resources.forget()
        self._scopes.forget()
        self._patterns.forget()
        self._fresh_tenants.clear()

    def insert(self, connection: Connection, batches: Sequence[tuple[int, Batch]]) -> list[Batch]:
        """Insert the records of batches, each with the id of its tenant; the batches, numbered."""
        for tenant_id, batch in batches:
            if tenant_id not in self._tenants and tenant_id not in self._fresh_tenants:
                _TENANTS.insert(connection, [tenant_id, batch.tenant])
                self._fresh_tenants.add(tenant_id)
        spans = self._insert_spans(
            connection, [(t, s) for t, batch in batches for s in batch.spans]
        )
        first_log_id = self._log_id + 1
        logs = self._insert_logs(connection, [(t, r) for t, batch in batches for r in batch.logs])
        self._patterns.insert(connection, batches)
        # The indexes last, in few statements: each multi-row statement opens a savepoint, at which
        # FTS5 writes out what it has gathered, and what is written out often is merged often.
        _SPAN_WORDS.insert(connection, spans)
        _LOG_WORDS.insert(connection, logs)
        return _numbered([batch for _, batch in batches], first_log_id)

    def _insert_spans(self, connection: Connection, rows: list[tuple[int, Span]]) -> list[Any]:
        """Insert rows; returns their ids and documents."""
        documents: list[Any] = []
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            first = self._span_id + 1
            values: list[Any] = []
            resource = scope = tenant_id = None
            resource_id = scope_id = 0
            for id_, (tenant, span) in enumerate(chunk, first):
                if tenant != tenant_id or span.resource is not resource:
                    resource = span.resource
                    resource_id = self._resources.id_of(connection, tenant, resource)
                if tenant != tenant_id or span.scope is not scope:
                    scope = span.scope
                    scope_id = self._scopes.id_of(connection, tenant, scope)
                tenant_id = tenant
                values += _span_values(id_, tenant, resource_id, scope_id, span)
                documents += (id_, self._documents.of_span(span))
            _SPANS.insert(connection, values)
            times = [span.start_ns for _, span in chunk]
            _widen(connection, SPAN_SIGNAL, first, times)
            self._span_id += len(chunk)
        return documents

    def _insert_logs(self, connection: Connection, rows: list[tuple[int, LogRecord]]) -> list[Any]:
        """Insert rows; returns their ids and documents."""
        documents: list[Any] = []
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            first = self._log_id + 1
            values: list[Any] = []
            resource = scope = tenant_id = None
            resource_id = scope_id = 0
            for id_, (tenant, log) in enumerate(chunk, first):
                if tenant != tenant_id or log.resource is not resource:
                    resource = log.resource
                    resource_id = self._resources.id_of(connection, tenant, resource)
                if tenant != tenant_id or log.scope is not scope:
                    scope = log.scope
                    scope_id = self._scopes.id_of(connection, tenant, scope)
                tenant_id = tenant
                values += _log_values(id_, tenant, resource_id, scope_id, log)
                documents += (id_, self._documents.of_log(log))
            _LOGS.insert(connection, values)
            times = [log.time_ns for _, log in chunk]
            _widen(connection, LOG_SIGNAL, first, times)
            self._log_id += len(chunk)
        return documents


def _numbered(batches: Sequence[Batch], first_log_id: int) -> list[Batch]:
    numbered = []
    for batch in batches:
        if batch.logs:
            batch = replace(batch, first_log_id=first_log_id)
            first_log_id += len(batch.logs)
        numbered.append(batch)
    return numbered


def _span_values(
    id_: int, tenant_id: int, resource_id: int, scope_id: int, span: Span
) -> tuple[Any, ...]:
    (
        _, _, trace_id, span_id, parent_span_id, name, kind, start_ns, end_ns, status,
        status_message, trace_state, flags, attributes, dropped_attributes_count,
        events, dropped_events_count, links, dropped_links_count, _,
    ) = span  # fmt: skip
    return (
        id_, tenant_id, resource_id, scope_id, start_ns, end_ns, kind, status,
        trace_id, span_id, parent_span_id, flags,
        dropped_attributes_count, dropped_events_count, dropped_links_count,
        name, status_message, trace_state, attributes, events, links,
    )  # fmt: skip


def _log_values(
    id_: int, tenant_id: int, resource_id: int, scope_id: int, log: LogRecord
) -> tuple[Any, ...]:
    return (
        id_, tenant_id, resource_id, scope_id, log.time_ns, log.severity, log.severity_number,
        log.trace_id, log.span_id, log.observed_ns, log.flags, log.dropped_attributes_count,
        log.severity_text, log.event_name, log.body, log.attributes, log.pattern_id,
    )  # fmt: skip


def _widen(connection: Connection, signal: int, first_id: int, times: list[int]) -> None:
    # A chunk that straddles two blocks widens both with its own bounds: wider is never wrong.
    low, high = min(times), max(times)
    last_id = first_id + len(times) - 1
    for block in range(first_id >> BLOCK_BITS, (last_id >> BLOCK_BITS) + 1):
        connection.exec_driver_sql(_BLOCK, (signal, block, low, high))
