"""Keeps pinned traces: before their segment goes, they are copied to a segment that stays."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from argus.model import Resource, Scope
from argus.storage.sql import rewrite, summaries
from argus.storage.sql.bulk import Rows
from argus.storage.sql.control import Control
from argus.storage.sql.engine import Database
from argus.storage.sql.index import INT64_MAX, Index, Kind
from argus.storage.sql.straddling import Straddling
from argus.storage.sql.tables import PINNED, logs, patterns, pins, spans, tenants
from argus.storage.sql.words import Among, trace_word
from argus.storage.sql.writer import PATTERNS, RESOURCES, SCOPES, Dictionary

_AT_ONCE = 64
_KINDS: tuple[tuple[Kind, Rows], ...] = (
    ("span", Rows(spans, keys=("id",))),
    ("log", Rows(logs, keys=("id",))),
)
_TENANTS = Rows(tenants, keys=("id",))


class Pins:
    """Used by the upkeep thread."""

    def __init__(self, database: Database, control: Control, straddling: Straddling) -> None:
        self._segments = database.segments
        self._database = database
        self._control = control
        self._straddling = straddling

    def pin(self, tenant_id: int, trace_id: bytes) -> None:
        """Let a trace outlive its segment. Pinning it again changes nothing."""
        key = (pins.c.tenant_id == tenant_id) & (pins.c.trace_id == trace_id)
        with self._control.transaction() as connection:
            if connection.execute(select(pins.c.pinned_ns).where(key)).first() is None:
                row = {"tenant_id": tenant_id, "trace_id": trace_id, "pinned_ns": time.time_ns()}
                connection.execute(insert(pins).values(row))

    def unpin(self, tenant_id: int, trace_id: bytes) -> None:
        """Let a trace go; what was copied of it is deleted."""
        key = (pins.c.tenant_id == tenant_id) & (pins.c.trace_id == trace_id)
        with self._control.transaction() as connection:
            connection.execute(delete(pins).where(key))
        backend = self._segments.backend
        if not backend.exists(PINNED):
            return
        with backend.writer(PINNED) as connection, connection.begin():
            for table in (spans, logs):
                of_trace = (table.c.tenant_id == tenant_id) & (table.c.trace_id == trace_id)
                connection.execute(delete(table).where(of_trace))
            rewrite.delete_unused(connection)
            rewrite.settle_spans(connection, backend.index)
            rewrite.settle_logs(connection, backend.index)
        self._straddling.renew(PINNED)

    def all(self) -> list[tuple[int, bytes]]:
        """(tenant, trace id) of each pinned trace."""
        with self._control.transaction() as connection:
            return [(row.tenant_id, row.trace_id) for row in connection.execute(select(pins))]

    def keep(self, number: int, leave: Callable[[], None]) -> tuple[int, int]:
        """Copy what a settled segment holds of pinned traces, and call `leave`, after which no
        reading sees the segment; how many spans and log records were copied.

        No reading sees a trace twice or not at all. Copying again changes nothing.
        """
        pinned = self.all()
        counts = (0, 0)
        backend = self._segments.backend
        if pinned:
            self._segments.open_pinned()
        with ExitStack() as held:
            if pinned:
                connection = held.enter_context(backend.writer(PINNED))
                source = held.enter_context(backend.reader(number, settled=True))
                transaction = connection.begin()
                counts = self._copy(source, connection, pinned)
                if any(counts):
                    copied = summaries.stored(connection, pinned)
                    self._straddling.join(PINNED, copied, leaving=number)
            with self._database.no_reading_begins():
                if pinned:
                    transaction.commit()
                leave()
        return counts

    def _copy(
        self, source: Connection, connection: Connection, pinned: list[tuple[int, bytes]]
    ) -> tuple[int, int]:
        index = self._segments.backend.index
        found = {kind: list(_kept(source, index, kind, rows, pinned)) for kind, rows in _KINDS}
        counts = len(found["span"]), len(found["log"])
        if not any(counts):
            return counts
        names = source.execute(select(tenants.c.id, tenants.c.name))
        _TENANTS.insert(connection, [value for row in names for value in row])
        _copy_patterns(source, connection, found["log"])
        ids = _Ids(source, connection)
        for kind, rows in _KINDS:
            rows.insert(connection, [value for row in found[kind] for value in ids.moved(row)])
        rewrite.settle_spans(connection, index)
        rewrite.settle_logs(connection, index)
        return counts


def _kept(
    source: Connection, index: Index, kind: Kind, rows: Rows, pinned: list[tuple[int, bytes]]
) -> Iterator[Row[Any]]:
    """The rows of pinned traces in a segment."""
    c, wanted = rows.table.c, set(pinned)
    ids = list(dict.fromkeys(trace_id for _, trace_id in pinned))
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        matching = index.ids(kind, Among(tuple(map(trace_word, some))), 0, INT64_MAX)
        statement = select(rows.table).where(c.id.in_(matching), c.trace_id.in_(some))
        for row in source.execute(statement):
            if (row.tenant_id, row.trace_id) in wanted:
                yield row


def _copy_patterns(source: Connection, connection: Connection, records: list[Row[Any]]) -> None:
    c, wanted = patterns.c, {(record.tenant_id, record.pattern_id) for record in records}
    ids = sorted({id_ for _, id_ in wanted if id_})
    for start in range(0, len(ids), _AT_ONCE):
        some = select(patterns).where(c.id.in_(ids[start : start + _AT_ONCE]))
        rows = [row for row in source.execute(some) if (row.tenant_id, row.id) in wanted]
        PATTERNS.insert(connection, [value for row in rows for value in row])


class _Ids:
    """Brings resources and scopes along with the rows that name them."""

    def __init__(self, source: Connection, connection: Connection) -> None:
        self._connection = connection
        self._dictionaries = (Dictionary(RESOURCES), Dictionary(SCOPES))
        self._records: list[dict[int, Any]] = []
        for rows in (RESOURCES, SCOPES):
            kind = Resource if rows is RESOURCES else Scope
            found = source.execute(select(rows.table))
            self._records.append({id_: kind(*values) for id_, _, *values in found})

    def moved(self, row: Sequence[Any]) -> list[Any]:
        """A row with the ids of here; its second to fourth value are tenant, resource, scope."""
        (
            id_,
            tenant_id,
            *ids,
        ) = row[:4]
        here = [
            dictionary.id_of(self._connection, tenant_id, records[of])
            for dictionary, records, of in zip(self._dictionaries, self._records, ids, strict=True)
        ]
        return [id_, tenant_id, *here, *row[4:]]
