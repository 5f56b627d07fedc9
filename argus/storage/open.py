"""The one door to the backends: opens a storage, and brings its schema up to date."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError

from argus.errors import StartError
from argus.storage import Storage
from argus.storage.sql import migrations
from argus.storage.sql.driver import sqlite_engine, warn_when_outdated
from argus.storage.sql.engine import Database
from argus.storage.sql.lock import Lock
from argus.storage.sql.segments import Segments, Tenants
from argus.storage.sql.soundness import require_sound
from argus.storage.sql.storage import SqlStorage


async def open_storage(
    driver: str,
    dsn: str,
    *,
    query_timeout_s: float,
    observe_latency: Callable[[float], None] | None = None,
) -> Storage:
    """Open a database, creating or upgrading it as needed.

    `dsn` of sqlite is a path, relative to the working directory. `observe_latency` is told the
    seconds of every commit and query. Raises StartError when it cannot be used as it is.
    """
    path = _sqlite_path(driver, dsn)
    storage = await asyncio.to_thread(_open, path, query_timeout_s, observe_latency)
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
    path: Path, query_timeout_s: float, observe_latency: Callable[[float], None] | None
) -> SqlStorage:
    with ExitStack() as held, _start_errors(path):
        _migrated(path, held)
        engine = sqlite_engine(path, writable=True, poolclass=NullPool)
        control = held.enter_context(engine.connect())
        segments = Segments(control, Path(f"{path}.segments"))
        segments.load()
        held.callback(segments.close)
        for segment in segments.newest_first:
            require_sound(segment.path, path)
        database = Database(
            segments, query_timeout_s=query_timeout_s, observe_latency=observe_latency
        )
        held.callback(database.close)
        return SqlStorage(path, segments, Tenants(control), database, held.pop_all().close)
