"""The files of a storage: the control database with its registry, and the segments it names.

Everything here is synchronous and runs on the writer thread (or before there is one).
"""

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, QueuePool, insert, select, update

from argus.errors import StartError
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.tables import (
    INDEXES,
    SCHEMA_VERSION,
    known_tenants,
    logs,
    meta,
    registry,
    spans,
    tenants,
)
from argus.storage.sql.tables import segment as segment_tables

READERS = 4
"""Threads, and connections to a segment, that read at the same time."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its number, its file, the first row ids it may hold, and how to read it."""

    id: int
    path: Path
    first_span_id: int
    first_log_id: int
    readers: Engine

    def writable(self) -> Engine:
        """An engine that may write to the segment; each of its connections is a new one."""
        return sqlite_engine(self.path, writable=True, poolclass=NullPool)


class Segments:
    """The registry of one storage and the segments it knows, newest first."""

    def __init__(self, control: Connection, directory: Path) -> None:
        self._control = control
        self._directory = directory
        self.newest_first: tuple[Segment, ...] = ()

    @property
    def active(self) -> Segment:
        """The one segment that takes writes."""
        return self.newest_first[0]

    def load(self) -> None:
        """Open what the registry names, adopt files it does not, create the first one.

        Raises StartError for a file that is missing or written by a newer version.
        """
        self._directory.mkdir(exist_ok=True)
        with self._control.begin():
            known = {row.id for row in self._control.execute(select(registry.c.id))}
        found = {int(p.stem): p for p in self._directory.glob("[0-9]*.db") if p.stem.isdigit()}
        if missing := known - found.keys():
            raise StartError(f"DB_DSN: {self._path(min(missing))} is missing")
        for number in sorted(found.keys() - known):
            self._adopt(number)
        if not found:
            self.create(1, first_span_id=1, first_log_id=1)
        with self._control.begin():
            rows = self._control.execute(select(registry).order_by(registry.c.id.desc())).all()
        self.newest_first = tuple(
            Segment(
                row.id,
                self._path(row.id),
                row.first_span_id,
                row.first_log_id,
                sqlite_engine(self._path(row.id), writable=False, poolclass=QueuePool),
            )
            for row in rows
        )
        for row in rows:
            if row.schema_version > SCHEMA_VERSION:
                raise StartError(
                    f"DB_DSN: {self._path(row.id)} was written by a newer argus; upgrade argus"
                )

    def close(self) -> None:
        """Close every connection that reads."""
        for segment in self.newest_first:
            segment.readers.dispose()

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:06d}.db"

    def create(self, number: int, *, first_span_id: int, first_log_id: int) -> None:
        """Make a segment file and register it as the active one."""
        # The file first: one that the registry does not know yet is adopted by the next start.
        engine = sqlite_engine(self._path(number), writable=True, poolclass=NullPool)
        values = {
            "schema_version": SCHEMA_VERSION,
            "created_ns": time.time_ns(),
            "first_span_id": first_span_id,
            "first_log_id": first_log_id,
            "folded_span_id": first_span_id - 1,
        }
        with engine.begin() as connection:
            segment_tables.create_all(connection, checkfirst=False)
            for statement in INDEXES:
                connection.exec_driver_sql(statement)
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in values.items()])
        self._register(number, values)

    def _adopt(self, number: int) -> None:
        engine = sqlite_engine(self._path(number), writable=True, poolclass=NullPool)
        with engine.connect() as connection:
            has_schema = connection.exec_driver_sql(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"
            ).scalar_one()
            if not has_schema:  # a crash between creating the file and its first commit
                connection.close()
                self.create(number, first_span_id=1, first_log_id=1)
                return
            values = {row.key: row.value for row in connection.execute(select(meta))}
            names = connection.execute(select(tenants)).all()
        with self._control.begin():
            present = {row.id for row in self._control.execute(select(known_tenants.c.id))}
            for row in names:
                if row.id not in present:
                    self._control.execute(insert(known_tenants).values(id=row.id, name=row.name))
        self._register(number, values)

    def _register(self, number: int, values: dict[str, int]) -> None:
        with self._control.begin():
            self._control.execute(
                update(registry).where(registry.c.state == "active").values(state="sealed")
            )
            self._control.execute(
                insert(registry).values(
                    id=number,
                    state="active",
                    schema_version=values["schema_version"],
                    created_ns=values["created_ns"],
                    first_span_id=values["first_span_id"],
                    first_log_id=values["first_log_id"],
                )
            )


class Tenants:
    """The ids of tenants, given out by the control database once and for good."""

    def __init__(self, control: Connection) -> None:
        self._control = control
        with control.begin():
            self._ids: dict[str, int] = {
                row.name: row.id for row in control.execute(select(known_tenants))
            }

    def known(self, name: str) -> int:
        """The id of a tenant; 0, which no row carries, for one that never sent anything."""
        return self._ids.get(name, 0)

    def ensure(self, name: str) -> int:
        """The id of a tenant, a new one when it has none. Writer thread only."""
        known = self._ids.get(name)
        if known is None:
            statement = insert(known_tenants).values(name=name).returning(known_tenants.c.id)
            with self._control.begin():
                known = self._control.execute(statement).scalar_one()
            self._ids[name] = known
        return known


def last_ids(connection: Connection, segment: Segment) -> tuple[int, int]:
    """The ids of the newest span and log record of a segment, or those before its first."""
    ids = []
    for table, first in ((spans, segment.first_span_id), (logs, segment.first_log_id)):
        newest = connection.execute(
            select(table.c.id).order_by(table.c.id.desc()).limit(1)
        ).scalar_one_or_none()
        ids.append(first - 1 if newest is None else newest)
    return ids[0], ids[1]
