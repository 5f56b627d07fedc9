"""The folder of dead letters: what is written, moved and unlinked there, and in which order.

Everything here waits for the disk; `argus.pipeline.dead_letter` calls it on a thread.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from argus.errors import StartError
from argus.pipeline import dead_letter_file
from argus.pipeline.dead_letter_file import (
    SPLIT,
    WAITING,
    Corrupt,
    Header,
    Letter,
    Name,
    parse_name,
)

QUARANTINE = "quarantine"
"""The folder inside the queue's for what a person has to look at."""

_UNFINISHED = ".unfinished"
_REASON = ".reason"
_FULLEST = 0.95
_SYNCING_THREADS = 8


class FolderFull(Exception):
    """The volume is too full to take more; the message says how full."""


class Folder:
    """The files of one dead-letter queue. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises StartError when the folder cannot be made or written."""
        self.path = path
        self.quarantine = path / QUARANTINE
        self._lock: int | None = None
        # a journal commits what many threads sync at the same time in one go: 20 times the rate
        self._syncing = ThreadPoolExecutor(_SYNCING_THREADS, "dead-letter-sync")
        try:
            self.quarantine.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"DLQ_PATH: {path} cannot be made: {error.strerror}") from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise StartError(f"DLQ_PATH: {path} cannot be written")

    def lock(self) -> None:
        """Keep every other process from changing the folder. Raises StartError when one does."""
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StartError(f"DLQ_PATH: {self.path} is in use by another argus process") from None
        self._lock = descriptor

    def close(self) -> None:
        """Let another process in."""
        self._syncing.shutdown(wait=False)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def clean(self) -> None:
        """Unlink what a crash left half written: nothing of it was ever acked."""
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.endswith(_UNFINISHED) and not entry.is_dir(follow_symlinks=False):
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)

    def write(self, group: Sequence[tuple[Name, Letter]]) -> None:
        """Make letters durable, all or none. Raises FolderFull and OSError."""
        usage = shutil.disk_usage(self.path)
        if usage.used > _FULLEST * (usage.used + usage.free):
            raise FolderFull(f"the volume of {self.path} is over {_FULLEST:.0%} full")
        try:
            writing = [self._syncing.submit(self._write_unfinished, *item) for item in group]
            wait(writing)  # all, or one could still appear after the cleaning up
            for one in writing:
                one.result()
            for name, _ in group:
                os.rename(self._unfinished(name), self.path / name.file)
            _sync_folder(self.path)
        except BaseException:
            for name, _ in group:
                for path in (self._unfinished(name), self.path / name.file):
                    with contextlib.suppress(OSError):
                        os.unlink(path)
            raise

    def _unfinished(self, name: Name) -> Path:
        return self.path / (name.file + _UNFINISHED)

    def _write_unfinished(self, name: Name, letter: Letter) -> None:
        with open(self._unfinished(name), "xb", buffering=0) as file:
            rest = memoryview(dead_letter_file.encode(letter))
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())

    def read(self, name: Name) -> Letter:
        """A letter. Raises Corrupt, or OSError when it cannot be read now."""
        return dead_letter_file.read(self.path / name.file)

    def unlink(self, names: Sequence[Name]) -> None:
        """Forget letters for good; those that are gone already are no error. Raises OSError."""
        _unlink([self.path / name.file for name in names])
        _sync_folder(self.path)

    def unlink_quarantined(self, names: Sequence[Name]) -> None:
        """Forget letters in quarantine for good, and why they are there. Raises OSError."""
        _unlink([self.quarantine / name.file for name in names])
        _unlink([self.quarantine / (name.id + _REASON) for name in names])
        _sync_folder(self.quarantine)

    def split(self, name: Name) -> Name:
        """Mark a letter as one that is stored record by record from now on. Raises OSError."""
        marked = name._replace(split=True)
        os.rename(self.path / name.file, self.path / marked.file)
        _sync_folder(self.path)
        return marked

    def set_aside(self, name: Name, reason: str) -> None:
        """Move a letter to quarantine, with a file beside it that says why. Raises OSError."""
        with open(self.quarantine / (name.id + _REASON), "w", encoding="utf-8") as file:
            file.write(reason + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.path / name.file, self.quarantine / name.file)
        _sync_folder(self.quarantine)
        _sync_folder(self.path)


def letters(path: Path) -> Iterator[Name]:
    """The letters whose files lie in a folder, oldest first; none when there is no folder.

    Files of other names are none of ours.
    """
    files: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        files = sorted(os.listdir(path))
    for file in files:
        name = parse_name(file) if file.endswith((WAITING, SPLIT)) else None
        if name is not None:
            yield name


def headers(path: Path, names: Iterable[Name]) -> Iterator[tuple[Name, Header | str]]:
    """The header of each letter, or why it cannot be read; letters that are gone are left out."""
    for name in names:
        try:
            yield name, dead_letter_file.read_header(path / name.file)
        except FileNotFoundError:
            continue
        except (Corrupt, OSError) as error:
            yield name, str(error)


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
