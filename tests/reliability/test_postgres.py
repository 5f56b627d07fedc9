"""REL-C3, C5, C6, E1, G1, G2, B3 on PostgreSQL: what holds on SQLite holds there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from bench.database_servers import Missing, PostgresServer, Server, running
from bench.reliability import crashes, faults, overload, repeats
from bench.reliability.reading import Tables
from bench.reliability.records import Records
from bench.reliability.server import Server as Argus
from bench.reliability.trial import Outcome, server_on

Case = Callable[[Path, Server], Awaitable[Outcome]]

NEAR_A_COMMIT = ("before commit", "after commit, before the answer", "after rollups")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server of these tests alone."""
    try:
        with running(PostgresServer) as server:
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


CASES: dict[str, Case] = {
    "killed near a commit": lambda f, d: crashes.crash_points(f, 2, NEAR_A_COMMIT, 1, d),
    "killed in a replay": lambda f, d: crashes.replay_point(f, 3, "after commit", 1, database=d),
    "terminated": lambda f, d: crashes.terminated(f, 5, True, database=d),
    "hanging": lambda f, d: faults.database_locked(f, 11, 4, database=d),
    "requests sent three times": lambda f, d: repeats.sent_three_times(f, 21, 30, database=d),
    "spans batched anew": lambda f, d: repeats.batched_anew(f, 22, 1_500, database=d),
    "three times its capacity": lambda f, d: asyncio.to_thread(
        overload.three_times_capacity, f, 2.0, d
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_case_of_sqlite_ends_as_well(tmp_path: Path, postgres: Server, case: Case) -> None:
    outcome = await case(tmp_path, postgres)
    assert outcome.problems == []
    assert outcome.acked


SEGMENT = "seg_000001"


@pytest.fixture(scope="module")
def used(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database whose Argus was killed after it had acked ten records."""
    argus = server_on(tmp_path_factory.mktemp("used"), postgres)
    argus.start()
    body = Records(51).request("logs", 1, 10).body
    kind = {"content-type": "application/x-protobuf"}
    answer = httpx2.post(f"{argus.otlp}/v1/logs", content=body, headers=kind)
    argus.kill()
    assert answer.status_code == 200
    assert isinstance(argus.data, Tables)
    return argus.data.name


@pytest.fixture
def server(postgres: Server, used: str, tmp_path: Path) -> Iterator[Argus]:
    """Argus on a copy of that database, not started."""
    found = server_on(tmp_path, postgres, template=used)
    yield found
    if found.alive:
        found.stop()


def change(server: Argus, statement: str) -> None:
    assert isinstance(server.data, Tables)
    server.data.ask(statement)


CLEAN = {
    "as it was left by kill -9": "SELECT 1",
    "with a segment half made": "CREATE SCHEMA seg_000002",
    "without the control database": "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
}


@pytest.mark.parametrize("statement", CLEAN.values(), ids=CLEAN.keys())
def test_it_starts_and_what_was_acked_is_there(server: Argus, statement: str) -> None:
    change(server, statement)
    server.start()
    assert server.get("/api/logs")["total"] == 10


REFUSED = {
    "segment gone": (f"DROP SCHEMA {SEGMENT} CASCADE", SEGMENT),
    "segment of a newer version": ("UPDATE segments SET schema_version = 9999", SEGMENT),
    "control database of a newer version": (
        "UPDATE alembic_version SET version_num = 'z'", "newer argus",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses_in_one_line_that_names_what_is_wrong(
    server: Argus, statement: str, named: str
) -> None:
    change(server, statement)
    server.launch()
    assert server.process.wait(15) == 2
    lines = [line for line in server.log.read_text().splitlines() if not line.startswith("time=")]
    assert len(lines) == 1
    assert lines[0].startswith("argus: DB_DSN: ")
    assert named in lines[0]
