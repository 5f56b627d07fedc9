"""Replay: how dead letters get into the database, oldest first, each exactly once."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from argus.errors import Unavailable
from argus.model import Batch
from argus.pipeline.accounts import Accounts
from argus.pipeline.committer import Committer, NotCommitted
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.dead_letter_file import Corrupt, Letter, Name
from argus.pipeline.pace import Pace
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)

Decode = Callable[[Letter], Batch]
"""The batch of a dead letter, decoded anew from its bytes and passed through the processors."""

_AFTER_START_S = 0.5  # the start itself comes first
_REASONS = 20


class Share(NamedTuple):
    """The bounds of one replay commit."""

    files: int
    records: int
    bytes: int


_ALONE = Share(512, 8_192, 4 * 2**20)
_BESIDE_LIVE = Share(64, 1_024, 2**20)


class Loaded(NamedTuple):
    """A letter and its batch."""

    name: Name
    batch: Batch


_Outcome = Batch | str | None
"""The batch of a letter, or why it has none, or None when it cannot be read now."""


class Replayer:
    """Moves dead letters into the database whenever it takes them.

    A letter is removed after the write that holds its key has returned, so a crash anywhere makes
    the next replay answer "stored before" and nothing else. A letter that the database refuses
    while it takes others is stored record by record under keys of their own, and what remains of
    it goes to quarantine: nothing waits behind it.
    """

    def __init__(
        self,
        letters: DeadLetters,
        committer: Committer,
        decode: Decode,
        accounts: Accounts,
        telemetry: Telemetry,
        *,
        interval_s: float,
        live: Callable[[], bool],
    ) -> None:
        """`live` tells whether live requests are coming in, which then have priority."""
        self._letters = letters
        self._committer = committer
        self._decode = decode
        self._accounts = accounts
        self._metrics = telemetry.dead_letters
        self._interval_s = interval_s
        self._live = live
        # a large commit that takes too long looks like a database that is not there
        self._pace = Pace(first=_BESIDE_LIVE.records)
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stopping = False

    def wake(self) -> None:
        """Replay now, not at the next interval."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` after the commit in progress."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Replay soon, at every interval and when woken, until stopped."""
        with contextlib.suppress(Unavailable):
            await self._letters.oldest(0)  # have them counted: until then health is not sure
        await self._woken(_AFTER_START_S)
        while not self._stopping:
            self._wake.clear()
            try:
                await self.replay_all()
            except Exception:
                logger.exception("replay of dead letters failed")
            if not await self._woken(self._interval_s):
                with contextlib.suppress(OSError, Unavailable):
                    await self._letters.rescan()

    async def _woken(self, within_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._wake.wait(), within_s)
        return False

    async def replay_all(self) -> None:
        """Replay what waits, until all is done or the database takes no more."""
        left: set[str] = set()
        ahead = asyncio.create_task(self._load_next(left))
        try:
            while not self._stopping and self._committer.state == "CLOSED":
                group = await ahead
                if not group:
                    return
                # the next group is decoded while this one is written
                ahead = asyncio.create_task(self._load_next(left | group.keys()))
                async with self._turn:
                    await self._replay(group, left)
        finally:
            ahead.cancel()

    async def replay(self, id_: str) -> None:
        """Replay one letter now. Raises NotFound, or Unavailable when it still waits after."""
        self._letters.name(id_)
        left: set[str] = set()
        async with self._turn:
            if id_ in self._letters:
                await self._replay(await self._load_all([self._letters.name(id_)]), left)
        if id_ in self._letters:
            raise Unavailable(f"dead letter {id_} still waits", retry_after_s=1)

    async def _load_next(self, passing: Collection[str]) -> dict[str, _Outcome]:
        share = _BESIDE_LIVE if self._live() else _ALONE
        share = share._replace(records=min(share.records, self._pace.commit))
        return await self._load_all(
            _within(await self._letters.oldest(share.files, passing), share)
        )

    async def _load_all(self, names: Sequence[Name]) -> dict[str, _Outcome]:
        return await asyncio.to_thread(lambda: {name.id: self._load(name) for name in names})

    async def _replay(self, group: dict[str, _Outcome], left: set[str]) -> None:
        """Replay a group; what cannot be dealt with in this pass is added to `left`."""
        loaded: list[Loaded] = []
        for id_, outcome in group.items():
            if id_ not in self._letters:  # somebody was faster
                continue
            name = self._letters.name(id_)
            if isinstance(outcome, Batch):
                loaded.append(Loaded(name, outcome))
            elif outcome is None or not await self._letters.quarantine(name, outcome):
                left.add(name.id)
        nothing = [item for item in loaded if not len(item.batch)]
        await self._settle(nothing, [item.batch for item in nothing])
        await self._store([i for i in loaded if len(i.batch) and not i.name.split], left)
        for item in loaded:
            if len(item.batch) and item.name.split:
                await self._store_records(item, left)

    def _load(self, name: Name) -> _Outcome:
        try:
            letter = self._letters.read(name)
        except Corrupt as error:
            return f"corrupt: {error}"
        except OSError as error:
            logger.error("a dead letter cannot be read: %s", error)
            return None
        try:
            batch = self._decode(letter)
        except Exception as error:
            return f"cannot be decoded: {type(error).__name__}: {error}"
        batch.key = letter.header.key
        return batch

    async def _store(self, group: Sequence[Loaded], left: set[str]) -> None:
        if not group:
            return
        began = time.monotonic()
        try:
            stored = await self._committer.write(
                [item.batch for item in group], partial(self._settle, group)
            )
            self._pace.took(sum(item.name.records for item in group), time.monotonic() - began)
        except NotCommitted as error:
            if not error.at_fault:
                left.update(item.name.id for item in group)
            elif len(group) > 1:
                half = len(group) // 2
                await self._store(group[:half], left)
                await self._store(group[half:], left)
            else:
                self._letters.tried(group[0].name)
                await self._store_records(group[0], left)
            return
        await self._settle(group, stored)

    async def _settle(self, group: Sequence[Loaded], stored: Sequence[Batch]) -> None:
        if not group:
            return
        self._accounts.settled([item.batch for item in group], stored)
        for item in group:
            self._metrics.replayed(item.name.signal, item.name.records)
        await self._letters.settle([item.name for item in group])

    async def _store_records(self, item: Loaded, left: set[str]) -> None:
        """Store a letter record by record and quarantine it when the database refuses some.

        Every record gets a key of its own, so that any grouping into commits, and any repetition
        after a crash, stores it once. That holds only if the letter is never again stored under
        its own key: hence the mark first, and that key, without records, last.
        """
        name, batch = item
        left.add(name.id)
        try:
            name = name if name.split else await self._letters.split(name)
        except OSError as error:
            logger.error("a dead letter cannot be marked: %s", error)
            return
        records = _records(batch)
        answers: dict[int, Batch] = {}
        refused: dict[int, str] = {}
        whole = replace(batch, spans=(), logs=())
        try:
            await self._store_each(records, range(len(records)), answers, refused)
            await self._committer.write([whole], _nobody)
        except NotCommitted:
            # what was stored answers "stored before" next time, and is counted as such
            return
        if refused and not await self._set_aside(name, len(records), refused):
            return
        self._accounts.settled_in_part(batch, len(answers), list(answers.values()))
        if not refused:
            self._metrics.replayed(name.signal, name.records)
            await self._letters.settle([name])

    async def _set_aside(self, name: Name, records: int, refused: dict[int, str]) -> bool:
        which = "; ".join(f"record {n}: {why}" for n, why in list(refused.items())[:_REASONS])
        reason = f"{len(refused)} of {records} records refused: {which}"
        return await self._letters.quarantine(name, reason, records=len(refused))

    async def _store_each(
        self,
        records: Sequence[Batch],
        which: range,
        answers: dict[int, Batch],
        refused: dict[int, str],
    ) -> None:
        """Store the records of a range; raises NotCommitted when the database takes nothing."""
        try:
            group = [records[n] for n in which]
            stored = await self._committer.write(group, _nobody)
        except NotCommitted as error:
            if not error.at_fault:
                raise
            if len(which) == 1:
                refused[which[0]] = error.reason
                return
            half = len(which) // 2
            await self._store_each(records, which[:half], answers, refused)
            await self._store_each(records, which[half:], answers, refused)
            return
        answers.update(zip(which, stored, strict=True))


def _within(names: Sequence[Name], share: Share) -> list[Name]:
    """The first names whose letters together are within a share, at least one."""
    group: list[Name] = []
    records = size = 0
    for name in names:
        records += name.records
        size += name.bytes
        if group and (records > share.records or size > share.bytes):
            break
        group.append(name)
    return group


def _records(batch: Batch) -> list[Batch]:
    """A batch per record, with keys derived from the batch's key and the record's place."""
    spans = [replace(batch, spans=[span], logs=()) for span in batch.spans]
    logs = [replace(batch, spans=(), logs=[log]) for log in batch.logs]
    for n, one in enumerate(spans + logs):
        one.key = blake2b(batch.key + b" %d" % n, digest_size=16).digest()
    return spans + logs


async def _nobody(stored: Sequence[Batch]) -> None:
    pass
