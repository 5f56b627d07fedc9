"""The one door to the backends: opens a storage, and brings its schema up to date."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from argus.errors import StartError
from argus.storage import Retention, SegmentLimits, Storage
from argus.storage.sql.backend import Backend
from argus.storage.sql.control import Control
from argus.storage.sql.engine import Database
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.segments import Segments
from argus.storage.sql.servers.blocking import TIMED_OUT
from argus.storage.sql.servers.mysql import Mysql
from argus.storage.sql.servers.postgres import Postgres
from argus.storage.sql.servers.sqlserver import SqlServer
from argus.storage.sql.storage import SqlStorage

KEEP_ALL = Retention()
DEFAULT_LIMITS = SegmentLimits()
TRIES = 3


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
    segment is sealed. Raises StartError when it cannot be used as it is; a server that is slow
    to answer is asked `TRIES` times before.
    """
    limits = retention.fitting(limits)

    def opened() -> SqlStorage:
        backend = _backend(driver, dsn, query_timeout_s)
        return _open(backend, query_timeout_s, observe_latency, retention, limits)

    for left in reversed(range(TRIES)):
        try:
            storage = await asyncio.to_thread(opened)
            break
        except StartError as error:
            cause = error.__cause__
            if not left or not isinstance(cause, DBAPIError) or str(cause.orig) != TIMED_OUT:
                raise
    storage.start()
    return storage


def migrate(driver: str, dsn: str) -> bool:
    """Bring the schema up to date; False when it was. Raises StartError like `open_storage`."""
    backend = _backend(driver, dsn, 60.0)
    with ExitStack() as held, _start_errors(backend):
        return _migrated(backend, held)


def _backend(driver: str, dsn: str, query_timeout_s: float) -> Backend:
    match driver:
        case "postgres":
            return Postgres(dsn, query_timeout_s)
        case "mysql":
            return Mysql(dsn, query_timeout_s)
        case "sqlserver":
            return SqlServer(dsn, query_timeout_s)
    return SegmentFiles(Path(dsn.removeprefix("sqlite:///")).absolute())


@contextmanager
def _start_errors(backend: Backend) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or backend.name
        raise StartError(f"DB_DSN: {where}: {error.strerror}") from error
    except DBAPIError as error:
        raise StartError(f"DB_DSN: {backend.name}: {error.orig}") from error


def _migrated(backend: Backend, held: ExitStack) -> bool:
    backend.lock()
    held.callback(backend.close)
    return backend.migrate()


def _open(
    backend: Backend,
    query_timeout_s: float,
    observe_latency: Callable[[float], None] | None,
    retention: Retention,
    limits: SegmentLimits,
) -> SqlStorage:
    with ExitStack() as held, _start_errors(backend):
        _migrated(backend, held)
        control = Control(backend)
        held.callback(control.close)
        segments = Segments(control, backend, limits)
        segments.load()
        for segment in segments.newest_first:
            backend.require_sound(segment.id)
        database = Database(
            segments, query_timeout_s=query_timeout_s, observe_latency=observe_latency
        )
        held.callback(database.close)
        storage = SqlStorage(control, database, retention, held)
        storage.release = held.pop_all().close
        return storage
