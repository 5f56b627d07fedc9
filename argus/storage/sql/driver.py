"""The one SQLite library of this process, and how a database file is opened with it.

Two SQLite libraries on one file in one process would drop each other's locks
(https://www.sqlite.org/howtocorrupt.html#multiple_copies_of_sqlite_linked_into_the_same_application),
so everything that opens a file does it here.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, Pool, create_engine, event

from argus.storage.sql import functions, versions

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

SAFE_VERSION = (3, 51, 3)
"""The first release without the WAL-reset bug: https://www.sqlite.org/wal.html#walresetbug"""

_log = logging.getLogger("argus.storage")

_BUSY_TIMEOUT_S = 1.0
_COMMON = ("PRAGMA temp_store=MEMORY",)
# of a file that exists the latter would be written at every opening; `settle` gives pages back
_NEW = ("PRAGMA page_size=8192", "PRAGMA auto_vacuum=INCREMENTAL")
_WRITER = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-32000",
)
_READER = ("PRAGMA query_only=1", "PRAGMA cache_size=-8000")
# more of a file would count as the process's memory whenever something reads all of it
_IMMUTABLE = ("PRAGMA mmap_size=67108864",)


def warn_when_outdated() -> None:
    """Log a warning when the SQLite library at hand has the WAL-reset bug."""
    if sqlite.sqlite_version_info < SAFE_VERSION:
        _log.warning(
            "SQLite %s can corrupt a database under rare timing; install pysqlite3 for a fixed one",
            sqlite.sqlite_version,
        )


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path))}?mode={mode}"


def _open(uri: str, statements: Iterable[str]) -> Any:
    connection = sqlite.connect(
        uri,
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        for statement in statements:
            connection.execute(statement)
        functions.register(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _engine(connect: Callable[[], Any], begin: str, poolclass: type[Pool]) -> Engine:
    engine = create_engine("sqlite://", module=sqlite, creator=connect, poolclass=poolclass)

    def on_begin(connection: Connection) -> None:
        # what never changes needs no snapshot, and each statement waits for the interpreter's lock
        if not connection.get_execution_options().get("immutable"):
            connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine


def sqlite_engine(path: Path, *, writable: bool, poolclass: type[Pool]) -> Engine:
    """A SQLAlchemy engine on one database file.

    A writable engine creates the file and takes the write lock at the start of a transaction;
    the other kind can change nothing, and reads one snapshot per transaction.
    """
    if not writable:
        return _engine(lambda: _open(_uri(path, "ro"), _COMMON + _READER), "BEGIN", poolclass)

    def connect() -> Any:
        new = not path.exists() or path.stat().st_size == 0
        return _open(_uri(path, "rwc"), _COMMON + (_NEW if new else ()) + _WRITER)

    return _engine(connect, "BEGIN IMMEDIATE", poolclass)


def reading_uri(path: Path) -> str:
    """What ATTACH takes for a file that is only read."""
    return _uri(path, "ro")


def open_immutable(path: Path) -> Any:
    """A DB-API connection to a file that nobody writes to; it may have temporary tables."""
    return _open(_uri(path, "ro&immutable=1"), _COMMON)


class SqliteReaders:
    """Opens connections that read segments, with the control database attached as `control`.

    They share one engine, so that a statement is compiled once and not once per file.
    """

    def __init__(self, control: Path) -> None:
        self._attach = f"ATTACH '{reading_uri(control).replace(chr(39), chr(39) * 2)}' AS control"
        self._target = threading.local()
        self._engine = _engine(self._connect, "BEGIN", NullPool)
        self._lasting = self._engine.execution_options(immutable=True)

    def open(self, path: Path, *, immutable: bool) -> Connection:
        """A connection to one file. `immutable` promises that nobody ever writes to it again."""
        self._target.file = (path, immutable)
        engine = self._lasting if immutable else self._engine
        return engine.connect()

    def _connect(self) -> Any:
        path, immutable = self._target.file
        uri = _uri(path, "ro&immutable=1" if immutable else "ro")
        pragmas = _IMMUTABLE if immutable else _READER
        connection = _open(uri, (*_COMMON, self._attach))
        versions.read_as_current(connection)
        for pragma in pragmas:
            connection.execute(pragma)
        return connection
