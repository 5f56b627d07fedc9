"""Keeps pinned traces: before their segment goes, they are copied to a segment that stays."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from sqlalchemy import Connection, delete, insert, select

from argus.storage.sql import rewrite, summaries
from argus.storage.sql.control import Control
from argus.storage.sql.engine import Database
from argus.storage.sql.straddling import Straddling
from argus.storage.sql.tables import PINNED, pins
from argus.storage.sql.words import trace_word

_DICTIONARIES = """
INSERT INTO {0}s ({1}) SELECT {1} FROM source.{0}s
WHERE id IN (SELECT {0}_id FROM source.spans WHERE id IN temp.kept_spans
             UNION SELECT {0}_id FROM source_logs WHERE id IN temp.kept_logs)
ON CONFLICT DO NOTHING
"""
_PATTERNS = """
INSERT INTO patterns SELECT tenant_id, id, template FROM source_patterns
WHERE (tenant_id, id) IN
  (SELECT tenant_id, pattern_id FROM source_logs WHERE id IN temp.kept_logs)
ON CONFLICT DO UPDATE SET template = excluded.template
"""
_KEPT = """
INSERT OR IGNORE INTO temp.kept_{kind}s SELECT id FROM source.{kind}s
WHERE id IN (SELECT rowid FROM source.{kind}_words WHERE {kind}_words MATCH ?)
  AND tenant_id = ? AND trace_id = ?
"""
_ROWS = """
INSERT OR IGNORE INTO {kind}s ({columns}) SELECT {values} FROM {source} o
JOIN source.resources r ON r.id = o.resource_id
JOIN main.resources mr ON mr.tenant_id = r.tenant_id AND mr.key = r.key
JOIN source.scopes c ON c.id = o.scope_id
JOIN main.scopes mc ON mc.tenant_id = c.tenant_id AND mc.key = c.key
WHERE o.id IN temp.kept_{kind}s
"""


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
        if not self._segments.files.exists(PINNED):
            return
        with self._segments.files.writer(PINNED) as connection, connection.begin():
            for table in ("spans", "logs"):
                connection.exec_driver_sql(
                    f"DELETE FROM {table} WHERE tenant_id = ? AND trace_id = ?",
                    (tenant_id, trace_id),
                )
            rewrite.delete_unused(connection)
            rewrite.settle_spans(connection)
            rewrite.settle_logs(connection)
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
        files = self._segments.files
        if pinned:
            self._segments.open_pinned()
        with ExitStack() as held:
            if pinned:
                connection = held.enter_context(files.writer(PINNED))
                files.attach(connection, number)
                transaction = connection.begin()
                counts = _copy(connection, pinned)
                if any(counts):
                    copied = summaries.stored(connection, pinned)
                    self._straddling.join(PINNED, copied, leaving=number)
            with self._database.no_reading_begins():
                if pinned:
                    transaction.commit()
                leave()
        return counts


def _copy(connection: Connection, pinned: list[tuple[int, bytes]]) -> tuple[int, int]:
    for kind in ("span", "log"):
        connection.exec_driver_sql(f"CREATE TEMP TABLE kept_{kind}s (id INTEGER PRIMARY KEY)")
        for tenant_id, trace_id in pinned:
            connection.exec_driver_sql(
                _KEPT.format(kind=kind), (f'"{trace_word(trace_id)}"', tenant_id, trace_id)
            )
    kept = [
        connection.exec_driver_sql(f"SELECT count(*) FROM temp.kept_{kind}s").scalar_one()
        for kind in ("span", "log")
    ]
    if not any(kept):
        return 0, 0
    connection.exec_driver_sql(
        "INSERT INTO tenants (id, name) SELECT id, name FROM source.tenants WHERE true "
        "ON CONFLICT DO NOTHING"
    )
    connection.exec_driver_sql(_PATTERNS)
    for name, columns in rewrite.DICTIONARIES.items():
        connection.exec_driver_sql(_DICTIONARIES.format(name, columns))
    here = {"resource_id": "mr.id", "scope_id": "mc.id"}
    for kind, names in rewrite.COLUMNS.items():
        row = ", ".join(here.get(name, f"o.{name}") for name in names)
        source = "source_logs" if kind == "log" else "source.spans"
        rows = _ROWS.format(kind=kind, columns=", ".join(names), values=row, source=source)
        connection.exec_driver_sql(rows)
    rewrite.settle_spans(connection)
    rewrite.settle_logs(connection)
    return kept[0], kept[1]
