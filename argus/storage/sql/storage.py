"""The storage protocols on SQL: what ties engine, writer, readers and upkeep together."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from argus.model import Batch, LogRecord, Pattern, Span, TraceSummary
from argus.query import Node
from argus.query.tree import Target
from argus.storage import (
    Contrast,
    Dashboard,
    Insight,
    InsightKey,
    LatencyHeatmap,
    LatencyPoints,
    LogQuery,
    Operations,
    Page,
    PatternQuery,
    Patterns,
    Purged,
    Reader,
    RecordQuery,
    Retention,
    ServiceMap,
    Services,
    StorageStats,
    Tally,
    TimeRange,
    TraceDetail,
    TraceOutline,
    TraceQuery,
    TrafficBucket,
    Writer,
)
from argus.storage.sql import summaries
from argus.storage.sql.active import Active
from argus.storage.sql.backend import unavailable
from argus.storage.sql.control import Control, Tenants
from argus.storage.sql.counting import contrast, count_keys, count_values
from argus.storage.sql.departures import Departures
from argus.storage.sql.engine import Database, View
from argus.storage.sql.exactly_once import ExactlyOnce
from argus.storage.sql.insights import Insights, TokenNotes, insights_in
from argus.storage.sql.logs import find_logs, get_log, logs_after, logs_around
from argus.storage.sql.one_trace import get_outline, get_spans, get_trace, latest_spans
from argus.storage.sql.overview import (
    dashboard,
    latency_heatmap,
    latency_points,
    operations,
    services_in,
    traffic,
)
from argus.storage.sql.patterns import patterns_in
from argus.storage.sql.pins import Pins
from argus.storage.sql.purge import Purge
from argus.storage.sql.retention import Keeper
from argus.storage.sql.rolling import Rolling
from argus.storage.sql.rollups import Progress
from argus.storage.sql.sealing import Sealing
from argus.storage.sql.service_map import service_map
from argus.storage.sql.straddling import Straddling
from argus.storage.sql.texts import encodable
from argus.storage.sql.trace_filter import TraceFilter
from argus.storage.sql.traces import find_traces, service_names
from argus.storage.sql.upkeep import Upkeep

T = TypeVar("T")


_GIVE_UP_S = 1.0


class SqlStorage:
    """An open database. `release` gives up all that it stands on, in the right order."""

    def __init__(
        self, control: Control, database: Database, retention: Retention, held: ExitStack
    ) -> None:
        self.release: Callable[[], None] = held.close
        backend = database.segments.backend
        self._control = control
        self._database = database
        self._tenants = Tenants(control)
        self._traces = TraceFilter()
        upkeep_control = control.another()
        held.callback(upkeep_control.close)
        straddling = Straddling(upkeep_control, database.reading, self._traces)
        once = ExactlyOnce(backend.index, database.reading, self._traces)
        self._active = Active(database, self._tenants, once)
        sealing = Sealing(database, straddling, self._traces)
        rolling_control = control.another()
        held.callback(rolling_control.close)
        self._rolling = Rolling(
            database,
            rolling_control,
            lambda: Progress(self._active.last_span_id, self._active.last_log_id),
        )
        self._insights = Insights(upkeep_control)
        self._token_notes = TokenNotes(upkeep_control)
        self._pins = Pins(database, upkeep_control, straddling)
        departures = Departures(upkeep_control, database.reading)
        self._keeper = Keeper(
            database, retention, self._pins, straddling, self._traces, self._rolling, departures
        )
        self._keeper.finish_drops()
        self._purge = Purge(database, self._keeper)
        with database.reading() as reading:
            folded = summaries.read_watermark(reading.connection(reading.segments[0]))
        if sealing.waiting():
            folded = 0  # an older segment may not be folded to its end
        self._upkeep = Upkeep(
            database, self._active, once, straddling, sealing, self._keeper, folded
        )
        self.writer: Writer = _SqlWriter(database, self._active, self._upkeep, self._rolling)

    def start(self) -> None:
        """Begin upkeep; needs a running event loop."""
        self._upkeep.start()
        self._rolling.schedule()

    def reader(self, tenant: str) -> Reader:
        """The reader of one tenant."""
        return _SqlReader(
            self._database,
            self._upkeep,
            self._rolling,
            self._traces,
            lambda: self._tenants.known(tenant),
        )

    async def known_patterns(self) -> list[tuple[str, Pattern]]:
        """The patterns that were seen; contract of `Storage`."""
        try:
            return await asyncio.to_thread(self._rolling.known_patterns)
        except DBAPIError as error:
            raise unavailable(error) from error

    async def put_insight(self, tenant: str, insight: Insight) -> None:
        """Keep what a model said; contract of `Storage`."""
        tenant_id = self._tenants.known(tenant)
        whole = encodable(insight)
        await self._upkeep.on_upkeep(lambda: self._insights.put(tenant_id, whole))

    async def note_tokens(self, at_ns: int, tokens: int) -> int:
        """Note what a request may cost; contract of `Storage`."""
        return await self._upkeep.on_upkeep(lambda: self._token_notes.note(at_ns, tokens))

    async def correct_tokens(self, number: int, tokens: int) -> None:
        """Note what a request has cost; contract of `Storage`."""
        await self._upkeep.on_upkeep(lambda: self._token_notes.correct(number, tokens))

    async def noted_tokens(self, since_ns: int) -> list[tuple[int, int]]:
        """What requests have cost; contract of `Storage`."""
        return await self._upkeep.on_upkeep(lambda: self._token_notes.since(since_ns))

    async def stats(self) -> StorageStats:
        """Size and place of the data, over all tenants."""
        return await asyncio.to_thread(self._stats)

    def _stats(self) -> StorageStats:
        try:
            spans, logs = self._keeper.counts(self._active.last_span_id, self._active.last_log_id)
        except DBAPIError as error:
            raise unavailable(error) from error
        backend = self._database.segments.backend
        return StorageStats(
            path=backend.name,
            bytes=self._keeper.bytes(),
            free_bytes=backend.free_bytes,
            spans=spans,
            logs=logs,
            segments=len(self._database.segments.newest_first),
            full_in_days=self._keeper.full_in_days(),
        )

    def wal_bytes(self) -> int:
        """Bytes of the active segment's write-ahead log."""
        segments = self._database.segments
        return segments.backend.wal_bytes(segments.active.id)

    async def purge(self, before_ns: int) -> Purged:
        """Delete what happened before a time; contract of `Storage`."""
        await self._upkeep.seal_all()
        return await self._upkeep.on_upkeep(lambda: self._purge.run(before_ns))

    async def vacuum(self) -> None:
        """Give unused room back to the disk; sealed segments have none."""
        await self._upkeep.on_upkeep(self._control.vacuum)

    async def pin(self, tenant: str, trace_id: bytes) -> bool:
        """Keep a trace beyond retention; contract of `Storage`."""
        if await self.reader(tenant).get_trace(trace_id, max_logs=1) is None:
            return False
        tenant_id = self._tenants.known(tenant)
        await self._upkeep.on_upkeep(lambda: self._pins.pin(tenant_id, trace_id))
        return True

    async def pinned(self, tenant: str, trace_id: bytes) -> bool:
        """Whether a trace outlives retention; contract of `Storage`."""
        key = (self._tenants.known(tenant), trace_id)
        return key in await self._upkeep.on_upkeep(self._pins.all)

    async def unpin(self, tenant: str, trace_id: bytes) -> None:
        """Let a trace go with the others; contract of `Storage`."""
        tenant_id = self._tenants.known(tenant)
        await self._upkeep.on_upkeep(lambda: self._pins.unpin(tenant_id, trace_id))

    async def close(self) -> None:
        """Release everything; the storage is unusable afterwards. What a server has not answered
        after a second is given up: all that was acked is safe, and a process has to end in time."""
        impatience = asyncio.create_task(self._give_up())
        try:
            await self._upkeep.stop()
            await self._rolling.stop()
            await asyncio.to_thread(self.release)
        finally:
            impatience.cancel()

    async def _give_up(self) -> None:
        while True:
            await asyncio.sleep(_GIVE_UP_S)
            self._database.segments.backend.give_up()


