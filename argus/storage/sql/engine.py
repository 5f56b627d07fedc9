"""Threads, deadlines and tenants: how synchronous storage code runs under an event loop.

One thread writes, a few read, each on connections of its own. A reader sees the segments as one
tenant's `View`s and nothing else; this is the only place where rows are filtered by tenant.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Integer,
    MetaData,
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
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.segments import Segment, Segments
from argus.storage.sql.tables import PINNED

T = TypeVar("T")

READERS = 4
"""Threads that read at the same time."""
MOST_HELD, MOST_IDLE = 16, 64
"""Connections that one reading holds, and that are kept open between readings; each is some three
open files, and there may be hundreds of segments."""

_INTERRUPT_EVERY_S = 0.02
_RETRY_AFTER_S = 1.0


def _of_tenant(rows: Table) -> FromClause:
    return select(rows).where(rows.c.tenant_id == bindparam("tenant_id")).subquery(rows.name)


def _attached(rows: Table) -> FromClause:
    # the control database as a reader of a segment sees it
    return _of_tenant(rows.to_metadata(_ATTACHED, schema="control"))


_ATTACHED = MetaData()


class View:
    """One segment as one tenant sees it, in one snapshot: its tables, and how to read them.

    A statement that reads any of the tables can only be run through `rows` and `value`, which
    say whose rows they are. A segment is opened when its first statement runs.
    """

    spans = _of_tenant(tables.spans)
    logs = _of_tenant(tables.logs)
    traces = _of_tenant(tables.traces)
    resources = _of_tenant(tables.resources)
    scopes = _of_tenant(tables.scopes)
    straddling = _attached(tables.straddling)
    straddling_parts = _attached(tables.straddling_parts)
    rollups = _attached(tables.rollups)
    rollup_keys = _attached(tables.rollup_keys)
    rollup_progress = tables.rollup_progress.to_metadata(_ATTACHED, schema="control")
    blocks = tables.blocks
    SPANS, LOGS = tables.SPAN_SIGNAL, tables.LOG_SIGNAL
    LONG_TRACE_NS = tables.LONG_TRACE_NS

    def __init__(self, segment: Segment, reading: "Reading", tenant_id: int) -> None:
        self.segment_id = segment.id
        self._segment = segment
        self._reading = reading
        self._tenant = {"tenant_id": tenant_id}

    def bounds(self, signal: int) -> tuple[int, int] | None:
        """Earliest and latest time (ns) that its rows of a signal can have; None: has none."""
        return self._segment.bounds(signal)

    def value(self, statement: Select[Any]) -> Any:
        """The single value a statement yields."""
        connection = self._reading.connection(self._segment)
        return connection.execute(statement, self._tenant).scalar_one()

    def rows(self, statement: Select[Any] | CompoundSelect[Any]) -> list[list[Any]]:
        """The rows of a statement, ids as hex text.

        They cross into Python as one JSON value (see `packed`).
        """
        return packed_rows(self._reading.connection(self._segment), statement, self._tenant)

    @staticmethod
    def is_long(traces: FromClause) -> ColumnElement[bool]:
        """Whether a trace takes as long as those that have an index of their own."""
        return tables.is_long(traces)

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
    """One read in progress: the segments it began with, the connections it holds, and whether it
    was told to stop."""

    def __init__(self, segments: tuple[Segment, ...], connections: "Connections") -> None:
        self.segments = segments
        self._connections = connections
        self._lock = threading.Lock()
        self._open: dict[Segment, Connection] = {}
        self.started = False
        self.stopped = False

    def connection(self, segment: Segment) -> Connection:
        """The connection to a segment, opened when it is asked for first; use it at once."""
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

    def run(self, work: Callable[["Reading"], T]) -> T:
        """Run `work` on this reading. Raises Unavailable when the database refuses."""
        self.started = True
        try:
            return work(self)
        except DBAPIError as error:
            if self.stopped:
                raise DeadlineExceeded("the query was stopped") from error
            raise _unavailable(error) from error

    def stop(self) -> None:
        """Interrupt the statement that runs now, and refuse to start on another segment."""
        self.stopped = True
        with self._lock:
            for connection in self._open.values():
                driver: Any = connection.connection.driver_connection
                driver.interrupt()

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            held, self._open = self._open, {}
        for segment, connection in held.items():
            self._connections.give_back(segment, connection)


class Connections:
    """Connections that read segments; some are kept open for the next reading."""

    def __init__(self, files: SegmentFiles, most_idle: int = MOST_IDLE) -> None:
        self._files = files
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
        return self._files.reader(segment.id, sealed=segment.sealed)

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
        self.segments = segments
        self.query_timeout_s = query_timeout_s
        self._observe = observe_latency
        self._writer = ThreadPoolExecutor(1, "argus-writer")
        self._readers = ThreadPoolExecutor(READERS, "argus-reader")
        self._connection: Connection | None = None
        self._connections = Connections(segments.files)
        self._readings: set[Reading] = set()
        self._lock = threading.Lock()

    async def on_writer(self, work: Callable[[], T]) -> T:
        """Run `work` on the writer thread; it may call `transact` and `roll`."""
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
                self._connection = self.segments.files.writer(self.segments.active.id)
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            self._disconnect()
            raise _unavailable(error) from error
        except BaseException:
            self._disconnect()
            raise

    def roll(self, last_span_id: int, last_log_id: int) -> None:
        """Begin a new active segment behind these ids. Writer thread only. Raises Unavailable
        when that fails; then the old one goes on."""
        try:
            connection = self.segments.roll(last_span_id, last_log_id)
        except DBAPIError as error:
            raise _unavailable(error) from error
        self._disconnect()
        self._connection = connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A reading of all segments, over all tenants: for upkeep only, never for an answer."""
        reading = self._begin_reading()
        try:
            yield reading
        finally:
            self._end_reading(reading)

    def _begin_reading(self) -> Reading:
        with self._lock:
            reading = Reading(self.segments.newest_first, self._connections)
            self._readings.add(reading)
            if reading.segments[-1].id == PINNED:
                # what is copied there later belongs to a segment that this reading still sees
                reading.connection(reading.segments[-1]).exec_driver_sql("SELECT 1 FROM meta")
        return reading

    def no_reading_begins(self) -> AbstractContextManager[bool]:
        """Wait with new readings until what is done within is done. Keep it short."""
        return self._lock

    def _end_reading(self, reading: Reading) -> None:
        reading.close()
        with self._lock:
            self._readings.discard(reading)

    def unread(self, segment: Segment) -> bool:
        """Whether no reading in progress knows a segment that was taken out; what was kept open
        of it is closed then."""
        with self._lock:
            if any(segment in reading.segments for reading in self._readings):
                return False
        self._connections.forget([segment])
        return True

    async def read(self, tenant_id: int, work: Callable[[list[View]], T]) -> T:
        """Run `work` on a reader thread with one tenant's view of each segment, newest first.

        Raises DeadlineExceeded when it takes longer than the query time.
        """
        return await self.read_all(
            lambda reading: work([View(s, reading, tenant_id) for s in reading.segments])
        )

    async def read_all(self, work: Callable[[Reading], T]) -> T:
        """Like `read`, over all tenants: for upkeep only, never for an answer."""
        started = time.perf_counter()
        reading = self._begin_reading()

        def run() -> T:
            try:
                return reading.run(work)
            finally:
                self._end_reading(reading)

        future = asyncio.get_running_loop().run_in_executor(self._readers, run)
        try:
            done, _ = await asyncio.wait({future}, timeout=self.query_timeout_s)
            while not done:
                reading.stop()
                if not reading.started:
                    future.cancel()
                    self._end_reading(reading)
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
        self._connections.forget()
