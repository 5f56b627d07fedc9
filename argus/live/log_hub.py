"""The log hub: hands new log records to everyone who watches, in order of arrival."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from argus.live import Link
from argus.live.log_client import LogClient, Tools
from argus.live.log_stream import Backlog, LogStream, Matches
from argus.live.messages import MAX_RECORDS, Encode, notice
from argus.live.pace import Pace
from argus.model import Batch, LogRecord
from argus.storage import Reader
from argus.telemetry import LiveMetrics

logger = logging.getLogger(__name__)

LONGEST_WAIT_S = 0.4
"""The contract promises 500 ms from the first record of a message; telling takes its time too."""

_SHORTEST_WAIT_S = 0.02
_WAIT_PER_WORK = 50
_MAX_BACKLOG_BYTES = 8 * 2**20
_HEARTBEAT_S = 15.0
_RESUMING_AT_ONCE = 4


class LogHub:
    """Gathers what was committed for a moment, then tells every client what of it matches.

    The moment is short while few watch and grows with what telling them costs, so that it stays
    a small share of the event loop until it reaches `LONGEST_WAIT_S`. `encode` turns records into
    the JSON of the API, `compile_filter` a filter's text into a predicate (or raises InvalidInput).
    Entered before the pipeline that exports to it.
    """

    def __init__(
        self,
        reader: Callable[[str], Reader],
        encode: Encode,
        compile_filter: Callable[[str], Matches],
        metrics: LiveMetrics,
        *,
        heartbeat_s: float = _HEARTBEAT_S,
        max_backlog_bytes: int = _MAX_BACKLOG_BYTES,
    ) -> None:
        self._reader = reader
        resuming = asyncio.Semaphore(_RESUMING_AT_ONCE)
        self._tools = Tools(encode, compile_filter, metrics, resuming)
        self._heartbeat_s = heartbeat_s
        self._max_backlog_bytes = max_backlog_bytes
        self._backlog = Backlog()
        self._streams: dict[str, LogStream] = {}
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._oldest_at = 0.0
        self._wait_s = _SHORTEST_WAIT_S
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def clients(self) -> int:
        """How many watch."""
        return sum(len(stream.clients) for stream in self._streams.values())

    def export(self, batch: Batch) -> None:
        """Take note of a durable batch; contract of `Exporter`."""
        stream = self._streams.get(batch.tenant)
        if stream is None or not batch.logs:
            return
        stream.add(batch)
        while stream.pending and self._backlog.bytes > self._max_backlog_bytes:
            stream.overflow()
        if not self._some.is_set():
            self._oldest_at = asyncio.get_running_loop().time()
            self._some.set()
        if self._backlog.records >= MAX_RECORDS:
            self._full.set()

    def inform(self, tenant: str, kind: str, members: dict[str, Any]) -> None:
        """Give a notice to the clients of a tenant who asked for notices."""
        stream = self._streams.get(tenant)
        if stream is not None:
            frame = notice(kind, **members)
            for client in tuple(stream.clients):
                client.inform(frame)

    def join(self, link: Link, tenant: str) -> LogClient:
        """A client that sees every record of a tenant from now on, until `leave`."""
        stream = self._streams.get(tenant)
        if stream is None:
            stream = self._streams[tenant] = LogStream(tenant, self._tools.encode, self._backlog)
        return LogClient(link, stream, self._reader(tenant), self._tools)

    def leave(self, client: LogClient) -> None:
        """The client is gone."""
        client.leave()
        stream = client.stream
        if not stream.clients:
            stream.forget_all()
            del self._streams[stream.tenant]

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._run(), name="log hub"),
            asyncio.create_task(self._beat(), name="log hub heartbeat"),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._oldest_at + self._wait_s):
                    await self._full.wait()
            self._some.clear()
            self._full.clear()
            pace = Pace()
            await self._flush(pace)
            wait_s = pace.worked_s * _WAIT_PER_WORK
            self._wait_s = min(LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, wait_s))

    async def _flush(self, pace: Pace) -> None:
        """Tell what is pending now, tenant by tenant in turns; what comes meanwhile is gathered."""
        due = {stream: stream.pending for stream in self._streams.values() if stream.pending}
        while due:
            for stream in tuple(due):
                records = stream.take()
                due[stream] -= len(records)
                if due[stream] <= 0 or not records:
                    del due[stream]
                if records:
                    await self._tell(stream, records, pace)

    @staticmethod
    async def _tell(stream: LogStream, records: list[LogRecord], pace: Pace) -> None:
        try:
            await stream.tell(records, pace)
        except Exception as error:
            logger.error("log records were not shown live", exc_info=error)
            stream.lose(len(records), records[-1].id, "failed")

    async def _beat(self) -> None:
        frame = notice("heartbeat")
        while True:
            await asyncio.sleep(self._heartbeat_s)
            pace = Pace()
            streams = self._streams.values()
            for client in [client for stream in streams for client in stream.clients]:
                client.inform(frame)
                await pace.breathe(1)
