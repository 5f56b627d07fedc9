"""Turns batches into rows of the active segment: rows, dictionaries, index and block bounds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from argus.model import Batch, LogRecord, Resource, Scope, Span
from argus.storage.sql.bulk import Rows
from argus.storage.sql.index import Index
from argus.storage.sql.tables import (
    BLOCK_BITS,
    FINE,
    FINE_BITS,
    LOG_SIGNAL,
    SPAN_SIGNAL,
    blocks,
    logs,
    patterns,
    resources,
    scopes,
    spans,
    tenants,
)
from argus.storage.sql.words import Documents

CHUNK = 4096
_MEMO_LIMIT = 65_536

_SPANS = Rows(spans)
_LOGS = Rows(logs)
RESOURCES = Rows(resources)
SCOPES = Rows(scopes)
PATTERNS = Rows(patterns, keys=("tenant_id", "id"), merge={"template": "new"})
_TENANTS = Rows(tenants, keys=("id",))
_BLOCKS = Rows(blocks, keys=("signal", "block"), merge={"min_ns": "min", "max_ns": "max"})


class Dictionary:
    """The ids of one dictionary table by tenant and key, with a bounded memory of them.

    What a transaction added is forgotten unless `keep` says that it was committed.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
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
        c = self._rows.table.c
        known = select(c.id).where(c.tenant_id == key[0], c.key == key[1])
        stored = connection.execute(known).scalar_one_or_none()
        if stored is not None:
            return int(stored)
        id_: int = (connection.execute(select(func.max(c.id))).scalar_one() or 0) + 1
        self._rows.insert(connection, [id_, key[0], *record])
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
        PATTERNS.insert(connection, list(rows))

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

    def __init__(self, index: Index, last_span_id: int, last_log_id: int) -> None:
        self._index = index
        self.last_span_id = self._span_id = last_span_id
        self.last_log_id = self._log_id = last_log_id
        self._resources = Dictionary(RESOURCES)
        self._scopes = Dictionary(SCOPES)
        self._patterns = PatternTexts()
        self._documents = Documents()
        self._tenants: set[int] = set()
        self._fresh_tenants: set[int] = set()
        self._bounds: dict[tuple[int, int], tuple[int, int]] = {}

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
        self._bounds.clear()
        for tenant_id, batch in batches:
            if tenant_id not in self._tenants and tenant_id not in self._fresh_tenants:
                _TENANTS.insert(connection, [tenant_id, batch.tenant])
                self._fresh_tenants.add(tenant_id)
        spans = self._insert_spans(
            connection, [(t, s) for t, batch in batches for s in batch.spans]
        )
        first_log_id = self._log_id + 1
        logs = self._insert_logs(connection, [(t, r) for t, batch in batches for r in batch.logs])
        _BLOCKS.insert(connection, [v for key, b in self._bounds.items() for v in (*key, *b)])
        self._patterns.insert(connection, batches)
        # The indexes last, in few statements: each multi-row statement opens a savepoint, at which
        # FTS5 writes out what it has gathered, and what is written out often is merged often.
        self._index.insert(connection, "span", spans)
        self._index.insert(connection, "log", logs)
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
            self._widen(SPAN_SIGNAL, BLOCK_BITS, first, times)
            self._widen(SPAN_SIGNAL + FINE, FINE_BITS, first, times)
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
            self._widen(LOG_SIGNAL, BLOCK_BITS, first, times)
            self._widen(LOG_SIGNAL + FINE, FINE_BITS, first, times)
            self._log_id += len(chunk)
        return documents

    def _widen(self, signal: int, bits: int, first_id: int, times: Sequence[int]) -> None:
        start = 0
        while start < len(times):
            block = first_id + start >> bits
            end = ((block + 1) << bits) - first_id
            some = times[start:end]
            low, high = self._bounds.get((signal, block), (some[0], some[0]))
            self._bounds[signal, block] = min(low, *some), max(high, *some)
            start = end


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
