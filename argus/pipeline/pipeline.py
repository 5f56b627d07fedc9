"""The pipeline: processors, a queue, and the group-commit loop that makes batches durable."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from argus.errors import ArgusError, Unavailable
from argus.model import Batch
from argus.pipeline import Exporter, Processor
from argus.storage import Writer
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)

_COMMIT_RECORDS = 32_768
_COMMIT_BYTES = 16 * 2**20

_Waiting = tuple[Batch, "asyncio.Future[None]"]


class Pipeline:
    """Takes batches from receivers and returns when they are durable.

    One commit takes everything that queued up during the last one, up to a bound, so a trickle is
    acked in one commit's time and a flood makes larger commits. Entered after storage is open;
    leaving it refuses new batches, commits the queued ones and ends the loop.
    """

    def __init__(
        self,
        writer: Writer,
        telemetry: Telemetry,
        processors: Sequence[Processor] = (),
        exporters: Sequence[Exporter] = (),
    ) -> None:
        self._writer = writer
        self._telemetry = telemetry
        self._processors = processors
        self._exporters = exporters
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._loop: asyncio.Task[None] | None = None

    @property
    def queue_depth(self) -> int:
        """Batches waiting for a commit."""
        return len(self._queue)

    @property
    def accepting(self) -> bool:
        """Whether a batch can be made durable now."""
        return not self._closing

    async def consume(self, batch: Batch) -> None:
        """Return when every record of the batch is durable; contract of `Consumer`."""
        for processor in self._processors:
            batch = processor.process(batch)
        if not len(batch):
            self._account(batch, 0)
            return
        if self._closing:
            raise Unavailable("Argus is stopping", retry_after_s=5)
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((batch, durable))
        self._wake.set()
        await durable

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._commit_loop(), name="pipeline commit loop")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        self._wake.set()
        if self._loop is not None:
            await self._loop

    async def _commit_loop(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._commit(self._take())
            if self._closing:
                return

    def _take(self) -> list[_Waiting]:
        """The oldest waiting batches, up to the bounds of one commit, at least one."""
        group: list[_Waiting] = []
        records = size = 0
        while self._queue:
            batch, _ = self._queue[0]
            records += len(batch)
            size += batch.size
            if group and (records > _COMMIT_RECORDS or size > _COMMIT_BYTES):
                break
            group.append(self._queue.popleft())
        return group

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            stored = await self._writer.write([batch for batch, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, Unavailable):
                # one batch the database will not take must not cost the others
                for waiting in group:
                    await self._commit([waiting])
                return
            self._refuse(group, error)
            return
        for (batch, durable), kept in zip(group, stored, strict=True):
            self._account(batch, len(kept))
            if not durable.done():
                durable.set_result(None)
        for exporter in self._exporters:
            for kept in stored:
                if len(kept):
                    exporter.export(kept)

    def _account(self, batch: Batch, stored: int) -> None:
        """Count a request that is answered with success. A refused one is sent again, and a
        cancelled one is still committed: only here is known what became of the records."""
        self._telemetry.received(batch.signal, batch.received_count)
        self._telemetry.stored(batch.signal, stored)
        self._telemetry.duplicate(batch.signal, len(batch) - stored)
        for reason, count in batch.rejected.items():
            self._telemetry.rejected(batch.signal, reason, count)
        for reason, count in batch.filtered.items():
            self._telemetry.filtered(batch.signal, reason, count)

    def _refuse(self, group: list[_Waiting], error: Exception) -> None:
        if not isinstance(error, ArgusError):
            logger.error("commit failed", exc_info=error)
            error = Unavailable("the database refused the batch", retry_after_s=5)
        else:
            logger.error("commit failed: %s", error.message)
        for _, durable in group:
            if not durable.done():
                durable.set_exception(error)
