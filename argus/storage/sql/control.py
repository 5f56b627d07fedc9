"""The control database as threads share it: one connection, one transaction at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select

from argus.storage.sql.backend import Backend
from argus.storage.sql.tables import known_tenants


class Control:
    """A connection to the control database. Keep its transactions short: others wait for them."""

    def __init__(self, backend: Backend, turns: "threading.Lock | None" = None) -> None:
        """`turns` is shared by the connections of one process: SQLite lets those who wait for its
        own lock try again at random, and on a busy machine one of them may never be in time."""
        self._backend = backend
        self._connection = backend.control()
        self._lock = turns or threading.Lock()

    def another(self) -> "Control":
        """Another connection to the same database, which takes turns with this one where the
        database has one writer at a time."""
        return Control(self._backend, self._lock if self._backend.one_writer else None)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an exception."""
        with self._lock:
            self._backend.revive(self._connection)
            with self._connection.begin():
                yield self._connection

    def vacuum(self) -> None:
        """Give the room of deleted rows back to the disk. Raises NotSupported where the database
        does that by itself."""
        with self._lock:
            self._backend.vacuum(self._connection)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


class Tenants:
    """The ids of tenants, given out by the control database once and for good."""

    def __init__(self, control: Control) -> None:
        self._control = control
        with control.transaction() as connection:
            rows = connection.execute(select(known_tenants)).all()
        self._ids: dict[str, int] = {row.name: row.id for row in rows}

    def known(self, name: str) -> int:
        """The id of a tenant; 0, which no row carries, for one that never sent anything."""
        return self._ids.get(name, 0)

    def ensure(self, name: str) -> int:
        """The id of a tenant, a new one when it has none. Writer thread only."""
        known = self._ids.get(name)
        if known is None:
            statement = insert(known_tenants).values(name=name).returning(known_tenants.c.id)
            with self._control.transaction() as connection:
                known = connection.execute(statement).scalar_one()
            self._ids[name] = known
        return known