class _SqlWriter:
    def __init__(
        self, database: Database, active: Active, upkeep: Upkeep, rolling: Rolling
    ) -> None:
        self._database = database
        self._active = active
        self._upkeep = upkeep
        self._rolling = rolling

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        stored = await self._database.on_writer(lambda: self._active.write(batches))
        self._upkeep.schedule()
        self._rolling.schedule()
        return stored


class _SqlReader:
    def __init__(
        self,
        database: Database,
        upkeep: Upkeep,
        rolling: Rolling,
        traces: TraceFilter,
        tenant_id: Callable[[], int],
    ) -> None:
        self._database = database
        self._upkeep = upkeep
        self._rolling = rolling
        self._traces = traces
        self._tenant_id = tenant_id

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        await self._upkeep.caught_up()
        return await self._database.read(
            self._tenant_id(), lambda views: find_traces(views, encodable(query))
        )

    async def get_trace(self, trace_id: bytes, max_logs: int = 1000) -> TraceDetail | None:
        return await self._of_trace(trace_id, lambda views: get_trace(views, trace_id, max_logs))

    async def get_outline(self, trace_id: bytes) -> TraceOutline | None:
        return await self._of_trace(trace_id, lambda views: get_outline(views, trace_id))

    async def get_spans(self, trace_id: bytes, span_ids: Sequence[bytes]) -> list[Span]:
        return await self._of_trace(trace_id, lambda views: get_spans(views, trace_id, span_ids))

    async def latest_spans(
        self, trace_id: bytes, limit: int, before: int | None = None
    ) -> tuple[list[Span], int | None]:
        return await self._of_trace(
            trace_id, lambda views: latest_spans(views, trace_id, limit, before)
        )

    async def _of_trace(self, trace_id: bytes, read: Callable[[list[View]], T]) -> T:
        """What is read from the segments that may hold a trace."""
        may_hold = self._traces.may_hold
        return await self._database.read(
            self._tenant_id(),
            lambda views: read([view for view in views if may_hold(view.segment_id, trace_id)]),
        )

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        may_hold, trace_id = self._traces.may_hold, query.trace_id
        return await self._database.read(
            self._tenant_id(),
            lambda views: find_logs(
                [v for v in views if not trace_id or may_hold(v.segment_id, trace_id)],
                encodable(query),
            ),
        )

    async def get_log(self, log_id: int) -> LogRecord | None:
        return await self._database.read(self._tenant_id(), lambda views: get_log(views, log_id))

    async def logs_after(self, log_id: int, limit: int) -> list[LogRecord]:
        return await self._database.read(
            self._tenant_id(), lambda views: logs_after(views, log_id, limit)
        )

    async def logs_around(self, query: LogQuery, time_ns: int) -> list[LogRecord]:
        return await self._database.read(
            self._tenant_id(), lambda views: logs_around(views, encodable(query), time_ns)
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

    async def patterns(self, query: PatternQuery) -> Patterns:
        return await self._numbers(lambda views: patterns_in(views, encodable(query)))

    async def insights(self, keys: Sequence[InsightKey]) -> dict[InsightKey, Insight]:
        return await self._database.read(self._tenant_id(), lambda views: insights_in(views, keys))

    async def service_names(self) -> list[str]:
        return await self._database.read(self._tenant_id(), service_names)

    async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
        await self._upkeep.caught_up()
        return await self._numbers(lambda views: dashboard(views, range_, encodable(services)))

    async def traffic(self, range_: TimeRange, services: tuple[str, ...]) -> list[TrafficBucket]:
        return await self._numbers(lambda views: traffic(views, range_, encodable(services)))

    async def latency_heatmap(self, range_: TimeRange, services: tuple[str, ...]) -> LatencyHeatmap:
        return await self._numbers(
            lambda views: latency_heatmap(views, range_, encodable(services))
        )

    async def latency_points(
        self, range_: TimeRange, services: tuple[str, ...], limit: int
    ) -> LatencyPoints:
        return await self._numbers(
            lambda views: latency_points(views, range_, encodable(services), limit)
        )

    async def service_map(self, range_: TimeRange, services: tuple[str, ...]) -> ServiceMap:
        return await self._numbers(lambda views: service_map(views, range_, encodable(services)))

    async def services(self, range_: TimeRange, services: tuple[str, ...]) -> Services:
        return await self._numbers(lambda views: services_in(views, range_, encodable(services)))

    async def operations(self, range_: TimeRange, services: tuple[str, ...]) -> Operations:
        return await self._numbers(lambda views: operations(views, range_, encodable(services)))

    async def _numbers(self, work: Callable[[list[View]], T]) -> T:
        await self._rolling.caught_up()
        return await self._database.read(self._tenant_id(), work)
