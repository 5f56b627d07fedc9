"""The backend on a database server: a segment is a schema, beside that of the control database."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, ClassVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, insert, select, union
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from argus.errors import DeadlineExceeded, NotSupported, StartError, Unavailable
from argus.storage.sql import migrations
from argus.storage.sql.backend import Reading
from argus.storage.sql.index import KINDS, Index
from argus.storage.sql.segment import Segment
from argus.storage.sql.tables import PINNED, logs, meta, spans
from argus.storage.sql.tables import segment as segment_tables

WRITE_S = 10.0
"""Longest that a statement of the writer may take before it is given up."""
QUICK_S = 1.0
"""Longest that the catalogue or a lock may take."""
MOST_IDLE = 4
_SIZES_FOR_S, _SIZES_AGAIN_S = 2.0, 10.0
_LOCK_TRIES, _LOCK_RETRY_S = 12, 0.25


class Schemas:
    """The schemas of one storage, by the number of their segment; see `Backend`.

    A subclass says in its database's words what differs.
    """

    calls_python = False
    one_writer = False
    free_bytes: int | None = None
    statements: ClassVar[Mapping[str, str]]
    """`create`, `drop` and `schemas` (their names), `sizes` (name, bytes), `lock` (of :name)."""

    def __init__(self, url: URL, index: Index, query_timeout_s: float) -> None:
        self.index = index
        self._held: WeakSet[Any] = WeakSet()
        self.name = url.render_as_string(hide_password=True).replace(url.drivername, self.driver)
        self._url = url
        self._mutex = threading.Lock()
        self._write = self._engine("READ COMMITTED", WRITE_S)
        self._read = self._engine(self.snapshot, query_timeout_s + QUICK_S)
        self._upkeep = self._engine("READ COMMITTED", 0)
        self._plain = self._engine("AUTOCOMMIT", 0)
        self._quick = self._engine("AUTOCOMMIT", QUICK_S)
        self._lock: Connection | None = None
        self._locking = threading.Lock()
        self._idle: list[Connection] = []
        self._sizes: dict[str, int] = {}
        self._sized = 0.0
        self._side: Connection | None = None
        self._sizing = threading.Lock()

    driver: str
    snapshot: str
    """The isolation level in which a transaction sees what was there at its beginning."""

    def _engine(self, isolation: str, limit_s: float) -> Engine:
        engine = create_engine(
            self._url,
            poolclass=NullPool,
            pool_reset_on_return=None,
            isolation_level=isolation,
            connect_args=self.arguments(isolation, limit_s),
        )
        event.listen(engine, "connect", self._made)
        return engine

    def _made(self, connection: Any, _: Any) -> None:
        with self._mutex:
            self._held.add(connection)

    def give_up(self) -> None:
        with self._mutex:
            held = list(self._held)
        for connection in held:
            if hasattr(connection, "give_up"):
                connection.give_up()

    def arguments(self, isolation: str, limit_s: float) -> dict[str, Any]:
        """What a connection is made with."""
        return {"limit_s": limit_s}

    # the process

    def lock(self) -> None:
        for left in reversed(range(_LOCK_TRIES)):
            try:
                self._hold()
                return
            except Unavailable as error:
                # what died a moment ago may still be leaving
                if not left:
                    raise StartError(f"DB_DSN: {error.message}") from error
                time.sleep(_LOCK_RETRY_S)

    def _hold(self) -> None:
        """Have the lock, which ends with its connection. Raises Unavailable when another has it."""
        with self._locking:
            if self._lock is not None:
                try:
                    self._lock.exec_driver_sql("SELECT 1")
                    return
                except DBAPIError:
                    _close(self._lock)
                    self._lock = None
            self._lock = self._locked()

    def _locked(self) -> Connection:
        connection = self._quick.connect()
        try:
            taken = connection.exec_driver_sql(
                self.statements["lock"].format(name=f"argus {self._control_schema}")
            ).scalar_one()
        except BaseException:
            connection.close()
            raise
        if not taken:
            connection.close()
            message = f"{self._control_schema} is in use by another argus process"
            raise Unavailable(message, retry_after_s=1.0)
        return connection

    @cached_property
    def _control_schema(self) -> str:
        """The schema that tables without one lie in."""
        with self._quick.connect() as connection:
            found: str = connection.exec_driver_sql(self.statements["control"]).scalar_one()
        return found

    def migrate(self) -> bool:
        return migrations.upgrade(self._upkeep)

    def close(self) -> None:
        for held in filter(None, (self._lock, self._side)):
            _close(held)
        self._lock = self._side = None

    # connections

    def control(self) -> Connection:
        return self._aimed(self._write.connect(), self._control_schema)

    def vacuum(self, control: Connection) -> None:
        raise NotSupported(f"{self.driver} gives room back by itself")

    def writer(self, number: int) -> Connection:
        self._hold()
        return self._aimed(self._write.connect(), self.schema(number))

    def reader(self, number: int, *, settled: bool) -> Connection:
        return self._aimed(self._read.connect(), self.schema(number))

    def _aimed(self, connection: Connection, schema: str) -> Connection:
        schemas = {None: schema, "control": self._control_schema}
        return connection.execution_options(schema_translate_map=schemas)

    def reading(self) -> "SchemaReading":
        return SchemaReading(self)

    def borrow(self) -> Connection:
        """A connection for a reading, outside any transaction."""
        with self._mutex:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            return self._read.connect()
        self.revive(connection)
        return connection

    def revive(self, connection: Connection) -> None:
        try:
            connection.exec_driver_sql("SELECT 1")
            connection.rollback()
        except DBAPIError:
            connection.rollback()
            connection.invalidate()  # its next statement connects anew

    def give_back(self, connection: Connection) -> None:
        """End the transaction of a connection and keep it for the next who asks."""
        try:
            connection.rollback()
        except DBAPIError:
            connection.invalidate()
        with self._mutex:
            if len(self._idle) < MOST_IDLE and not connection.invalidated:
                self._idle.append(connection)
                return
        if connection.invalidated:
            self.forget()  # the others broke with it
        _close(connection)

    def passes(self, error: DBAPIError) -> bool:
        return error.connection_invalidated  # the server may be back

    def forget(self, segments: Collection[Segment] | None = None) -> None:
        if segments is not None:
            return  # no connection is of one segment
        with self._mutex:
            idle, self._idle = self._idle, []
        for connection in idle:
            _close(connection)

    # segments

    def schema(self, number: int) -> str:
        """The schema of a segment."""
        return self._prefix + ("pinned" if number == PINNED else f"{number:06d}")

    @property
    def _prefix(self) -> str:
        own = self._control_schema
        return "seg_" if own in self.unprefixed else f"{own}_seg_"

    unprefixed: Collection[str] = ()
    """Control schemas whose segments go by their number alone."""

    def where(self, number: int) -> str:
        return self.schema(number)

    def _schemas(self) -> set[str]:
        with self._quick.connect() as connection:
            return set(connection.exec_driver_sql(self.statements["schemas"]).scalars())

    def numbers(self) -> set[int]:
        prefix = self._prefix
        ends = (name.removeprefix(prefix) for name in self._schemas() if name.startswith(prefix))
        return {int(end) for end in ends if end.isdigit()}

    def exists(self, number: int) -> bool:
        return self.schema(number) in self._schemas() and self.has_tables(number)

    def require(self, numbers: set[int]) -> None:
        if missing := numbers - self.numbers():
            raise StartError(f"DB_DSN: the schema {self.schema(min(missing))} is missing")

    def require_sound(self, number: int) -> None:
        """A server looks after that."""

    def create(self, number: int, facts: Mapping[str, int]) -> None:
        schema = self.schema(number)
        if schema in self._schemas():
            self.remove(number)  # what a crash left of it
        with self._upkeep.connect() as connection, connection.begin():
            connection.exec_driver_sql(self.statements["create"].format(schema))
            self._aimed(connection, schema)
            segment_tables.create_all(connection, checkfirst=False)
            for kind in KINDS:
                self.index.create(connection, kind)
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in facts.items()])
        self._sized = 0.0

    def has_tables(self, number: int) -> bool:
        try:
            with self.reader(number, settled=False) as connection:
                known = select(meta.c.key).where(meta.c.key == "schema_version")
                return connection.execute(known).first() is not None
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            return False

    def clear_drafts(self) -> None:
        """A draft is a transaction, which a crash takes back."""

    @contextmanager
    def draft(self, number: int) -> Iterator[Connection]:
        with self._aimed(self._upkeep.connect(), self.schema(number)) as connection:
            yield connection

    def compact(self, number: int) -> None:
        self.shrink(number)
        self._sized = 0.0

    def shrink(self, number: int) -> None:
        """Give the room of what was deleted in a segment back to the disk, if that can be."""

    def settle(self, number: int) -> bool:
        return True

    def tidy(self, number: int) -> None:
        """A settled segment needs all of its tables."""

    def trace_ids(self, number: int) -> list[bytes]:
        both = union(select(spans.c.trace_id), select(logs.c.trace_id))
        with self.reader(number, settled=True) as connection:
            return [trace_id for trace_id in connection.execute(both).scalars() if trace_id]

    def remove(self, number: int) -> None:
        if self.schema(number) not in self._schemas():
            return
        with self._plain.connect() as connection:
            connection.exec_driver_sql(self.statements["drop"].format(self.schema(number)))
        self._sized = 0.0

    # sizes

    def size(self, number: int) -> int:
        return self._size(self.schema(number))

    @property
    def control_bytes(self) -> int:
        return self._size(self._control_schema)

    def _size(self, schema: str) -> int:
        with self._sizing:
            if time.monotonic() - self._sized > _SIZES_FOR_S:
                self._measure()
            return self._sizes.get(schema, 0)

    def _measure(self) -> None:
        try:
            if self._side is None:
                self._side = self._quick.connect()
            rows = self._side.exec_driver_sql(self.statements["sizes"])
            self._sizes = {name: int(size) for name, size in rows}
            self._sized = time.monotonic()
        except DBAPIError:
            # what was known a moment ago has to do
            if self._side is not None:
                _close(self._side)
            self._side = None
            self._sized = time.monotonic() + _SIZES_AGAIN_S

    def wal_bytes(self, number: int) -> int:
        return 0


class SchemaReading(Reading):
    """Reads all segments over one connection, in one transaction."""

    def __init__(self, schemas: Schemas) -> None:
        super().__init__(schemas)
        self._schemas = schemas
        self._connection: Connection | None = None

    def connection(self, segment: Segment) -> Connection:
        if self._connection is None:
            connection = self._schemas.borrow()
            with self._lock:
                self._connection = connection
        if self.stopped:
            raise DeadlineExceeded("the query was stopped")
        return self._schemas._aimed(self._connection, self._schemas.schema(segment.id))

    def settle(self, segment: Segment) -> None:
        self.connection(segment).execute(select(meta.c.key).limit(1)).first()

    def stop(self) -> None:
        self.stopped = True
        with self._lock:
            if self._connection is not None and not self._connection.closed:
                interrupt(self._connection)

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            self._schemas.give_back(connection)


def interrupt(connection: Connection) -> None:
    """Give up the statement that a connection runs now."""
    if not connection.invalidated:
        held: Any = connection.connection.dbapi_connection
        if hasattr(held, "interrupt"):
            held.interrupt()


def _close(connection: Connection) -> None:
    with suppress(DBAPIError):  # what cannot be closed is gone
        connection.close()
