"""The one door to the backends: opens a storage, and brings its schema up to date."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError

from argus.errors import StartError
from argus.storage import Retention, SegmentLimits, Storage
from argus.storage.sql import migrations
from argus.storage.sql.control import Control
from argus.storage.sql.driver import sqlite_engine, warn_when_outdated
from argus.storage.sql.engine import Database
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.lock import Lock
from argus.storage.sql.segments import Segments
from argus.storage.sql.soundness import require_sound
from argus.storage.sql.storage import SqlStorage

KEEP_ALL = Retention()
DEFAULT_LIMITS = SegmentLimits()


async def open_storage(
    driver: str,
    dsn: str,
    *,
    query_timeout_s: float,
    observe_latency: Callable[[float], None] | None = None,
    retention: Retention = KEEP_ALL,
    limits: SegmentLimits = DEFAULT_LIMITS,
) -> Storage:
    """Open a database, creating or upgrading it as needed.

    `dsn` of sqlite is a path, relative to the working directory. `observe_latency` is told the
    seconds of every commit and query. `retention` is kept to from now on; `limits` say when a
    segment is sealed. Raises StartError when it cannot be used as it is.
    """
    path = _sqlite_path(driver, dsn)
    limits = retention.fitting(limits)
    storage = await asyncio.to_thread(
        _open, path, query_timeout_s, observe_latency, retention, limits
    )
    storage.start()
    return storage


def migrate(driver: str, dsn: str) -> bool:
    """Bring the schema up to date; False when it was. Raises StartError like `open_storage`."""
    path = _sqlite_path(driver, dsn)
    with ExitStack() as held, _start_errors(path):
        return _migrated(path, held)


def _sqlite_path(driver: str, dsn: str) -> Path:
    if driver != "sqlite":
        raise StartError(f"DB_DRIVER: {driver} is not available in this version")
    return Path(dsn.removeprefix("sqlite:///")).absolute()


@contextmanager
def _start_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartError(f"DB_DSN: {error.filename or path}: {error.strerror}") from error
    except DBAPIError as error:
        raise StartError(f"DB_DSN: {path}: {error.orig}") from error


def _migrated(path: Path, held: ExitStack) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    held.callback(Lock(path).release)
    warn_when_outdated()
    return migrations.upgrade(sqlite_engine(path, writable=True, poolclass=NullPool))


def _open(
    path: Path,
    query_timeout_s: float,
    observe_latency: Callable[[float], None] | None,
    retention: Retention,
    limits: SegmentLimits,
) -> SqlStorage:
    with ExitStack() as held, _start_errors(path):
        _migrated(path, held)
        control = Control(path)
        held.callback(control.close)
        segments = Segments(control, SegmentFiles(path), limits)
        segments.load()
        for segment in segments.newest_first:
            require_sound(segments.files.path(segment.id), path)
        database = Database(
            segments, query_timeout_s=query_timeout_s, observe_latency=observe_latency
        )
        held.callback(database.close)
        storage = SqlStorage(path, control, database, retention, held)
        storage.release = held.pop_all().close
        return storage
