"""The dead-letter queue: which letters wait, what they take up, and the order of changes."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar, get_args

from argus.errors import NotFound, Unavailable
from argus.model import Batch, Signal
from argus.pipeline.dead_letter_file import (
    SPLIT,
    WAITING,
    Header,
    Letter,
    Name,
    encode,
    new_name,
    parse_name,
)
from argus.pipeline.dead_letter_folder import Folder, FolderFull, headers, letters
from argus.telemetry import Telemetry

logger = logging.getLogger(__name__)

T = TypeVar("T")

_BLOCK = 4096
_LONGEST_REASON = 500
_RETRY_AFTER_S = 5.0


class _Census:
    """What lies in the folder, and how that differs from what was known."""

    def __init__(self) -> None:
        self.index: dict[str, bool] = {}
        self.records: Counter[Signal] = Counter({signal: 0 for signal in get_args(Signal)})
        self.found: Counter[Signal] = Counter()
        self.gone: Counter[Signal] = Counter()
        self.bytes = self.quarantined_bytes = self.last = 0

    def add(self, name: Name, found: bool) -> None:
        if name.id in self.index:
            return
        self.index[name.id] = name.split
        self.records[name.signal] += name.records
        self.bytes += _on_disk(name)
        self.last = name.sequence
        if found:
            self.found[name.signal] += name.records


class Listing(NamedTuple):
    """A waiting letter as people see it. `bytes` is the file's size, `received_ns` Unix time,
    `attempts` how often this process tried in vain to store it."""

    id: str
    tenant: str
    signal: Signal
    records: int
    bytes: int
    received_ns: int
    reason: str
    attempts: int


class DeadLetters:
    """Requests that wait on disk because the database could not take them.

    Entered when the folder is this process' own; what lies in it is counted when first asked for,
    so that a start does not wait for a hundred thousand files. Every change is made by one thread
    in the order it was asked for; the index changes on the event loop, and each waiting letter
    costs some 300 bytes of memory.
    """

    def __init__(self, path: Path, max_bytes: int, telemetry: Telemetry) -> None:
        """`max_bytes` bounds what files take up, quarantine included, in blocks of 4 KiB.

        Raises StartError when the folder cannot be made or written.
        """
        self._folder = Folder(path)
        self._max_bytes = max_bytes
        self._metrics = telemetry.dead_letters
        self._thread = ThreadPoolExecutor(1, "dead-letters")
        self._turn = asyncio.Lock()
        self._index: dict[str, bool] = {}  # id -> whether it is split, oldest first
        self._attempts: Counter[str] = Counter()
        self._records: Counter[Signal] = Counter()
        self._bytes = 0
        self._quarantined_bytes = 0
        self._next = 1
        self._scanned: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._folder.lock()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._scanned is not None:
            self._scanned.cancel()
            await asyncio.wait({self._scanned})
        # a disk that hangs must not keep the process: what hangs was not acked
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._folder.close()

    def __contains__(self, id_: str) -> bool:
        return id_ in self._index

    def __len__(self) -> int:
        return len(self._index)

    @property
    def counted(self) -> bool:
        """Whether what an earlier run left is known; until then there may be more than `len`."""
        return self._scanned is not None and self._scanned.done()

    @property
    def bytes(self) -> int:
        """What the waiting letters take up on disk, in whole blocks."""
        return self._bytes

    @property
    def has_room(self) -> bool:
        """Whether a small request could be put now, as far as the byte cap goes."""
        return self._bytes + self._quarantined_bytes + _BLOCK <= self._max_bytes

    async def put(self, batches: Sequence[Batch], reason: str) -> "list[Name]":
        """Keep the requests of batches; all or none. The letters, when they are durable.

        Raises Unavailable when the byte cap, a nearly full volume or the disk itself forbids it.
        """
        async with self._turn:
            await self._until_scanned()
            written = await self._run(lambda: self._write(batches, reason[:_LONGEST_REASON]))
            for name in written:
                self._add(name)
            self._publish()
            return written

    def _write(self, batches: Sequence[Batch], reason: str) -> list[Name]:
        group: list[tuple[Name, Letter]] = []
        size = self._bytes + self._quarantined_bytes
        for sequence, batch in enumerate(batches, self._next):
            letter = _letter(batch, reason)
            length = len(encode(letter._replace(body=b""))) + len(letter.body)
            name = new_name(sequence, letter.header, length)
            group.append((name, letter))
            size += _on_disk(name)
        if size > self._max_bytes:
            raise Unavailable(
                f"the dead-letter queue is full ({self._max_bytes} bytes)",
                retry_after_s=_RETRY_AFTER_S,
            )
        try:
            self._folder.write(group)
        except (FolderFull, OSError) as error:
            text = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            raise Unavailable(
                f"the dead-letter queue cannot be written: {text}", retry_after_s=_RETRY_AFTER_S
            ) from error
        return [name for name, _ in group]

    async def oldest(self, limit: int, passing: Collection[str] = ()) -> list[Name]:
        """The oldest waiting letters but those in `passing`, at most `limit`."""
        await self._until_scanned()
        ids = (id_ for id_ in self._index if id_ not in passing)
        return [self._name(id_) for id_ in islice(ids, limit)]

    def read(self, name: Name) -> Letter:
        """A letter; waits for the disk. Raises Corrupt, or OSError when it cannot be read now."""
        return self._folder.read(name)

    def tried(self, name: Name) -> None:
        """Count an attempt to store a letter that failed through its own fault."""
        self._attempts[name.id] += 1

    async def settle(self, names: Sequence[Name]) -> None:
        """Forget letters whose records are all accounted for elsewhere.

        One that cannot be unlinked now is found by the next scan, as if it were a new one; its
        key keeps it from being stored twice.
        """
        async with self._turn:
            for name in names:
                self._drop(name.id)
            self._publish()
            try:
                await self._run(lambda: self._folder.unlink(names))
            except OSError as error:
                logger.error("dead letters cannot be removed: %s", error)

    async def split(self, name: Name) -> Name:
        """Mark a letter as stored record by record from now on, durably. Raises OSError."""
        async with self._turn:
            marked = await self._run(lambda: self._folder.split(name))
            self._index[name.id] = True
            return marked

    async def quarantine(self, name: Name, reason: str, records: int | None = None) -> bool:
        """Set a letter aside for a person to look at; False when it cannot be moved now.

        `records` of it are lost to readers by that, all of them when not given.
        """
        async with self._turn:
            try:
                await self._run(lambda: self._folder.set_aside(name, reason))
            except FileNotFoundError:
                self._drop_removed(name.id)
                return True
            except OSError as error:
                logger.error("a dead letter cannot be moved to quarantine: %s", error)
                return False
            self._drop(name.id)
            self._quarantined_bytes += _on_disk(name)
            lost = name.records if records is None else records
            self._metrics.quarantined(name.signal, lost)
            self._publish()
        logger.error("dead letter quarantined", extra={"letter": name.id, "reason": reason})
        return True

    async def discard(self, ids: Collection[str] | None = None) -> int:
        """Delete waiting letters (all of them when None) for good, and say how many.

        Raises NotFound, before anything is deleted, when one of `ids` does not wait, and
        Unavailable when the disk forbids it.
        """
        async with self._turn:
            await self._until_scanned()
            chosen = list(self._index) if ids is None else list(dict.fromkeys(ids))
            if unknown := [id_ for id_ in chosen if id_ not in self._index]:
                raise NotFound(f"no dead letter {unknown[0]}", field="id")
            names = [self._name(id_) for id_ in chosen]
            try:
                await self._run(lambda: self._folder.unlink(names))
            except OSError as error:
                raise Unavailable(f"dead letters cannot be deleted: {error.strerror}") from error
            for id_ in chosen:
                self._drop_removed(id_)
            self._publish()
            return len(chosen)

    def name(self, id_: str) -> Name:
        """The waiting letter of an id. Raises NotFound."""
        if id_ not in self._index:
            raise NotFound(f"no dead letter {id_}", field="id")
        return self._name(id_)

    async def list(self, limit: int, after: str = "") -> "list[Listing]":
        """Waiting letters, oldest first, from behind the id `after`."""
        await self._until_scanned()
        ids = list(islice((id_ for id_ in self._index if id_ > after), limit))
        names = [self._name(id_) for id_ in ids]
        found = await asyncio.to_thread(lambda: list(headers(self._folder.path, names)))
        return [listing(name, header, self._attempts[name.id]) for name, header in found]

    async def rescan(self) -> None:
        """Take in files that were put into the folder, or out of it, by somebody else."""
        async with self._turn:
            await self._until_scanned()
            self._take_in(await self._run(self._census))

    async def _first_scan(self) -> None:
        await self._run(self._folder.clean)
        self._take_in(await self._run(self._census))

    def _census(self) -> "_Census":
        # on the thread: a hundred thousand names would hold the event loop for half a second.
        # Nobody changes the index meanwhile, and readers keep the old one until it is replaced.
        census = _Census()
        for name in letters(self._folder.path):
            census.add(name, found=name.id not in self._index)
        for id_ in self._index.keys() - census.index.keys():
            name = self._name(id_)
            census.gone[name.signal] += name.records
        for name in letters(self._folder.quarantine):
            census.quarantined_bytes += _on_disk(name)
            census.last = max(census.last, name.sequence)
        return census

    def _take_in(self, census: "_Census") -> None:
        self._index, self._records, self._bytes = census.index, census.records, census.bytes
        self._quarantined_bytes = census.quarantined_bytes
        self._next = max(self._next, census.last + 1)
        for signal, n in census.found.items():
            self._metrics.recovered(signal, n)
        for signal, n in census.gone.items():
            self._metrics.removed(signal, n)
        self._publish()

    async def _until_scanned(self) -> None:
        if self._scanned is None or (self._scanned.done() and self._scanned.exception()):
            self._scanned = asyncio.create_task(self._first_scan(), name="dead letter scan")
        try:
            await asyncio.shield(self._scanned)
        except OSError as error:
            raise Unavailable(
                f"the dead-letter queue cannot be read: {error.strerror}",
                retry_after_s=_RETRY_AFTER_S,
            ) from None

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _name(self, id_: str) -> Name:
        name = parse_name(id_ + (SPLIT if self._index[id_] else WAITING))
        assert name is not None
        return name

    def _add(self, name: Name) -> None:
        self._index[name.id] = name.split
        self._records[name.signal] += name.records
        self._bytes += _on_disk(name)
        self._next = max(self._next, name.sequence + 1)

    def _drop(self, id_: str) -> None:
        if id_ in self._index:
            name = self._name(id_)
            del self._index[id_]
            self._attempts.pop(id_, None)
            self._records[name.signal] -= name.records
            self._bytes -= _on_disk(name)

    def _drop_removed(self, id_: str) -> None:
        if id_ in self._index:
            name = self._name(id_)
            self._metrics.removed(name.signal, name.records)
            self._drop(id_)

    def _publish(self) -> None:
        first = next(iter(self._index), None)
        oldest_ns = self._name(first).received_ns if first is not None else None
        self._metrics.waiting(len(self._index), self._bytes, self._records, oldest_ns)


def listing(name: Name, header: Header | str, attempts: int = 0) -> Listing:
    """A letter as people see it; of one whose header cannot be read, what its name says."""
    if isinstance(header, str):
        tenant, received_ns, reason = "", name.received_ns, f"unreadable: {header}"
    else:
        tenant, received_ns, reason = header.tenant, header.received_ns, header.reason
    return Listing(
        name.id, tenant, name.signal, name.records, name.bytes, received_ns, reason, attempts
    )


def _letter(batch: Batch, reason: str) -> Letter:
    header = Header(
        batch.tenant,
        batch.signal,
        batch.encoding,
        batch.received_ns,
        batch.key or os.urandom(16),
        batch.received_count,
        reason,
    )
    return Letter(header, batch.body)


def _on_disk(name: Name) -> int:
    return -(-name.bytes // _BLOCK) * _BLOCK
