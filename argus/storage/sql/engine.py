"""Threads, deadlines and tenants: how synchronous storage code runs under an event loop.

One thread writes, a few read, each on connections of its own. A reader sees the segments as one
tenant's `View`s and nothing else; this is the only place where rows are filtered by tenant.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Table,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError

from argus.attributes import MARK
from argus.errors import DeadlineExceeded, Unavailable
from argus.storage.sql import tables
from argus.storage.sql.segments import READERS, Segment, Segments

T = TypeVar("T")

_INTERRUPT_EVERY_S = 0.02
_RETRY_AFTER_S = 1.0


def _of_tenant(rows: Table) -> FromClause:
    return select(rows).where(rows.c.tenant_id == bindparam("tenant_id")).subquery(rows.name)


class View:
    """One segment as one tenant sees it, in one snapshot: its tables, and how to read them.

    A statement that reads any of the tables can only be run through `rows` and `value`, which
    say whose rows they are.
    """

    spans = _of_tenant(tables.spans)
    logs = _of_tenant(tables.logs)
    traces = _of_tenant(tables.traces)
    resources = _of_tenant(tables.resources)
    scopes = _of_tenant(tables.scopes)
    blocks = tables.blocks
    SPANS, LOGS = tables.SPAN_SIGNAL, tables.LOG_SIGNAL

    def __init__(self, connection: Connection, tenant_id: int) -> None:
        self._connection = connection
        self._tenant = {"tenant_id": tenant_id}

    def value(self, statement: Select[Any]) -> Any:
        """The single value a statement yields."""
        return self._connection.execute(statement, self._tenant).scalar_one()

    def rows(self, statement: Select[Any]) -> list[list[Any]]:
        """The rows of a statement, ids as hex text.

        They cross into Python as one JSON value: a fetch of many rows beside a busy thread waits
        for the interpreter lock at every row.
        """
        inner = statement.subquery()
        columns = [func.hex(c) if isinstance(c.type, LargeBinary) else c for c in inner.c]
        packed = select(func.json_group_array(func.json_array(*columns))).select_from(inner)
        decoded: list[list[Any]] = msgspec.json.decode(self.value(packed))
        return decoded

    def span_ids(self, expression: str, first_id: int = 0, last_id: int = 2**63 - 1) -> Select[Any]:
        """The ids in a range of the spans (of all tenants) that match an index expression."""
        return _matching("span_words", expression, first_id, last_id)

    def span_ids_of_trace(self, spans: FromClause) -> Select[Any]:
        """The ids of the spans (of all tenants) of the trace of a span of an outer statement."""
        trace_id = func.lower(func.hex(spans.c.trace_id))
        word = literal(f'"{MARK}t').concat(trace_id).concat('"')
        return _matching("span_words", word, 0, 2**63 - 1).correlate(spans)

    def log_ids(self, expression: str, first_id: int = 0, last_id: int = 2**63 - 1) -> Select[Any]:
        """The ids in a range of the log records (of all tenants) that match an expression."""
        return _matching("log_words", expression, first_id, last_id)


def _matching(
    index: str, expression: str | ColumnElement[str], first_id: int, last_id: int
) -> Select[Any]:
    rowid: Any = column("rowid", Integer)
    return (
        select(rowid)
        .select_from(table(index, rowid))
        .where(
            literal_column(index).op("MATCH")(expression),
            rowid >= first_id,
            rowid <= last_id,
        )
    )


class Reading:
    """One read in progress: the connections it holds and whether it was told to stop."""

    def __init__(self, segments: tuple[Segment, ...]) -> None:
        self._segments = segments
        self._lock = threading.Lock()
        self._open: list[Connection] = []
        self.started = False
        self.stopped = False

    def connections(self) -> Iterator[Connection]:
        """A connection to each segment, newest first, opened when it is asked for."""
        for segment in self._segments:
            connection = segment.readers.connect()
            with self._lock:
                self._open.append(connection)
            if self.stopped:
                raise DeadlineExceeded("the query was stopped")
            yield connection

    def run(self, work: Callable[[Iterator[Connection]], T]) -> T:
        """Run `work` and give the connections back."""
        self.started = True
        try:
            return work(self.connections())
        except DBAPIError as error:
            if self.stopped:
                raise DeadlineExceeded("the query was stopped") from error
            raise _unavailable(error) from error
        finally:
            with self._lock:
                held, self._open = self._open, []
            for connection in held:
                connection.close()

    def stop(self) -> None:
        """Interrupt the statement that runs now, and refuse to start on another segment."""
        self.stopped = True
        with self._lock:
            for connection in self._open:
                driver: Any = connection.connection.driver_connection
                driver.interrupt()


def _unavailable(error: DBAPIError) -> Unavailable:
    return Unavailable(f"storage: {error.orig}", retry_after_s=_RETRY_AFTER_S)


class Database:
    """Runs work on the segments: writes one after the other, reads beside them."""

    def __init__(
        self,
        segments: Segments,
        *,
        query_timeout_s: float,
        observe_latency: Callable[[float], None] | None = None,
    ) -> None:
        self._segments = segments
        self.query_timeout_s = query_timeout_s
        self._observe = observe_latency
        self._writer = ThreadPoolExecutor(1, "argus-writer")
        self._readers = ThreadPoolExecutor(READERS, "argus-reader")
        self._connection: Connection | None = None

    async def on_writer(self, work: Callable[[], T]) -> T:
        """Run `work` on the writer thread; it may call `transact`."""
        started = time.perf_counter()
        result = await asyncio.get_running_loop().run_in_executor(self._writer, work)
        if self._observe is not None:
            self._observe(time.perf_counter() - started)
        return result

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction on the active segment. Writer thread only.

        Raises Unavailable when it cannot be committed; then nothing of it is stored.
        """
        try:
            if self._connection is None:
                self._connection = self._segments.active.writable().connect()
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            self._disconnect()
            raise _unavailable(error) from error
        except BaseException:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def read(self, tenant_id: int, work: Callable[[Iterator[View]], T]) -> T:
        """Run `work` on a reader thread with one tenant's view of each segment, newest first.

        Raises DeadlineExceeded when it takes longer than the query time.
        """
        return await self.read_all(lambda found: work(View(c, tenant_id) for c in found))

    async def read_all(self, work: Callable[[Iterator[Connection]], T]) -> T:
        """Like `read`, over all tenants: for upkeep only, never for an answer."""
        started = time.perf_counter()
        reading = Reading(self._segments.newest_first)
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._readers, reading.run, work)
        try:
            done, _ = await asyncio.wait({future}, timeout=self.query_timeout_s)
            while not done:
                reading.stop()
                if not reading.started:
                    future.cancel()
                    break
                done, _ = await asyncio.wait({future}, timeout=_INTERRUPT_EVERY_S)
        except asyncio.CancelledError:
            reading.stop()
            future.add_done_callback(lambda f: f.cancelled() or f.exception())
            raise
        if not done or isinstance(future.exception(), DeadlineExceeded):
            raise DeadlineExceeded(f"the query took longer than {self.query_timeout_s:g} s")
        if self._observe is not None:
            self._observe(time.perf_counter() - started)
        return future.result()

    def close(self) -> None:
        """Wait for what runs, then give up threads and connections."""
        self._readers.shutdown()
        self._writer.submit(self._disconnect).result()
        self._writer.shutdown()
