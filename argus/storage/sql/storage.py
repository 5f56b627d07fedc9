"""The storage protocols on SQLite: what ties engine, writer, readers and upkeep together."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from argus.errors import ArgusError, DeadlineExceeded
from argus.model import Batch, LogRecord, TraceSummary
from argus.query import Node
from argus.query.tree import Target
from argus.storage import (
    Contrast,
    Dashboard,
    LogQuery,
    Page,
    Reader,
    RecordQuery,
    StorageStats,
    Tally,
    TimeRange,
    TraceDetail,
    TraceQuery,
    Writer,
)
from argus.storage.sql import summaries
from argus.storage.sql.counting import contrast, count_keys, count_values
from argus.storage.sql.engine import Database
from argus.storage.sql.exactly_once import ExactlyOnce
from argus.storage.sql.logs import find_logs, logs_after, logs_around
from argus.storage.sql.overview import dashboard
from argus.storage.sql.segments import Segments, Tenants, last_ids
from argus.storage.sql.traces import find_traces, get_trace, service_names
from argus.storage.sql.writer import SegmentWriter

FOLD_EVERY_S = 1.0

_log = logging.getLogger("argus.storage")


class SqlStorage:
    """An open database. `release` gives up all that it stands on, in the right order."""

    def __init__(
        self,
        path: Path,
        segments: Segments,
        tenants: Tenants,
        database: Database,
        release: Callable[[], None],
    ) -> None:
        self._path = path
        self._segments = segments
        self._tenants = tenants
        self._database = database
        self._release = release
        with segments.active.readers.connect() as connection:
            self._rows = SegmentWriter(*last_ids(connection, segments.active))
            folded = summaries.read_watermark(connection)
        once = ExactlyOnce()
        self._upkeep = _Upkeep(database, self._rows, once, folded)
        self.writer: Writer = _SqlWriter(database, tenants, self._rows, once, self._upkeep)

    def start(self) -> None:
        """Begin upkeep; needs a running event loop."""
        self._upkeep.start()

    def reader(self, tenant: str) -> Reader:
        """The reader of one tenant."""
        return _SqlReader(self._database, self._upkeep, lambda: self._tenants.known(tenant))

    async def stats(self) -> StorageStats:
        """Size and place of the data, over all tenants."""
        return await asyncio.to_thread(self._stats)

    def _stats(self) -> StorageStats:
        oldest = self._segments.newest_first[-1]
        files = [
            Path(f"{path}{suffix}")
            for path in (self._path, *(s.path for s in self._segments.newest_first))
            for suffix in ("", "-wal", "-shm")
        ]
        return StorageStats(
            path=str(self._path),
            bytes=sum(file.stat().st_size for file in files if file.exists()),
            free_bytes=shutil.disk_usage(self._path.parent).free,
            spans=self._rows.last_span_id - oldest.first_span_id + 1,
            logs=self._rows.last_log_id - oldest.first_log_id + 1,
        )

    async def close(self) -> None:
        """Release everything; the storage is unusable afterwards."""
        await self._upkeep.stop()
        await asyncio.to_thread(self._release)


class _SqlWriter:
    def __init__(
        self,
        database: Database,
        tenants: Tenants,
        rows: SegmentWriter,
        once: ExactlyOnce,
        upkeep: "_Upkeep",
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._rows = rows
        self._once = once
        self._upkeep = upkeep

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        stored = await self._database.on_writer(lambda: self._write(batches))
        self._upkeep.schedule()
        return stored

    def _write(self, batches: Sequence[Batch]) -> list[Batch]:
        try:
            return self._commit(batches)
        except UnicodeEncodeError:
            return self._commit([_encodable(batch) for batch in batches])

    def _commit(self, batches: Sequence[Batch]) -> list[Batch]:
        def store(connection: Connection) -> list[Batch]:
            admitted = self._once.admit(connection, owned)
            return self._rows.insert(connection, admitted)

        try:
            owned = [(self._tenants.ensure(batch.tenant), batch) for batch in batches]
            stored = self._database.transact(store)
        except BaseException:
            self._rows.forget()
            self._once.forget()
            raise
        self._rows.keep()
        return stored


def _encodable(value: Any) -> Any:
    """The same with every lone surrogate replaced, which no database stores."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case Batch():
            return replace(
                value,
                tenant=_encodable(value.tenant),
                spans=_encodable(value.spans),
                logs=_encodable(value.logs),
            )
        case TraceQuery() | LogQuery():
            return replace(
                value, services=_encodable(value.services), search=_encodable(value.search)
            )
        case tuple() if hasattr(value, "_make"):
            return type(value)._make(map(_encodable, value))
        case tuple() | list():
            return tuple(map(_encodable, value))
    return value


