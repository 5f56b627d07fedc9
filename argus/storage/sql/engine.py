"""Threads, deadlines and tenants: how synchronous storage code runs under an event loop.

One thread writes, a few read, each on connections of its own. A reader sees the segments as one
tenant's `View`s and nothing else; this is the only place where rows are filtered by tenant.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    bindparam,
    not_,
    select,
)
from sqlalchemy.exc import DBAPIError

from argus.errors import DeadlineExceeded
from argus.storage.sql import tables
from argus.storage.sql.backend import Reading, unavailable
from argus.storage.sql.courtesy import Courtesy
from argus.storage.sql.index import ALL_IDS, Id, Ids, Kind
from argus.storage.sql.packed import Prepared, Statement, packed_columns, packed_rows, plain
from argus.storage.sql.remembered import Remembered
from argus.storage.sql.segment import Segment
from argus.storage.sql.segments import Segments
from argus.storage.sql.tables import PINNED
from argus.storage.sql.words import Expression

T = TypeVar("T")

NO_VALUES: Mapping[str, Any] = {}
READERS = 4
"""Threads that read at the same time."""
_INTERRUPT_EVERY_S = 0.02


def _of_tenant(rows: Table) -> FromClause:
    return select(rows).where(rows.c.tenant_id == bindparam("tenant_id")).subquery(rows.name)


def _attached(rows: Table) -> FromClause:
    # the control database as a reader of a segment sees it
    return _of_tenant(tables.attached(rows))


# every row has a resource of its tenant
_NOBODY_ELSE = select(
    not_(select(1).where(tables.resources.c.tenant_id != bindparam("tenant_id")).exists())
)


class View:
    """One segment as one tenant sees it, in one snapshot: its tables, and how to read them.

    A statement that reads any of the tables can only be run through `rows`, `columns` and
    `value`, which say whose rows they are. A segment is opened when its first statement runs. The
    tables are the same for all segments, so that one statement can be run on each of them.
    """

    here = bindparam("segment_id", type_=Integer)
    """The number of the segment that a statement is run on."""

    spans = _of_tenant(tables.spans)
    logs = _of_tenant(tables.logs)
    traces = _of_tenant(tables.traces)
    resources = _of_tenant(tables.resources)
    scopes = _of_tenant(tables.scopes)
    straddling = _attached(tables.straddling)
    straddling_parts = _attached(tables.straddling_parts)
    part_ids = select(straddling_parts.c.trace_id).where(straddling_parts.c.segment_id == here)
    """Of the traces of the segment that have spans in others too."""
    rollups = _attached(tables.rollups)
    rollup_keys = _attached(tables.rollup_keys)
    patterns = _attached(tables.known_patterns)
    segment_traces = _attached(tables.segment_traces)
    insights = _attached(tables.insights)
    rollup_progress = tables.attached(tables.rollup_progress)
    blocks = tables.blocks
    SPANS, LOGS, FINE = tables.SPAN_SIGNAL, tables.LOG_SIGNAL, tables.FINE
    LONG_TRACE_NS = tables.LONG_TRACE_NS

    def __init__(
        self, segment: Segment, reading: Reading, tenant_id: int, remembered: Remembered
    ) -> None:
        self._remembered = remembered
        self.segment_id = segment.id
        self._segment = segment
        self._reading = reading
        self._tenant_id = tenant_id
        self._fixed = {"tenant_id": tenant_id, "segment_id": segment.id}

    @property
    def sealed(self) -> bool:
        """Whether nothing of the segment changes any more."""
        return self._segment.sealed

    @property
    def is_only_tenant(self) -> bool:
        """Whether the segment is sealed, and all its rows are of this tenant."""
        return self.sealed and bool(self.known("others", lambda: self.value(_NOBODY_ELSE)))

    def others(self) -> "list[View]":
        """The other segments of the same reading."""
        same = self._reading, self._tenant_id, self._remembered
        return [View(s, *same) for s in self._reading.segments if s is not self._segment]

    def bounds(self, signal: int) -> tuple[int, int] | None:
        """Earliest and latest time (ns) that its rows of a signal can have; None: has none."""
        return self._segment.bounds(signal)

    def may_have_log(self, log_id: int) -> bool:
        """Whether an id is among those that the log records of the segment can have."""
        return self._segment.first_log_id <= log_id <= (self._segment.last_log_id or log_id)

    def value(self, statement: Statement, values: Mapping[str, Any] = NO_VALUES) -> Any:
        """The single value a statement yields, with these values of its parameters."""
        selected = statement.statement if isinstance(statement, Prepared) else statement
        connection = self._reading.connection(self._segment)
        return plain(connection.execute(selected, {**values, **self._fixed}).scalar_one())

    def rows(self, statement: Statement, values: Mapping[str, Any] = NO_VALUES) -> list[list[Any]]:
        """The rows of a statement, ids as hex text; they come as one JSON value (see `packed`)."""
        connection = self._reading.connection(self._segment)
        return packed_rows(connection, statement, {**values, **self._fixed})

    def known(self, name: str, find: Callable[[], T]) -> T:
        """What `find` finds of the segment; one that never changes is asked only once."""
        if not self._segment.sealed:
            return find()
        found, key = self._segment.known, (name, self._tenant_id)
        if key not in found:
            found[key] = find()
        return found[key]  # type: ignore[no-any-return]

    def remembered(
        self, key: Hashable, hours: range, read: Callable[[], T], weigh: Callable[[T], int]
    ) -> T:
        """What `read` reads of the rollups of whole hours (since 1970), which may have been read
        before; nobody may change it."""
        key = self._tenant_id, key
        return self._remembered.of(key, hours, self._reading.change, read, weigh)

    def matches(
        self, kind: Kind, expression: Expression, most: int, ids: Ids = ALL_IDS
    ) -> int | None:
        """How many rows (of all tenants) in a range of ids match an index expression, up to a
        number; None where that takes as long to tell as to read them."""
        connection = self._reading.connection(self._segment)
        return self._reading.backend.index.matches(connection, kind, expression, most, ids)

    def columns(self, statement: Select[Any]) -> list[list[Any]]:
        """The columns of the rows of a statement, ids as hex text: for very many rows."""
        return packed_columns(self._reading.connection(self._segment), statement, self._fixed)

    @staticmethod
    def is_long(traces: FromClause) -> ColumnElement[bool]:
        """Whether a trace takes as long as those that have an index of their own."""
        return tables.is_long(traces)

    @property
    def calls_python(self) -> bool:
        """Whether statements can call the functions of `functions`."""
        return self._reading.backend.calls_python

    @property
    def knows_beginnings(self) -> bool:
        """Whether the index can be asked for the beginnings of words."""
        return self._reading.backend.index.knows_beginnings

    @property
    def index_counts(self) -> bool:
        """Whether the index knows how many rows it finds."""
        return self._reading.backend.index.counts

    def span_ids(
        self, expression: Expression, first_id: Id = ALL_IDS[0], last_id: Id = ALL_IDS[1]
    ) -> Select[Any]:
        """The ids in a range of the spans (of all tenants) that match an index expression."""
        return self._reading.backend.index.ids("span", expression, first_id, last_id)

    def span_ids_of_trace(self, spans: FromClause) -> Select[Any]:
        """The ids of the spans (of all tenants) of the trace of a span of an outer statement."""
        return self._reading.backend.index.span_ids_of_trace(spans)

    def log_ids(
        self, expression: Expression, first_id: Id = ALL_IDS[0], last_id: Id = ALL_IDS[1]
    ) -> Select[Any]:
        """The ids in a range of the log records (of all tenants) that match an expression."""
        return self._reading.backend.index.ids("log", expression, first_id, last_id)


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
        self.courtesy = Courtesy()
        self.remembered = Remembered()
        self._observe = observe_latency
        self._writer = ThreadPoolExecutor(1, "argus-writer")
        self._readers = ThreadPoolExecutor(READERS, "argus-reader")
        self._connection: Connection | None = None
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
                self._connection = self.segments.backend.writer(self.segments.active.id)
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            self._disconnect()
            raise unavailable(error) from error
        except BaseException:
            self._disconnect()
            raise

    def roll(self, last_span_id: int, last_log_id: int) -> None:
        """Begin a new active segment behind these ids. Writer thread only. Raises Unavailable
        when that fails; then the old one goes on."""
        try:
            connection = self.segments.roll(last_span_id, last_log_id)
        except DBAPIError as error:
            raise unavailable(error) from error
        self._disconnect()
        self._connection = connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):  # a connection that broke is closed
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A reading of all segments, over all tenants: for upkeep only, never for an answer."""
        reading = self.segments.backend.reading()
        try:
            self._begin(reading)
            yield reading
        finally:
            self._end(reading)

    def _begin(self, reading: Reading) -> None:
        reading.change = self.remembered.change
        with self._lock:
            reading.segments = self.segments.newest_first
            self._readings.add(reading)
            if reading.segments[-1].id == PINNED:
                # what is copied there later belongs to a segment that this reading still sees
                reading.settle(reading.segments[-1])

    def no_reading_begins(self) -> AbstractContextManager[bool]:
        """Wait with new readings until what is done within is done. Keep it short."""
        return self._lock

    def _end(self, reading: Reading) -> None:
        reading.close()
        with self._lock:
            self._readings.discard(reading)

    def unread(self, segment: Segment, *, any_state: bool = False) -> bool:
        """Whether no reading in progress knows a segment that was taken out, in this or any state;
        what was kept open of it is closed then."""
        with self._lock:
            known = [one for reading in self._readings for one in reading.segments]
        if any(one is segment or (any_state and one.id == segment.id) for one in known):
            return False
        self.segments.backend.forget([segment])
        return True

    async def read(self, tenant_id: int, work: Callable[[list[View]], T]) -> T:
        """Run `work` on a reader thread with one tenant's view of each segment, newest first.

        Raises DeadlineExceeded when it takes longer than the query time.
        """
        with self.courtesy.answering():
            return await self.read_all(lambda reading: work(self._views(reading, tenant_id)))

    def _views(self, reading: Reading, tenant_id: int) -> list[View]:
        return [View(s, reading, tenant_id, self.remembered) for s in reading.segments]

    async def read_all(self, work: Callable[[Reading], T]) -> T:
        """Like `read`, over all tenants: for upkeep only, never for an answer."""
        started = time.perf_counter()
        reading = self.segments.backend.reading()

        def begun(reading: Reading) -> T:
            self._begin(reading)
            return work(reading)

        def run() -> T:
            try:
                return reading.run(begun)
            finally:
                self._end(reading)

        future = asyncio.get_running_loop().run_in_executor(self._readers, run)
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
        self.segments.backend.forget()
