"""The databases that the contract suite runs on."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, insert
from sqlalchemy.exc import DBAPIError

from argus.storage import SegmentLimits, Storage
from argus.storage.open import TRIES, open_storage
from argus.storage.sql import driver as sqlite_driver
from argus.storage.sql.segment import Segment
from argus.storage.sql.servers.blocking import TIMED_OUT
from argus.storage.sql.servers.mysql import Mysql
from argus.storage.sql.servers.postgres import Postgres
from argus.storage.sql.servers.schemas import Schemas
from argus.storage.sql.tables import PINNED, control, rollup_progress
from bench.database_servers import MariadbServer, Missing, PostgresServer, Server, running

SMALL = SegmentLimits(rows=4)

Open = Callable[..., Awaitable[Storage]]
Reopen = Callable[[], Awaitable[Storage]]


BACKENDS: dict[str, Callable[[str, float], Schemas]] = {"postgres": Postgres, "mysql": Mysql}
LIMITS = {"whole": SegmentLimits(), "small segments": SegmentLimits(rows=3)}


@contextmanager
def server_or_skip(kind: Callable[[Path], Server]) -> Iterator[Server]:
    """A server with two empty databases; without its programs the test is skipped."""
    try:
        with running(kind) as server:
            for name in ("argus", "filters"):
                server.execute(f"CREATE DATABASE {name}")
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of this test run."""
    with server_or_skip(PostgresServer) as server:
        yield server


@pytest.fixture(scope="session")
def mysql() -> Iterator[Server]:
    """A MariaDB of this test run."""
    with server_or_skip(MariadbServer) as server:
        yield server


# what segments do to an answer is the same on every database, and a server takes longer to make one
PLACES = (
    ("sqlite", "whole"),
    ("sqlite", "small segments"),
    ("postgres", "small segments"),
    ("mysql", "whole"),
)


def seeds(count: int) -> pytest.MarkDecorator:
    """So many random examples (`seed`) on SQLite, and one on a server."""
    cases = [(p, seed) for p in PLACES for seed in range(count if p[0] == "sqlite" else 1)]
    ids = [f"{'-'.join(p)}-{seed}" for p, seed in cases]
    return pytest.mark.parametrize(("place", "seed"), cases, indirect=["place"], ids=ids)


@pytest.fixture(params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The driver of the storage under test, and when a segment is sealed there."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def driver(place: tuple[str, str]) -> str:
    """The driver of the storage under test."""
    return place[0]


@pytest.fixture
def limits(place: tuple[str, str]) -> SegmentLimits:
    """When a segment is sealed: hardly ever, or after every few rows."""
    return LIMITS[place[1]]


@pytest.fixture
def dsn(driver: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the storage under test lies: nothing is in there."""
    return place_of(driver, request, tmp_path)


def place_of(
    driver: str, request: pytest.FixtureRequest, folder: Path, database: str = "argus"
) -> str:
    """The `DB_DSN` of an empty database."""
    if driver == "sqlite":
        return str(folder / "argus.db")
    server: Server = request.getfixturevalue(driver)
    found = server.dsn(database)
    for left in reversed(range(TRIES)):
        try:
            empty(BACKENDS[driver](found, 10))
            break
        except DBAPIError as error:  # a machine under load may stop a server for seconds
            if not left or str(error.orig) != TIMED_OUT:
                raise
    return found


def empty(backend: Schemas) -> None:
    """Drop all segments of a server and empty the control database."""
    backend.lock()
    backend.migrate()
    for number in (*backend.numbers(), PINNED):
        backend.remove(number)
    with backend.control() as connection, connection.begin():
        for table in reversed(control.sorted_tables):
            connection.execute(delete(table))
        connection.execute(insert(rollup_progress).values(id=1, span_id=0, log_id=0))
    backend.close()


@pytest.fixture
async def reopen(driver: str, dsn: str, limits: SegmentLimits) -> AsyncIterator[Reopen]:
    """Opens the storage of this test, after closing it when it is open."""
    opened: list[Storage] = []

    async def open_again() -> Storage:
        while opened:
            await opened.pop().close()
        storage = await open_storage(driver, dsn, query_timeout_s=10, limits=limits)
        opened.append(storage)
        return storage

    yield open_again
    while opened:
        await opened.pop().close()


@pytest.fixture
async def storage(reopen: Reopen) -> Storage:
    """A new, empty storage."""
    return await reopen()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """`await opened()` closes the storage and opens it anew, in small segments, on SQLite."""
    async with _opened("sqlite", str(tmp_path / "argus.db")) as again:
        yield again


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def any_place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A driver and the `DB_DSN` of an empty database."""
    return request.param, place_of(request.param, request, tmp_path)


@pytest.fixture
async def everywhere(any_place: tuple[str, str]) -> AsyncIterator[Open]:
    """`opened` on every database."""
    async with _opened(*any_place) as again:
        yield again


@asynccontextmanager
async def _opened(driver: str, dsn: str) -> AsyncIterator[Open]:
    held: list[Storage] = []

    async def again(
        limits: SegmentLimits = SMALL, path: str | Path = dsn, **settings: Any
    ) -> Storage:
        while held:
            await held.pop().close()
        settings = {"query_timeout_s": 10.0, **settings}
        held.append(await open_storage(driver, str(path), limits=limits, **settings))
        return held[0]

    yield again
    while held:
        await held.pop().close()


def segments_of(storage: Storage) -> tuple[Segment, ...]:
    found: tuple[Segment, ...] = storage._database.segments.newest_first  # type: ignore[attr-defined]
    return found


async def in_lists(storage: Storage) -> None:
    """Return when lists of traces have all that was stored; they wait for it some seconds."""
    await storage._upkeep.catch_up()  # type: ignore[attr-defined]


async def all_sealed(storage: Storage) -> list[Segment]:
    """The sealed segments, oldest first, when all but the active one are."""
    for _ in range(1200):
        _, *others = segments_of(storage)
        if others and all(segment.sealed for segment in others):
            return others[::-1]
        await asyncio.sleep(0.05)
    raise AssertionError([segment.state for segment in segments_of(storage)])


class Work:
    """What some methods ask of SQLite: (steps of its machine, statements) of each call, `done`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[int, int]] = []
        self._patch = monkeypatch
        self._steps = self._statements = 0
        self._thread: int | None = None

    def watch(self, owner: type, name: str) -> None:
        """Note what the calls of a method do from now on."""
        whole = getattr(owner, name)

        def watched(*arguments: Any) -> Any:
            self._steps = self._statements = 0
            self._thread = threading.get_ident()
            try:
                return whole(*arguments)
            finally:
                self._thread = None
                self.done.append((self._steps, self._statements))

        self._patch.setattr(owner, name, watched)

    def step(self) -> None:
        """The machine took a step."""
        self._steps += threading.get_ident() == self._thread

    def statement(self, *_: Any) -> None:
        """A statement is about to be executed."""
        self._statements += threading.get_ident() == self._thread


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Counts the work of methods that are watched; ask for it before a storage is opened."""
    found, whole = Work(monkeypatch), sqlite_driver._open

    def counted(*arguments: Any) -> Any:
        connection = whole(*arguments)
        connection.set_progress_handler(found.step, 1)
        return connection

    monkeypatch.setattr(sqlite_driver, "_open", counted)
    event.listen(Engine, "before_cursor_execute", found.statement)
    yield found
    event.remove(Engine, "before_cursor_execute", found.statement)
