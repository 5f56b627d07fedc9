"""How segments that are files are read: over one connection each, some of which stay open."""

import threading
from collections import deque
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from argus.errors import DeadlineExceeded
from argus.storage.sql.backend import Backend, Reading
from argus.storage.sql.segment import Segment

MOST_HELD, MOST_IDLE = 16, 64
"""Connections that one reading holds, and that are kept open between readings; each is some three
open files, and there may be hundreds of segments."""


class FileReading(Reading):
    """Reads each segment over a connection of its own, in a transaction that begins with the first
    statement."""

    def __init__(self, backend: Backend, connections: "Connections") -> None:
        super().__init__(backend)
        self._connections = connections
        self._open: dict[Segment, Connection] = {}

    def connection(self, segment: Segment) -> Connection:
        with self._lock:
            found = self._open.pop(segment, None)
        if found is None:
            self._make_room()
            found = self._connections.borrow(segment)
        with self._lock:
            self._open[segment] = found
        if self.stopped:
            raise DeadlineExceeded("the query was stopped")
        return found

    def _make_room(self) -> None:
        """Give back what was used longest ago, and of what never changes: it reads the same when
        it is opened again."""
        with self._lock:
            sealed = [segment for segment in self._open if segment.sealed]
            surplus = [
                (one, self._open.pop(one)) for one in sealed[: max(0, len(sealed) - MOST_HELD + 1)]
            ]
        for segment, connection in surplus:
            self._connections.give_back(segment, connection)

    def settle(self, segment: Segment) -> None:
        self.connection(segment).exec_driver_sql("SELECT 1 FROM meta")

    def stop(self) -> None:
        self.stopped = True
        with self._lock:
            for connection in self._open.values():
                driver: Any = connection.connection.driver_connection
                driver.interrupt()

    def close(self) -> None:
        with self._lock:
            held, self._open = self._open, {}
        for segment, connection in held.items():
            self._connections.give_back(segment, connection)


class Connections:
    """Connections that read segments; some are kept open for the next reading."""

    def __init__(self, backend: Backend, most_idle: int = MOST_IDLE) -> None:
        self._backend = backend
        self._most_idle = most_idle
        self._lock = threading.Lock()
        self._idle: deque[tuple[Segment, Connection]] = deque()

    def borrow(self, segment: Segment) -> Connection:
        """A connection to a segment, outside any transaction."""
        with self._lock:
            for position in range(len(self._idle) - 1, -1, -1):
                if self._idle[position][0] is segment:
                    connection = self._idle[position][1]
                    del self._idle[position]
                    return connection
        return self._backend.reader(segment.id, settled=segment.sealed)

    def give_back(self, segment: Segment, connection: Connection) -> None:
        """End the transaction of a connection and keep it for the next who asks."""
        try:
            connection.rollback()
        except DBAPIError:
            connection.invalidate()
            connection.close()
            return
        with self._lock:
            self._idle.append((segment, connection))
            surplus = self._idle.popleft()[1] if len(self._idle) > self._most_idle else None
        if surplus is not None:
            surplus.close()

    def forget(self, segments: Collection[Segment] | None = None) -> None:
        """Close what is kept open of these segments, of all when None."""
        with self._lock:
            gone = [pair for pair in self._idle if segments is None or pair[0] in segments]
            self._idle = deque(pair for pair in self._idle if pair not in gone)
        for _, connection in gone:
            connection.close()