class _Upkeep:
    """Keeps trace summaries close behind the rows, and catches up before a list is read."""

    def __init__(
        self, database: Database, rows: SegmentWriter, once: ExactlyOnce, folded_span_id: int
    ) -> None:
        self._database = database
        self._rows = rows
        self._once = once
        self._restoring: asyncio.Task[None] | None = None
        self._folded = folded_span_id
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read what was stored before, so that repeats are told from new records quickly."""
        self._restoring = asyncio.create_task(self._restore(), name="restore what was stored")
        self.schedule()

    async def _restore(self) -> None:
        restore = partial(self._database.transact, self._once.restore)
        more = True
        try:
            while more:
                more = await self._database.on_writer(restore)
        except ArgusError as error:
            _log.warning("repeats are looked up one by one: %s", error.message)

    def schedule(self) -> None:
        """Catch up about a second from now, unless that is planned already."""
        if self._folded < self._rows.last_span_id and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._later())

    async def _later(self) -> None:
        while self._folded < self._rows.last_span_id:
            await asyncio.sleep(FOLD_EVERY_S)
            try:
                await self.catch_up()
            except ArgusError as error:
                # Lists catch up by themselves and answer with the error; this is only early.
                _log.warning("trace summaries are behind: %s", error.message)

    async def catch_up(self) -> None:
        """Return when every span stored before the call is in its trace's summary."""
        wanted = self._rows.last_span_id
        async with self._lock:
            while self._folded < wanted:
                step = await self._database.read_all(
                    lambda found: summaries.next_step(next(found), wanted)
                )
                if step is None:
                    self._folded = wanted
                    return
                await self._database.on_writer(partial(self._database.transact, step.store))
                self._folded = step.folded_span_id

    async def caught_up(self) -> None:
        """`catch_up` within the time of a query; DeadlineExceeded when that is not enough."""
        try:
            async with asyncio.timeout(self._database.query_timeout_s):
                await self.catch_up()
        except TimeoutError as error:
            raise DeadlineExceeded("trace summaries are still catching up") from error

    async def stop(self) -> None:
        """Stop catching up; what is left is done after the next start."""
        tasks = {task for task in (self._task, self._restoring) if task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class _SqlReader:
    def __init__(self, database: Database, upkeep: _Upkeep, tenant_id: Callable[[], int]) -> None:
        self._database = database
        self._upkeep = upkeep
        self._tenant_id = tenant_id

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        await self._upkeep.caught_up()
        return await self._database.read(
            self._tenant_id(), lambda views: find_traces(views, _encodable(query))
        )

    async def get_trace(self, trace_id: bytes, max_logs: int = 1000) -> TraceDetail | None:
        return await self._database.read(
            self._tenant_id(), lambda views: get_trace(views, trace_id, max_logs)
        )

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        return await self._database.read(
            self._tenant_id(), lambda views: find_logs(views, _encodable(query))
        )

    async def logs_after(self, log_id: int, limit: int) -> list[LogRecord]:
        return await self._database.read(
            self._tenant_id(), lambda views: logs_after(views, log_id, limit)
        )

    async def logs_around(self, query: LogQuery, time_ns: int) -> list[LogRecord]:
        return await self._database.read(
            self._tenant_id(), lambda views: logs_around(views, _encodable(query), time_ns)
        )

    async def count_keys(self, query: RecordQuery) -> Tally:
        return await self._database.read(self._tenant_id(), lambda views: count_keys(views, query))

    async def count_values(self, query: RecordQuery, target: Target, bucket_ns: int = 0) -> Tally:
        return await self._database.read(
            self._tenant_id(), lambda views: count_values(views, query, target, bucket_ns)
        )

    async def contrast(self, query: RecordQuery, selection: Node) -> Contrast:
        return await self._database.read(
            self._tenant_id(), lambda views: contrast(views, query, selection)
        )

    async def service_names(self) -> list[str]:
        return await self._database.read(self._tenant_id(), service_names)

    async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
        return await self._database.read(
            self._tenant_id(), lambda views: dashboard(views, range_, _encodable(services))
        )
