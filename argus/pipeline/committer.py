"""The one user of the writer: one write at a time, none waited for longer than it may take."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence

from argus.errors import ArgusError
from argus.model import DEFAULT_TENANT, Batch
from argus.pipeline.breaker import Breaker, BreakerState
from argus.storage import Writer
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)

WRITE_S = 2.0
"""Longest that a commit is waited for."""

_LEAST_S = 0.1
_SLOW_S = 1.0
_BUSY = "the database was busy for over 2 s"

Late = Callable[[list[Batch]], Awaitable[None]]
"""Told what a write answered that was not waited for, before any other write begins."""


class NotCommitted(Exception):
    """A write was not done in time or at all; the message says why.

    `at_fault`: the database refused these batches, and took another write right after. `running`:
    the write goes on, and what becomes of it will be told.
    """

    def __init__(self, reason: str, *, at_fault: bool = False, running: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at_fault = at_fault
        self.running = running


class Committer:
    """Commits batches, or says within a deadline that it did not.

    A write that fails is followed at once by a probe, an empty write with a key of its own, which
    tells batches that the database will not take from a database that takes nothing. In the
    latter case, and after a write that is late, nothing is written until a probe has succeeded.
    """

    def __init__(self, writer: Writer, telemetry: Telemetry, recovered: Callable[[], None]) -> None:
        """`recovered` is called when the database takes writes again."""
        self._writer = writer
        self._telemetry = telemetry
        self._recovered = recovered
        self._breaker = Breaker()
        self._turn = asyncio.Lock()
        self._since: float | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    @property
    def state(self) -> BreakerState:
        """The state of the circuit breaker."""
        return self._breaker.state

    @property
    def slow(self) -> bool:
        """Whether the write in progress has been running for over a second."""
        return self._since is not None and time.monotonic() - self._since > _SLOW_S

    async def write(
        self, batches: Sequence[Batch], late: Late, deadline: float | None = None
    ) -> list[Batch]:
        """What `Writer.write` answers, by `deadline` on the event loop's clock, or within 2 s of
        its turn.

        Raises NotCommitted. When it says `running`, `late` is called if the write succeeds after
        all; a write that fails late stored nothing, and `late` is not called.
        """
        try:
            async with asyncio.timeout_at(deadline):
                await self._turn.acquire()
        except TimeoutError:
            raise NotCommitted(_BUSY) from None
        try:
            if self._breaker.state != "CLOSED":
                raise NotCommitted("the database is not available")
            if deadline is None:
                deadline = _now() + WRITE_S
            elif deadline - _now() < _LEAST_S:
                raise NotCommitted(_BUSY)
            return await self._attempt(batches, deadline, late)
        finally:
            self._turn.release()

    async def _attempt(self, batches: Sequence[Batch], deadline: float, late: Late) -> list[Batch]:
        writing = self._begin(batches)
        if not await _done(writing, deadline):
            self._open(writing, late)
            raise NotCommitted("the commit took over 2 s", running=True)
        if (error := writing.exception()) is None:
            return writing.result()
        reason = f"the commit failed: {_one_line(error)}"
        logger.error(reason, exc_info=None if isinstance(error, ArgusError) else error)
        probe = self._begin([_probe()])
        if await _done(probe, deadline) and probe.exception() is None:
            raise NotCommitted(reason, at_fault=True)
        self._open(probe, _nobody)
        raise NotCommitted(reason)

    def _begin(self, batches: Sequence[Batch]) -> "asyncio.Task[list[Batch]]":
        async def work() -> list[Batch]:
            self._since = time.monotonic()
            try:
                return await self._writer.write(batches)
            finally:
                self._since = None

        writing = asyncio.create_task(work(), name="write")
        # nobody may be left to ask
        writing.add_done_callback(lambda done: done.cancelled() or done.exception())
        return writing

    def _open(self, writing: "asyncio.Task[list[Batch]]", late: Late) -> None:
        self._breaker.failed()
        self._telemetry.circuit_open(True)
        logger.error("the database is not available; requests go to the dead-letter queue")
        self._told.clear()
        self._recovery = asyncio.create_task(self._recover(writing, late), name="recovery")

    async def _recover(self, writing: "asyncio.Task[list[Batch]]", late: Late) -> None:
        try:
            await asyncio.wait({writing})
            if writing.exception() is None:
                await late(writing.result())
            self._told.set()
            while self._breaker.state != "CLOSED":
                await asyncio.sleep(self._breaker.probe_in_s())
                await self._probe()
        finally:
            writing.cancel()
        self._telemetry.circuit_open(False)
        logger.info("the database is available again")
        self._recovered()

    async def _probe(self) -> None:
        self._breaker.probing()
        began = time.monotonic()
        try:
            await self._begin([_probe()])
        except Exception as error:
            logger.warning("the database is still not available: %s", _one_line(error))
            self._breaker.failed()
            return
        if time.monotonic() - began > WRITE_S:
            self._breaker.failed()
        else:
            self._breaker.succeeded()

    async def stop(self, deadline: float) -> None:
        """Wait until `deadline` for a write that is late, so that its outcome is known; then
        leave it alone. No write may follow."""
        if self._recovery is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._told.wait()
        self._recovery.cancel()
        await asyncio.wait({self._recovery})


async def _done(task: "asyncio.Task[list[Batch]]", deadline: float) -> bool:
    done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline - _now()))
    return bool(done)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _probe() -> Batch:
    # a key of its own, or the writer could answer without writing
    return Batch(DEFAULT_TENANT, "logs", time.time_ns(), key=os.urandom(16))


async def _nobody(stored: list[Batch]) -> None:
    pass


def _one_line(error: BaseException) -> str:
    message = error.message if isinstance(error, ArgusError) else f"{type(error).__name__}: {error}"
    return " ".join(message.split())
