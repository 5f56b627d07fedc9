"""The one SQLite library of this process, and how a database file is opened with it.

Two SQLite libraries on one file in one process would drop each other's locks
(https://www.sqlite.org/howtocorrupt.html#multiple_copies_of_sqlite_linked_into_the_same_application),
so everything that opens a file does it here.
"""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Pool, create_engine, event

from argus.storage.sql import functions

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

SAFE_VERSION = (3, 51, 3)
"""The first release without the WAL-reset bug: https://www.sqlite.org/wal.html#walresetbug"""

_log = logging.getLogger("argus.storage")

_BUSY_TIMEOUT_S = 1.0
_COMMON = ("PRAGMA temp_store=MEMORY",)
_WRITER = (
    "PRAGMA page_size=8192",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-32000",
)
_READER = ("PRAGMA query_only=1", "PRAGMA cache_size=-8000")


def warn_when_outdated() -> None:
    """Log a warning when the SQLite library at hand has the WAL-reset bug."""
    if sqlite.sqlite_version_info < SAFE_VERSION:
        _log.warning(
            "SQLite %s can corrupt a database under rare timing; install pysqlite3 for a fixed one",
            sqlite.sqlite_version,
        )


def sqlite_engine(path: Path, *, writable: bool, poolclass: type[Pool]) -> Engine:
    """A SQLAlchemy engine on one database file.

    A writable engine creates the file and takes the write lock at the start of a transaction;
    the other kind can change nothing, and reads one snapshot per transaction.
    """
    pragmas = _COMMON + (_WRITER if writable else _READER)
    uri = f"file:{quote(str(path))}?mode={'rwc' if writable else 'ro'}"

    def connect() -> Any:
        connection = sqlite.connect(
            uri,
            uri=True,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            for pragma in pragmas:
                connection.execute(pragma)
            functions.register(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", module=sqlite, creator=connect, poolclass=poolclass)
    begin = "BEGIN IMMEDIATE" if writable else "BEGIN"

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine
