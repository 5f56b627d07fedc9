"""What is promised of servers alone: connection strings, one process, outages, migrations."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from argus.errors import StartError, Unavailable
from argus.model import Batch
from argus.storage import LogQuery, Storage
from argus.storage.open import migrate, open_storage
from argus.storage.sql import migrations
from argus.storage.sql.servers.blocking import CONNECT_S
from argus.storage.sql.servers.dsn import mysql_url, postgres_url, sqlserver_url
from argus.storage.sql.servers.schemas import Schemas
from argus.storage.sql.tables import control
from bench.database_servers import MariadbServer, PostgresServer, Server
from tests.builders import a_batch, a_log_record, a_span
from tests.storage.conftest import BACKENDS, empty, server_or_skip
from tests.storage.test_migrations import (
    TIMES_BEFORE,
    TIMES_SINCE,
    configuration,
    keep_a_rollup,
    rollup_times,
)

QUICKLY_S = 2.0
ROOT = Path(__file__).parents[2]

MANY = [
    (postgres_url, "host=db user=argus password='se cret\\'s' dbname=data port=5433",
     "postgresql+argus://argus:se cret%27s@db:5433/data"),
    (postgres_url, "user=argus", "postgresql+argus://argus@localhost:5432/argus"),
    (postgres_url, "postgres://argus:p%40ss@db/data?sslmode=require",
     "postgresql+argus://argus:p%40ss@db:5432/data?ssl=require"),
    (postgres_url, "postgresql+asyncpg://argus@db:1/data", "postgresql+argus://argus@db:1/data"),
    (mysql_url, "argus:p@ss:word@tcp(db:3307)/data?charset=utf8mb4&parseTime=True&loc=Local",
     "mysql+argus://argus:p%40ss%3Aword@db:3307/data?tls=false"),
    (mysql_url, "argus@/data", "mysql+argus://argus@localhost:3306/data?tls=false"),
    (mysql_url, "argus@unix(/run/sock)/data?tls=true",
     "mysql+argus://argus@/data?tls=true&unix_socket=%2Frun%2Fsock"),
    (mysql_url, "mariadb+asyncmy://argus:x@db/data", "mysql+argus://argus:x@db/data?tls=false"),
    (sqlserver_url, "sqlserver://argus:p@db:1433?database=data",
     "mssql+mssqlpython://argus:p@db:1433/data?Encrypt=yes&TrustServerCertificate=no"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "dsn", "expected"), MANY)
def test_connection_strings_of_go_and_of_sqlalchemy_are_understood(
    read: object, dsn: str, expected: str
) -> None:
    assert callable(read)
    assert read(dsn).render_as_string(hide_password=False) == expected


def test_the_connection_strings_of_the_pages_are_understood() -> None:
    read = {"postgres": postgres_url, "mysql": mysql_url, "sqlserver": sqlserver_url}
    shown = [
        found
        for page in ("docs/install.md", "docs/storage.md")
        for found in re.findall(r'DB_DRIVER=(\w+)\nDB_DSN="(.*)"', (ROOT / page).read_text())
    ]
    assert {driver for driver, _ in shown} == set(read)
    for driver, dsn in shown:
        assert read[driver](dsn).database == "argus"


@pytest.mark.parametrize(
    ("read", "dsn", "message"),
    [
        (postgres_url, "host", "DB_DSN: expected host=... user=... password=... dbname=... port="),
        (postgres_url, "host=db pasword=x", "DB_DSN: unknown word 'pasword'"),
        (postgres_url, "host=db port=many", "DB_DSN: expected a port"),
        (postgres_url, "mysql://db/data", "DB_DSN: expected postgres:// or postgresql://"),
        (mysql_url, "nonsense", "DB_DSN: expected user:password@tcp(host:3306)/database"),
        (mysql_url, "argus@tcp(db)/", "DB_DSN: expected a database"),
        (mysql_url, "argus@pipe(db)/data", "DB_DSN: expected tcp(host:port) or unix(path)"),
        (mysql_url, "argus@/data?tls=maybe", "DB_DSN: expected tls=true"),
        (sqlserver_url, "server=db", "DB_DSN: expected a URL"),
    ],
)
def test_another_connection_string_is_refused_in_one_line(
    read: object, dsn: str, message: str
) -> None:
    assert callable(read)
    with pytest.raises(StartError) as refused:
        read(dsn)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


@pytest.fixture(params=["postgres", "mysql"])
def server(request: pytest.FixtureRequest) -> Server:
    """A server whose database `argus` is empty."""
    found: Server = request.getfixturevalue(request.param)
    empty(BACKENDS[found.driver](found.dsn("argus"), 10))
    return found


@pytest.fixture(scope="module", params=[PostgresServer, MariadbServer])
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of these tests alone, which may be stopped."""
    with server_or_skip(request.param) as found:
        yield found


