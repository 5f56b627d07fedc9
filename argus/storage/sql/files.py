"""Where segments lie on SQLite: one file each, in a folder beside the control database.

This is the only module that knows that a segment is a file. On a database server a segment is a
schema, and the same questions have other answers.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, NullPool, insert

from argus.errors import StartError
from argus.storage.sql import versions
from argus.storage.sql.driver import (
    SqliteReaders,
    immutable_uri,
    open_immutable,
    sqlite_engine,
)
from argus.storage.sql.tables import INDEXES, PINNED, meta
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
    """The files of one storage, by the number of their segment."""

    def __init__(self, control: Path) -> None:
        self.control = control
        self._folder = Path(f"{control}.segments")
        self._folder.mkdir(exist_ok=True)
        self._readers = SqliteReaders(control)

    def path(self, number: int) -> Path:
        """The file of a segment."""
        return self._folder / ("pinned.db" if number == PINNED else f"{number:06d}.db")

    def numbers(self) -> set[int]:
        """The numbers of the files that are there, pinned traces left out."""
        return {int(p.stem) for p in self._folder.glob("[0-9]*.db") if p.stem.isdigit()}

    def exists(self, number: int) -> bool:
        """Whether there is a file of this number."""
        return self.path(number).exists()

    def create(self, number: int, facts: Mapping[str, int]) -> None:
        """Make a new segment without rows, with these entries of `meta`; whole or not at all."""
        draft = self._draft(number)
        with _writer(draft) as connection, connection.begin():
            segment_tables.create_all(connection, checkfirst=False)
            for statement in INDEXES:
                connection.exec_driver_sql(statement)
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in facts.items()])
        self.replace(number, draft)

    def writer(self, number: int) -> Connection:
        """A connection that may write to a segment."""
        return _writer(self.path(number))

    def reader(self, number: int, *, sealed: bool) -> Connection:
        """A connection that reads a segment, and the control database as `control`."""
        return self._readers.open(self.path(number), immutable=sealed)

    def attach(self, connection: Connection, number: int) -> None:
        """Let a writing connection read a settled segment as `source` (see `versions`)."""
        uri = immutable_uri(self.path(number))
        _outside(connection, "ATTACH ? AS source", uri)
        versions.name_source(connection.connection.driver_connection)

    def has_tables(self, number: int) -> bool:
        """Whether the creation of a segment was finished."""
        with self.writer(number) as connection:
            return bool(
                connection.exec_driver_sql(
                    "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"
                ).scalar_one()
            )

    def settle(self, number: int) -> bool:
        """Bring everything into the file itself, so that it can be opened as immutable. False
        when a reader still needs what lies beside it."""
        with self.writer(number) as connection:
            (busy, *_) = _outside(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def trace_ids(self, number: int) -> list[bytes]:
        """The ids of all traces that the spans and log records of a settled segment name."""
        connection = open_immutable(self.path(number))
        try:
            for name in ("span", "log"):
                connection.execute(
                    f"CREATE VIRTUAL TABLE temp.{name}_vocabulary "
                    f"USING fts5vocab('main', '{name}_words', 'row')"
                )
            (text,) = connection.execute(_VOCABULARY, (trace_word(b""), _AFTER) * 2).fetchone()
        finally:
            connection.close()
        return [bytes.fromhex(text) for text in msgspec.json.decode(text, type=list[str])]

    def size(self, number: int) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self._beside(number) if file.exists())

    def remove(self, number: int) -> None:
        """Delete a segment. Deleting what is gone already is no error."""
        for file in self._beside(number):
            file.unlink(missing_ok=True)

    def tidy(self, number: int) -> None:
        """Delete what an immutable file does not need beside it."""
        for file in self._beside(number)[1:]:
            file.unlink(missing_ok=True)

    @contextmanager
    def draft(self, number: int) -> Iterator[Connection]:
        """A copy of a settled segment, to be changed; it takes the place of the segment at the
        end. It can lose nothing that the segment does not keep until then, so it is not synced."""
        draft = self._draft(number)
        shutil.copyfile(self.path(number), draft)
        with _writer(draft) as connection:
            _outside(connection, "PRAGMA synchronous=OFF")
            yield connection
            _outside(connection, "VACUUM")
        self.replace(number, draft)

    def replace(self, number: int, draft: Path) -> None:
        """Put a draft in the place of a segment, at once; readers of the old one keep it."""
        _sync(draft)
        draft.replace(self.path(number))
        _sync(self._folder)

    def clear_drafts(self) -> None:
        """Delete drafts that a crash left."""
        for path in self._folder.glob("*.draft*"):
            path.unlink()

    def _draft(self, number: int) -> Path:
        draft = self.path(number).with_suffix(".draft")
        for suffix in _SUFFIXES:
            Path(f"{draft}{suffix}").unlink(missing_ok=True)
        return draft

    def require(self, numbers: set[int]) -> None:
        """Raise StartError when one of the segments is not there."""
        if missing := numbers - self.numbers():
            raise StartError(f"DB_DSN: {self.path(min(missing))} is missing")

    @property
    def free_bytes(self) -> int:
        """Bytes that are free where the segments lie."""
        return shutil.disk_usage(self._folder).free

    @property
    def control_bytes(self) -> int:
        """Bytes of the control database."""
        files = (Path(f"{self.control}{suffix}") for suffix in _SUFFIXES)
        return sum(file.stat().st_size for file in files if file.exists())

    def _beside(self, number: int) -> list[Path]:
        return [Path(f"{self.path(number)}{suffix}") for suffix in _SUFFIXES]


_SUFFIXES = ("", "-wal", "-shm")


def _outside(connection: Connection, statement: str, *parameters: str) -> Any:
    """Run what SQLite does not run inside a transaction."""
    driver: Any = connection.connection.driver_connection
    return driver.execute(statement, parameters)


def _writer(path: Path) -> Connection:
    connection = sqlite_engine(path, writable=True, poolclass=NullPool).connect()
    versions.upgrade(connection.connection.driver_connection)
    return connection


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
