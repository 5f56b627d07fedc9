"""The backend on SQLite: a segment is a file, in a folder beside the control database."""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, NullPool, insert
from sqlalchemy.exc import DBAPIError

from argus.errors import StartError
from argus.storage.sql import migrations, versions
from argus.storage.sql.driver import (
    SqliteReaders,
    open_immutable,
    reading_uri,
    sqlite_engine,
    warn_when_outdated,
)
from argus.storage.sql.file_reading import Connections, FileReading
from argus.storage.sql.index import KINDS, FullText, Index
from argus.storage.sql.lock import Lock
from argus.storage.sql.segment import Segment
from argus.storage.sql.soundness import require_sound
from argus.storage.sql.tables import PINNED, meta
from argus.storage.sql.tables import segment as segment_tables
from argus.storage.sql.words import trace_word

_VOCABULARY = """
SELECT json_group_array(substr(term, 3)) FROM (
  SELECT term FROM temp.span_vocabulary WHERE term > ? AND term < ?
  UNION SELECT term FROM temp.log_vocabulary WHERE term > ? AND term < ?
)
"""
_AFTER = trace_word(b"")[:-1] + chr(ord(trace_word(b"")[-1]) + 1)


class SegmentFiles:
    """The files of one storage, by the number of their segment; see `Backend`."""

    calls_python = True
    one_writer = True

    def __init__(self, control: Path) -> None:
        self.name = str(control)
        self.index: Index = FullText()
        self._control = control
        self._folder = Path(f"{control}.segments")
        self._readers = SqliteReaders(control)
        self._connections = Connections(self)
        self._lock: Lock | None = None

    def lock(self) -> None:
        self._control.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(self._control)

    def migrate(self) -> bool:
        warn_when_outdated()
        changed = migrations.upgrade(_engine(self._control))
        self._folder.mkdir(exist_ok=True)
        return changed

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def control(self) -> Connection:
        return _writer(self._control)

    def vacuum(self, control: Connection) -> None:
        _outside(control, "VACUUM")
        _outside(control, "PRAGMA wal_checkpoint(TRUNCATE)")

    def reading(self) -> FileReading:
        return FileReading(self, self._connections)

    def revive(self, connection: Connection) -> None:
        """A file does not go away."""

    def passes(self, error: DBAPIError) -> bool:
        return False

    def give_up(self) -> None:
        """A file does not let anybody wait."""

    def forget(self, segments: Collection[Segment] | None = None) -> None:
        self._connections.forget(segments)

    def where(self, number: int) -> str:
        return str(self.path(number))

    def path(self, number: int) -> Path:
        """The file of a segment."""
        return self._folder / ("pinned.db" if number == PINNED else f"{number:06d}.db")

    def numbers(self) -> set[int]:
        return {int(p.stem) for p in self._folder.glob("[0-9]*.db") if p.stem.isdigit()}

    def exists(self, number: int) -> bool:
        return self.path(number).exists()

    def create(self, number: int, facts: Mapping[str, int]) -> None:
        draft = self._draft(number)
        with _writer(draft) as connection, connection.begin():
            segment_tables.create_all(connection, checkfirst=False)
            for kind in KINDS:
                self.index.create(connection, kind)
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in facts.items()])
        self.replace(number, draft)

    def writer(self, number: int) -> Connection:
        return _writer(self.path(number))

    def reader(self, number: int, *, settled: bool) -> Connection:
        return self._readers.open(self.path(number), immutable=settled)

    def has_tables(self, number: int) -> bool:
        with self.writer(number) as connection:
            return bool(
                connection.exec_driver_sql(
                    "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"
                ).scalar_one()
            )

    def settle(self, number: int) -> bool:
        with self.writer(number) as connection:
            # what merging the index left behind; the pragma frees a page per row that is read
            _outside(connection, "PRAGMA incremental_vacuum").fetchall()
            (busy, *_) = _outside(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def trace_ids(self, number: int) -> list[bytes]:
        connection = open_immutable(self.path(number))
        try:
            for kind in KINDS:
                connection.execute(
                    f"CREATE VIRTUAL TABLE temp.{kind}_vocabulary "
                    f"USING fts5vocab('main', '{kind}_words', 'row')"
                )
            (text,) = connection.execute(_VOCABULARY, (trace_word(b""), _AFTER) * 2).fetchone()
        finally:
            connection.close()
        return [bytes.fromhex(text) for text in msgspec.json.decode(text, type=list[str])]

    def size(self, number: int) -> int:
        return sum(file.stat().st_size for file in self._beside(number) if file.exists())

    def remove(self, number: int) -> None:
        for file in self._beside(number):
            file.unlink(missing_ok=True)

    def tidy(self, number: int) -> None:
        for file in self._beside(number)[1:]:
            file.unlink(missing_ok=True)

    @contextmanager
    def draft(self, number: int) -> Iterator[Connection]:
        draft = self._draft(number)
        shutil.copyfile(self.path(number), draft)
        with _writer(draft) as connection:
            _outside(connection, "PRAGMA synchronous=OFF")
            _outside(connection, "ATTACH ? AS control", reading_uri(self._control))
            yield connection
            _outside(connection, "DETACH control")
            _outside(connection, "VACUUM")
        self.replace(number, draft)

    def compact(self, number: int) -> None:
        """A draft has no room to give back."""

    def replace(self, number: int, draft: Path) -> None:
        """Put a draft in the place of a segment, at once; readers of the old one keep it."""
        _sync(draft)
        draft.replace(self.path(number))
        _sync(self._folder)

    def clear_drafts(self) -> None:
        for path in self._folder.glob("*.draft*"):
            path.unlink()

    def _draft(self, number: int) -> Path:
        draft = self.path(number).with_suffix(".draft")
        for suffix in _SUFFIXES:
            Path(f"{draft}{suffix}").unlink(missing_ok=True)
        return draft

    def require(self, numbers: set[int]) -> None:
        if missing := numbers - self.numbers():
            raise StartError(f"DB_DSN: {self.path(min(missing))} is missing")

    def require_sound(self, number: int) -> None:
        require_sound(self.path(number), self._control)

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self._folder).free

    @property
    def control_bytes(self) -> int:
        files = (Path(f"{self._control}{suffix}") for suffix in _SUFFIXES)
        return sum(file.stat().st_size for file in files if file.exists())

    def wal_bytes(self, number: int) -> int:
        wal = Path(f"{self.path(number)}-wal")
        return wal.stat().st_size if wal.exists() else 0

    def _beside(self, number: int) -> list[Path]:
        return [Path(f"{self.path(number)}{suffix}") for suffix in _SUFFIXES]


_SUFFIXES = ("", "-wal", "-shm")


def _outside(connection: Connection, statement: str, *parameters: str) -> Any:
    """Run what SQLite does not run inside a transaction."""
    driver: Any = connection.connection.driver_connection
    return driver.execute(statement, parameters)


def _engine(path: Path) -> Engine:
    return sqlite_engine(path, writable=True, poolclass=NullPool)


def _writer(path: Path) -> Connection:
    connection = _engine(path).connect()
    versions.upgrade(connection.connection.driver_connection)
    return connection


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