@pytest.fixture
async def storage(own: Server) -> AsyncIterator[Storage]:
    """A storage on a server that may be stopped."""
    backend = BACKENDS[own.driver](own.dsn("argus"), 10)
    await asyncio.to_thread(empty, backend)
    found = await open_storage(own.driver, own.dsn("argus"), query_timeout_s=10)
    yield found
    await found.close()


async def test_a_second_process_is_refused_in_one_line(server: Server) -> None:
    dsn = server.dsn("argus")
    storage = await open_storage(server.driver, dsn, query_timeout_s=10)
    try:
        with pytest.raises(StartError, match="in use by another argus process") as refused:
            await open_storage(server.driver, dsn, query_timeout_s=10)
        assert "secret" not in str(refused.value)
    finally:
        await storage.close()
    await (await open_storage(server.driver, dsn, query_timeout_s=10)).close()


async def test_a_server_that_is_slow_to_answer_is_waited_for_at_the_start(server: Server) -> None:
    with server.hanging():
        opening = asyncio.create_task(
            open_storage(server.driver, server.dsn("argus"), query_timeout_s=10)
        )
        await asyncio.sleep(CONNECT_S + 0.5)
        assert not opening.done()
    await (await opening).close()


async def test_many_threads_may_ask_for_a_writing_connection_at_once(server: Server) -> None:
    backend = BACKENDS[server.driver](server.dsn("argus"), 10)
    await asyncio.to_thread(backend.lock)

    def connect(number: int) -> None:
        for _ in range(5):
            backend.writer(number).close()

    try:
        await asyncio.gather(*(asyncio.to_thread(connect, number) for number in range(8)))
    finally:
        await asyncio.to_thread(backend.close)


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    for driver, dsn in (
        ("postgres", "host=127.0.0.1 port=1 user=argus password=secret dbname=argus"),
        ("mysql", "argus:secret@tcp(127.0.0.1:1)/argus"),
    ):
        with pytest.raises(StartError, match=r"^DB_DSN: ") as refused:
            await open_storage(driver, dsn, query_timeout_s=10)
        assert "secret" not in str(refused.value)
        assert "\n" not in str(refused.value)


def test_the_control_database_goes_up_and_down_empty_and_filled(server: Server) -> None:
    backend = BACKENDS[server.driver](server.dsn("argus"), 10)
    for fill in (False, True):
        backend.lock()
        try:
            if fill:
                backend.migrate()
                with backend.control() as connection, connection.begin():
                    connection.execute(control.tables["tenants"].insert().values(name="kept"))
            _down(backend, "base")
            assert migrate_again(backend)
            assert not migrate_again(backend)
        finally:
            backend.close()


def test_the_times_of_rollups_are_the_same_on_the_way_up_and_down(server: Server) -> None:
    backend = BACKENDS[server.driver](server.dsn("argus"), 10)
    backend.lock()
    try:
        _down(backend, "0006")
        with backend._upkeep.begin() as connection:
            connection.execute(text("DELETE FROM rollups"))
            keep_a_rollup(connection)
        assert migrate_again(backend)
        with backend._upkeep.connect() as connection:
            assert rollup_times(connection) == TIMES_SINCE
        _down(backend, "0006")
        with backend._upkeep.begin() as connection:
            assert rollup_times(connection) == TIMES_BEFORE
            connection.execute(text("DELETE FROM rollups"))
        assert migrate_again(backend)
    finally:
        backend.close()


