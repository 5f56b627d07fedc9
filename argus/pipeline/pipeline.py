"""The pipeline: processors, a bounded queue, and the loop that makes what is queued durable."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Self

from argus.errors import Overloaded, Unavailable
from argus.model import Batch
from argus.pipeline import Exporter, Processor
from argus.pipeline.accounts import Accounts
from argus.pipeline.committer import WRITE_S, Committer, NotCommitted
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.dead_letter_file import Letter, Name
from argus.pipeline.pace import Pace
from argus.pipeline.receipts import Receipts
from argus.pipeline.replay import Decode, Replayer
from argus.storage import Writer
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)

WriterStatus = Literal["OK", "DELAYED", "CIRCUIT_OPEN"]

_COMMIT_BYTES = 16 * 2**20
_COMMIT_FILES = 512
_PUT_S = 1.0
_STOP_S = 5.0
_GIVE_UP_S = 2.0
_LIVE_S = 1.0
_RETRY_AFTER_S = 5.0


class _Waiting(NamedTuple):
    """A batch in the queue, when it got there (event loop time), and its sender's future."""

    batch: Batch
    since: float
    durable: "asyncio.Future[None]"


class Pipeline:
    """Takes batches from receivers and returns when they are durable.

    One commit takes everything that queued up during the last one, up to a bound, so a trickle is
    acked in one commit's time and a flood makes larger commits. What the database cannot take
    within two seconds goes to the dead-letter queue, and from there to the database later.
    Entered after storage and dead letters are open; leaving it refuses new batches, commits or
    keeps the queued ones and ends within eight seconds, whatever the database does.
    """

    def __init__(
        self,
        writer: Writer,
        dead_letters: DeadLetters,
        decode: Decode,
        telemetry: Telemetry,
        processors: Sequence[Processor] = (),
        exporters: Sequence[Exporter] = (),
        *,
        replay_interval_s: float = 300.0,
    ) -> None:
        self._dead_letters = dead_letters
        self._processors = processors
        self.receipts = Receipts()
        self._accounts = Accounts(telemetry, exporters, self.receipts)
        self._committer = Committer(writer, telemetry, lambda: self._replayer.wake())
        self._decode = decode
        self._replayer = Replayer(
            dead_letters,
            self._committer,
            self._decode_letter,
            self._accounts,
            telemetry,
            interval_s=replay_interval_s,
            live=self._live,
        )
        self._queue: deque[_Waiting] = deque()
        self._queued_records = self._queued_bytes = 0
        self._pace = Pace()
        self._arrived = float("-inf")
        self._wake = asyncio.Event()
        self._closing = False
        self._loop: asyncio.Task[None] | None = None
        self._replaying: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()

    @property
    def queue_depth(self) -> int:
        """Batches waiting for a commit."""
        return len(self._queue)

    @property
    def accepting(self) -> bool:
        """Whether a batch can be made durable now, in the database or as a dead letter."""
        available = self._committer.state == "CLOSED"
        return not self._closing and (available or self._dead_letters.has_room)

    @property
    def status(self) -> WriterStatus:
        """CIRCUIT_OPEN while requests go to disk only; DELAYED while dead letters wait (or may, as
        they are not counted yet) or a commit has been running for over a second."""
        if self._committer.state != "CLOSED":
            return "CIRCUIT_OPEN"
        letters = self._dead_letters
        return "DELAYED" if len(letters) or not letters.counted or self._committer.slow else "OK"

    async def consume(self, batch: Batch) -> None:
        """Return when every record of the batch is durable; contract of `Consumer`."""
        batch = self._processed(batch)
        if not len(batch):
            self._accounts.received(batch)
            self._accounts.settled([batch], [batch])
            return
        if self._closing:
            raise Unavailable("Argus is stopping", retry_after_s=_RETRY_AFTER_S)
        if self._queued_records >= self._pace.queue or self._queued_bytes >= 2 * _COMMIT_BYTES:
            raise Overloaded(
                f"{self._queued_records} records wait for the database; retry later",
                retry_after_s=1,
            )
        loop = asyncio.get_running_loop()
        self._arrived = loop.time()
        durable: asyncio.Future[None] = loop.create_future()
        self._queue.append(_Waiting(batch, self._arrived, durable))
        self._queued_records += len(batch)
        self._queued_bytes += batch.size
        self._wake.set()
        await durable

    async def replay(self, id_: str) -> None:
        """Replay one dead letter now. Raises NotFound, or Unavailable when it still waits."""
        await self._replayer.replay(id_)

    async def replay_all(self) -> None:
        """Replay what waits, until all is done or the database takes no more."""
        await self._dead_letters.rescan()
        await self._replayer.replay_all()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._commit_loop(), name="pipeline commit loop")
        self._replaying = asyncio.create_task(self._replayer.run(), name="dead letter replay")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._replaying is not None
        deadline = asyncio.get_running_loop().time() + _STOP_S
        self._closing = True
        self._wake.set()
        self._replayer.stop()
        tasks = {self._loop, self._replaying}
        await asyncio.wait(tasks, timeout=_STOP_S)
        await self._committer.stop(deadline)
        for task in tasks | self._background:
            task.cancel()
        await asyncio.wait(tasks | self._background, timeout=_GIVE_UP_S)
        _refuse(self._queue, "Argus is stopping")

    def _live(self) -> bool:
        return asyncio.get_running_loop().time() - self._arrived < _LIVE_S

    def _processed(self, batch: Batch) -> Batch:
        for processor in self._processors:
            batch = processor.process(batch)
        return batch

    def _decode_letter(self, letter: Letter) -> Batch:
        return self._processed(self._decode(letter))

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
        while self._queue and len(group) < _COMMIT_FILES:
            batch = self._queue[0].batch
            records += len(batch)
            size += batch.size
            if group and (records > self._pace.commit or size > _COMMIT_BYTES):
                break
            group.append(self._queue.popleft())
            self._queued_records -= len(batch)
            self._queued_bytes -= batch.size
        return group

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            await self._store_or_keep(group)
        finally:
            # only when cancelled is anyone left without an answer
            _refuse(group, "Argus is stopping")

    async def _store_or_keep(self, group: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        batches = [waiting.batch for waiting in group]
        kept: asyncio.Future[list[Name]] = loop.create_future()

        async def late(stored: list[Batch]) -> None:
            letters = await kept
            if not letters:  # the senders were refused, and yet it is in the database
                self._received(batches)
            self._accounts.settled(batches, stored)
            await self._dead_letters.settle(letters)

        began = loop.time()
        try:
            stored = await self._committer.write(batches, late, group[0].since + WRITE_S)
        except NotCommitted as error:
            if error.running:
                self._pace.took(sum(map(len, batches)), loop.time() - began)
            kept.set_result(await self._keep(group, error.reason))
            if self._committer.state == "CLOSED":
                # busy, or these batches' own fault; or back before the letters were on disk
                self._replayer.wake()
            return
        self._pace.took(sum(map(len, batches)), loop.time() - began)
        self._received(batches)
        for waiting in group:
            _answer(waiting)
        self._accounts.settled(batches, stored)

    async def _keep(self, group: list[_Waiting], reason: str) -> list[Name]:
        """Answer the senders of a group: once it is in the dead-letter queue, or when it cannot be
        put there in time. The letters; none in the latter case."""
        batches = [waiting.batch for waiting in group]
        putting = asyncio.create_task(self._dead_letters.put(batches, reason), name="put")
        await asyncio.wait({putting}, timeout=_PUT_S)
        if not putting.done():
            withdrawing = asyncio.create_task(self._withdraw(putting), name="withdraw")
            self._background.add(withdrawing)
            withdrawing.add_done_callback(self._background.discard)
            _refuse(group, "neither the database nor the disk answers")
            return []
        error = putting.exception()
        if error is not None:
            logger.error("requests refused: %s", error, extra={"requests": len(group)})
            _refuse(group, str(error) if isinstance(error, Unavailable) else "internal error")
            return []
        self._received(batches)
        for waiting in group:
            _answer(waiting)
        return putting.result()

    async def _withdraw(self, putting: "asyncio.Task[list[Name]]") -> None:
        # what is durable only now was refused, and its senders will send it again
        with contextlib.suppress(Exception):
            await self._dead_letters.settle(await putting)

    def _received(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._accounts.received(batch)


def _answer(waiting: _Waiting, error: Unavailable | None = None) -> None:
    if waiting.durable.done():
        return
    if error is None:
        waiting.durable.set_result(None)
    else:
        waiting.durable.set_exception(error)


def _refuse(group: Iterable[_Waiting], reason: str) -> None:
    for waiting in group:
        _answer(waiting, Unavailable(reason, retry_after_s=_RETRY_AFTER_S))
