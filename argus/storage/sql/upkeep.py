"""What goes on beside reads and writes: trace summaries, sealing, retention; and when."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from argus.errors import ArgusError, Unavailable
from argus.storage.sql import summaries
from argus.storage.sql.active import Active
from argus.storage.sql.engine import Database
from argus.storage.sql.exactly_once import ExactlyOnce
from argus.storage.sql.freshness import WAIT_S, Freshness
from argus.storage.sql.retention import Keeper
from argus.storage.sql.sealing import Sealing
from argus.storage.sql.segment import Segment
from argus.storage.sql.straddling import Straddling

T = TypeVar("T")

FOLD_EVERY_S = 1.0
TIDY_EVERY_S = 20.0
SWEEP_EVERY_S = 0.05

_log = logging.getLogger("argus.storage")


class Upkeep:
    """Runs upkeep on threads of its own, so that neither reads nor writes wait for it.

    One thread folds spans into summaries, one seals, drops and purges. Whatever fails is tried
    again: nothing here is needed for a record to be kept or found.
    """

    def __init__(
        self,
        database: Database,
        active: Active,
        once: ExactlyOnce,
        straddling: Straddling,
        sealing: Sealing,
        keeper: Keeper,
        folded: int,
    ) -> None:
        self._database = database
        self._segments = database.segments
        self._active = active
        self._once = once
        self._straddling = straddling
        self._sealing = sealing
        self._keeper = keeper
        self._folded = folded
        self._folding = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None
        self._freshness = Freshness("trace summaries", self.catch_up)
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._folder = ThreadPoolExecutor(1, "argus-folder")
        self._keeper_thread = ThreadPoolExecutor(1, "argus-upkeep")

    def start(self) -> None:
        """Begin; needs a running event loop."""
        for work in (self._restore(), self._tend()):
            self._tasks.add(asyncio.create_task(work))
        self.schedule()

    async def on_upkeep(self, work: Callable[[], T]) -> T:
        """Run long work on the upkeep thread, one after the other. Raises Unavailable."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._keeper_thread, work)
        except DBAPIError as error:
            raise Unavailable(f"storage: {error.orig}", retry_after_s=1.0) from error

    async def _on_folder(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._folder, work)
        except DBAPIError as error:
            raise Unavailable(f"storage: {error.orig}", retry_after_s=1.0) from error

    async def _restore(self) -> None:
        try:
            while await self._database.on_writer(self._once.restore):
                pass
        except (ArgusError, DBAPIError) as error:
            _log.warning("repeats are looked up one by one: %s", error)

    def schedule(self) -> None:
        """Catch up about a second from now, unless that is planned already."""
        if self._behind and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._later())
        if self._sealing.waiting():
            self._wake.set()

    @property
    def _behind(self) -> bool:
        return self._folded < self._active.last_span_id

    async def _later(self) -> None:
        while self._behind:
            await asyncio.sleep(FOLD_EVERY_S)
            try:
                await self.catch_up()
            except ArgusError as error:
                _log.warning("trace summaries are behind: %s", error.message)

    async def catch_up(self) -> None:
        """Return when every span stored before the call is in its trace's summary."""
        wanted, at = self._active.last_span_id, time.monotonic()
        while self._folded < wanted:
            async with self._folding:
                active, *older = self._segments.newest_first
                for segment in reversed(older):
                    if segment.state == "sealing" and (segment.last_span_id or 0) > self._folded:
                        await self._on_folder(partial(self._sealing.fold, segment))
                        self._folded = segment.last_span_id or 0
                if self._folded < wanted:
                    await self._fold(active, wanted)
        self._freshness.counted(at, wanted)

    async def _fold(self, segment: Segment, wanted: int) -> None:
        """One step of the active segment; nothing when it is not active any more."""
        step = await self._database.read_all(
            lambda reading: summaries.next_step(reading.connection(segment), wanted)
        )
        if step is None:
            if self._segments.active is segment:
                self._folded = wanted
            return
        await self._on_folder(partial(self._straddling.join, segment.id, step.summaries))

        def store() -> bool:
            if self._segments.active is not segment:
                return False
            self._database.transact(step.store)
            return True

        if await self._database.on_writer(store):
            self._folded = step.folded_span_id

    async def caught_up(self) -> None:
        """Return when a list may be given: see `Freshness`."""
        if self._behind:
            await self._freshness.answer(min(WAIT_S, self._database.query_timeout_s / 2))

    async def _tend(self) -> None:
        """Seal, keep to the retention, and do ahead what is to take no time then; for ever."""
        kept = -TIDY_EVERY_S
        while True:
            pause_s = FOLD_EVERY_S
            try:
                # what is over its time goes first: to seal a segment takes seconds
                if time.monotonic() - kept >= TIDY_EVERY_S:
                    kept = await self._keep()
                if await self._seal():
                    kept = await self._keep()
                if await self.on_upkeep(self._keeper.sweep):
                    pause_s = SWEEP_EVERY_S
                await self._do_ahead()
            except (ArgusError, OSError) as error:
                _log.warning("upkeep failed and is tried again: %s", error)
            self._wake.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _keep(self) -> float:
        """Keep to the retention; when that began."""
        began = time.monotonic()
        await self.on_upkeep(self._keeper.apply)
        return began

    async def _seal(self) -> bool:
        """Do what sealing there is to do; whether a segment was sealed."""
        sealed = False
        if await self.on_upkeep(lambda: self._active.due):
            await self._database.on_writer(self._active.roll_when_due)
        await self.on_upkeep(self._active.prepare)
        if self._sealing.waiting():
            await self.catch_up()
        for segment in self._sealing.waiting():
            if (segment.last_span_id or 0) <= self._folded:
                sealed |= await self.on_upkeep(partial(self._sealing.finish, segment))
        return sealed

    async def _do_ahead(self) -> None:
        """What is to be done of sealed segments, in steps between which others get their turn."""
        for segment in self._sealing.uncovered():
            await self.on_upkeep(partial(self._sealing.cover, segment.id))
        while await self.on_upkeep(self._keeper.count_ahead):
            pass

    async def seal_all(self) -> None:
        """Return when everything stored before the call lies in sealed segments. Raises
        Unavailable when a reading that does not end is in the way."""
        await self._database.on_writer(self._active.roll)
        limit = time.monotonic() + self._database.query_timeout_s + 5
        while True:
            await self._seal()
            if not self._sealing.waiting():
                return
            if time.monotonic() > limit:
                raise Unavailable("a query holds a segment open", retry_after_s=5)
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop; what is left is done after the next start."""
        tasks = {*self._tasks, *self._freshness.running, *filter(None, (self._catching_up,))}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.to_thread(self._folder.shutdown)
        await asyncio.to_thread(self._keeper_thread.shutdown)