def _down(backend: Schemas, revision: str) -> None:
    config = configuration()
    with backend._upkeep.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    if revision == "base":
        with backend._upkeep.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}


def migrate_again(backend: Schemas) -> bool:
    return migrations.upgrade(backend._upkeep)


def test_migrate_says_whether_there_was_anything_to_do(server: Server) -> None:
    assert not migrate(server.driver, server.dsn("argus"))


def batch_of(number: int) -> Batch:
    found = a_batch(a_log_record(f"line {number}"), a_log_record(f"line {number}"))
    found.key = b"%d" % number
    return found


async def stored(storage: Storage) -> list[str]:
    """The bodies of all log records, oldest first."""
    page = await storage.reader("default").find_logs(LogQuery(limit=1000))
    return [log.body.strip('"') for log in sorted(page.items, key=lambda log: log.id)]


async def until_written(storage: Storage, batch: Batch) -> None:
    for _ in range(100):
        try:
            await storage.writer.write([batch])
        except Unavailable:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the storage does not come back")


@pytest.mark.parametrize("how", [signal.SIGKILL, None], ids=["killed", "stopped"])
async def test_a_stopped_server_is_unavailable_at_once_and_taken_up_again(
    own: Server, storage: Storage, how: signal.Signals | None
) -> None:
    await storage.writer.write([batch_of(1), a_batch(a_span())])
    assert await stored(storage) == ["line 1"] * 2
    own.stop(how) if how else own.stop()  # type: ignore[call-arg]
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await storage.writer.write([batch_of(2)])
    with pytest.raises(Unavailable):
        await storage.reader("default").find_logs(LogQuery())
    assert time.monotonic() - started < 2 * QUICKLY_S
    assert (await storage.stats()).logs == 2
    own.start()
    for number in (2, 1, 3, 2):
        await until_written(storage, batch_of(number))
    assert await stored(storage) == [f"line {n}" for n in (1, 1, 2, 2, 3, 3)]


async def test_a_dump_taken_while_writing_holds_what_was_acked_by_then(
    own: Server, storage: Storage
) -> None:
    acked = 5
    for number in range(acked):
        await storage.writer.write([batch_of(number)])
    dumping = asyncio.create_task(asyncio.to_thread(own.dump))
    while not dumping.done():
        await storage.writer.write([batch_of(acked)])
        acked += 1
    dumped = await dumping
    await storage.close()
    await asyncio.to_thread(own.restore, dumped)
    restored = await open_storage(own.driver, own.dsn("argus"), query_timeout_s=10)
    try:
        found = await stored(restored)
        assert found == [f"line {n}" for n in range(len(found) // 2) for _ in range(2)]
        assert 5 <= len(found) // 2 <= acked
    finally:
        await restored.close()


async def test_a_query_over_its_deadline_leaves_the_storage_usable(own: Server) -> None:
    backend = BACKENDS[own.driver](own.dsn("argus"), 10)
    await asyncio.to_thread(empty, backend)
    storage = await open_storage(own.driver, own.dsn("argus"), query_timeout_s=0.5)
    try:
        await storage.writer.write([batch_of(1)])
        database = storage._database  # type: ignore[attr-defined]
        sleeping = "SELECT pg_sleep(20)" if own.driver == "postgres" else "SELECT sleep(20)"
        started = time.monotonic()
        with pytest.raises(Exception, match="longer than"):
            await database.read_all(
                lambda reading: reading.connection(reading.segments[0]).exec_driver_sql(sleeping)
            )
        assert time.monotonic() - started < QUICKLY_S
        assert await stored(storage) == ["line 1"] * 2
    finally:
        await storage.close()
