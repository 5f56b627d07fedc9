"""Keeps the rollups close behind the rows, and brings them up to a segment before it goes."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from argus.errors import ArgusError, Unavailable
from argus.model import Pattern
from argus.storage.sql import departures
from argus.storage.sql.backend import Reading
from argus.storage.sql.control import Control
from argus.storage.sql.courtesy import REST
from argus.storage.sql.edges import REMEMBERED, Calls
from argus.storage.sql.engine import Database
from argus.storage.sql.freshness import WAIT_S, Freshness
from argus.storage.sql.measures import BRIEF, HOUR_S, MINUTE_S, SECOND_NS, Subject
from argus.storage.sql.rollup_store import RollupStore
from argus.storage.sql.rollups import (
    STEP_ROWS,
    Progress,
    Step,
    next_step,
    remember,
    segment_patterns,
)
from argus.storage.sql.segment import Segment
from argus.storage.sql.tables import LOG_SIGNAL, PINNED, SPAN_SIGNAL, blocks, known_tenants

FOLD_AT_LATEST_S = 5
DAY_S = 86_400
FOREVER = 2**63 - 1
MINUTES_OF_BRIEF_S = 2 * DAY_S
MINUTES_S = 15 * DAY_S

_RETRY_AFTER_S = 1.0
_REST = 3.0
"""As `REST`, as long as there is not much to catch up with."""
_NEWEST_SEGMENTS = 2

_log = logging.getLogger("argus.storage")


class Rolling:
    """Adds to the rollups what was stored, on a thread and a control connection of its own."""

    def __init__(
        self, database: Database, control: Control, stored: Callable[[], Progress]
    ) -> None:
        self._database = database
        self._control = control
        self._stored = stored
        self._store = RollupStore()
        self._calls: Calls | None = None
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "argus-rollups")
        self._running: asyncio.Task[None] | None = None
        self._freshness = Freshness("rollups", self.catch_up)
        with control.transaction() as connection:
            self._progress = self._store.progress(connection)

    def schedule(self) -> None:
        """Catch up about a second from now, unless that is planned already."""
        if self._behind and (self._running is None or self._running.done()):
            self._running = asyncio.create_task(self._later())

    @property
    def _behind(self) -> bool:
        return self._behind_of(self._stored())

    async def _later(self) -> None:
        while self._behind:
            await self._enough()
            try:
                await self.catch_up()
            except ArgusError as error:
                _log.warning("rollups are behind: %s", error.message)

    async def _enough(self) -> None:
        """Wait until a step is worth its while: few large ones cost less than many small ones."""
        for _ in range(FOLD_AT_LATEST_S):
            await asyncio.sleep(1)
            stored = self._stored()
            if max(stored[0] - self._progress[0], stored[1] - self._progress[1]) >= STEP_ROWS:
                return

    async def catch_up(self) -> None:
        """Return when everything stored before the call is in the rollups."""
        wanted, at = self._stored(), time.monotonic()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._fold, wanted)
        self._freshness.counted(at, sum(wanted))

    async def caught_up(self) -> None:
        """Return when an answer may be given: see `Freshness`."""
        if self._behind:
            await self._freshness.answer(min(WAIT_S, self._database.query_timeout_s / 2))

    def keep(self, segment: Segment) -> None:
        """A sealed segment is about to lose rows: have all of them in the rollups. Any thread."""
        last_span_id, last_log_id = segment.last_span_id, segment.last_log_id
        if segment.id == PINNED or last_span_id is None or last_log_id is None:
            return
        wanted = Progress(last_span_id, last_log_id)
        if self._behind_of(wanted):  # or it would wait for what is being folded of others
            self._fold(wanted)

    def take_in(self) -> bool:
        """Have some traces in the rollups whose rows nobody can see any more; False when there are
        none. Any thread."""
        with self._lock:
            try:
                with self._transaction() as (connection, changes):
                    taken = departures.take(connection)
                    if taken is not None:
                        self._store.add_traces(connection, *taken)
                        changes(None)
            except BaseException:
                self._store.forget()
                raise
        return taken is not None

    def known_patterns(self) -> list[tuple[str, Pattern]]:
        """The patterns of all tenants, those that were seen last first, and then those that are
        not in the rollups yet: their records are in the newest segments. Any thread."""
        with self._control.transaction() as connection:
            found = self._store.known_patterns(connection)
        with self._database.reading() as reading:
            newest = [segment for segment in reading.segments if segment.id != PINNED]
            for segment in newest[:_NEWEST_SEGMENTS]:
                found += segment_patterns(reading.connection(segment))
        return found

    def expire(self, days: float) -> None:
        """Forget hours older than so many days (0: none), and minutes of times that are old and
        have no rows any more. Any thread."""
        now = time.time_ns()
        with self._lock:
            with self._database.reading() as reading:
                oldest = min(map(partial(_oldest_ns, reading), reading.segments), default=now)
            minutes = min(now - MINUTES_S * SECOND_NS, oldest)
            self._drop(MINUTE_S, list(Subject), minutes)
            self._drop(MINUTE_S, list(BRIEF), young_ns())
            before_ns = now - int(days * DAY_S) * SECOND_NS
            if days and self._drop(HOUR_S, list(Subject), before_ns):
                with self._database.reading() as reading:
                    unused = self._store.unused_keys(reading.connection(reading.segments[0]))
                with self._control.transaction() as connection:
                    self._store.drop_keys(connection, unused, before_ns)

    def _drop(self, width_s: int, subjects: list[Subject], before_ns: int) -> bool:
        """Forget rollups of a width in short transactions; whether there were any."""
        dropped = False
        with self._control.transaction() as connection:
            tenants = list(connection.execute(select(known_tenants.c.id)).scalars())
        for tenant_id in tenants:
            while True:
                with self._transaction() as (connection, changes):
                    of = (tenant_id, subjects, width_s, before_ns)
                    if not self._store.drop(connection, *of):
                        break
                    changes(None)
                dropped = True
        return dropped

    def _fold(self, wanted: Progress) -> None:
        """Fold everything up to these ids. Raises Unavailable."""
        try:
            with self._lock:
                behind = wanted.span_id - self._progress.span_id
                work = self._database.courtesy.work(_REST if behind < 2 * STEP_ROWS else REST)
                while self._behind_of(wanted):
                    with self._database.reading() as reading:
                        reading.segments = self._needed(reading.segments)
                        step = self._next(reading, wanted, work.rest)
                    work.rest()
                    with self._transaction() as (connection, changes):
                        self._store.add(connection, step, young_ns())
                        changes(step.hours)
                    self._progress = step.progress
                    work.rest()
        except BaseException as error:
            self._calls = None
            self._store.forget()
            if isinstance(error, DBAPIError):
                raise Unavailable(f"storage: {error.orig}", retry_after_s=_RETRY_AFTER_S) from error
            raise

    def _needed(self, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """Those with rows beyond the rollups, or of which calls remember some. A reading that knew
        the others would keep them from going."""
        span_id, log_id = self._progress.span_id - REMEMBERED, self._progress.log_id
        return tuple(
            segment
            for segment in segments
            if segment.last_span_id is None
            or segment.last_log_id is None
            or segment.last_span_id > span_id
            or segment.last_log_id > log_id
        )

    def _next(self, reading: Reading, wanted: Progress, rest: Callable[[], None]) -> Step:
        """The next step, over the oldest segment that has rows beyond the rollups."""
        if self._calls is None:
            self._calls = self._remembered(reading, rest)
        oldest_first = [s for s in reversed(reading.segments) if s.id != PINNED]
        for segment, newer in zip(oldest_first, [*oldest_first[1:], None], strict=True):
            first = Progress(segment.first_span_id - 1, segment.first_log_id - 1)
            last = wanted
            if newer is not None:
                beyond = (newer.first_span_id - 1, newer.first_log_id - 1)
                last = Progress(*map(min, wanted, beyond))
            since = Progress(*map(max, self._progress, first))
            step = next_step(reading.connection(segment), since, last, self._calls, rest)
            if step is not None:
                return step
        return Step({}, Progress(*map(max, self._progress, wanted)))

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, Callable[[Collection[int] | None], None]]]:
        """A transaction, and what is to be told which hours it changes (see `Remembered`)."""
        told: list[Collection[int] | None] = []
        remembered = self._database.remembered

        def changes(hours: Collection[int] | None) -> None:
            told.append(hours)
            remembered.changes(hours)

        try:
            with self._control.transaction() as connection:
                yield connection, changes
        finally:
            for hours in told:
                remembered.changes(hours)

    def _behind_of(self, wanted: Progress) -> bool:
        return any(have < want for have, want in zip(self._progress, wanted, strict=True))

    def _remembered(self, reading: Reading, rest: Callable[[], None]) -> Calls:
        """What is known of calls at the point the rollups have reached."""
        calls, upto = Calls(), self._progress.span_id
        after = max(0, upto - REMEMBERED)
        for segment in reversed(reading.segments):
            last = upto if segment.last_span_id is None else min(upto, segment.last_span_id)
            if segment.id != PINNED and last > after:
                remember(reading.connection(segment), after, last, calls, rest)
        return calls

    async def stop(self) -> None:
        """Stop; what is left is done after the next start."""
        tasks = {*self._freshness.running, *filter(None, (self._running,))}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.to_thread(self._thread.shutdown)


def young_ns() -> int:
    """Since when what is `BRIEF` is kept by the minute."""
    return time.time_ns() - MINUTES_OF_BRIEF_S * SECOND_NS


def _oldest_ns(reading: Reading, segment: Segment) -> int:
    """The earliest time that a row of a segment can have."""
    if segment.sealed:
        found = (segment.bounds(signal) for signal in (SPAN_SIGNAL, LOG_SIGNAL))
        return min((bounds[0] for bounds in found if bounds is not None), default=FOREVER)
    earliest = reading.connection(segment).execute(select(func.min(blocks.c.min_ns)))
    oldest: int | None = earliest.scalar_one()
    return FOREVER if oldest is None else oldest
