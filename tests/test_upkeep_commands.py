"""`argus purge` and `argus vacuum`: for the data of a stopped server."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from argus.cli import cli
from argus.errors import StartError
from argus.storage import Storage
from argus.storage.open import open_storage
from tests.builders import a_batch, a_log_record, a_span

DAY_NS = 86_400 * 10**9


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace and a log record of ten days ago, and as much of today."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DB_DSN", str(tmp_path / "argus.db"))

    async def fill() -> None:
        storage = await opened(tmp_path)
        for time_ns in (time.time_ns() - 10 * DAY_NS, time.time_ns()):
            records = (a_batch(a_span(start_ns=time_ns)), a_batch(a_log_record(time_ns=time_ns)))
            await storage.writer.write(records)
        await storage.close()

    asyncio.run(fill())


async def opened(folder: Path) -> Storage:
    return await open_storage("sqlite", str(folder / "argus.db"), query_timeout_s=10)


def left(folder: Path) -> tuple[int, int]:
    """Spans and log records that are stored."""

    async def count() -> tuple[int, int]:
        storage = await opened(folder)
        stats = await storage.stats()
        await storage.close()
        return stats.spans, stats.logs

    return asyncio.run(count())


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, arguments, input=answer)


def test_a_purge_asks_and_then_says_what_it_did(tmp_path: Path) -> None:
    result = run("purge", "--days", "7", answer="y\n")
    assert result.exit_code == 0
    assert "delete what happened more than 7 days ago?" in result.output
    assert "deleted 1 spans, 1 log records; 1 traces are gone;" in result.output
    assert left(tmp_path) == (1, 1)


def test_a_purge_that_is_not_confirmed_deletes_nothing(tmp_path: Path) -> None:
    assert run("purge", "--days", "0", answer="n\n").exit_code == 1
    assert left(tmp_path) == (2, 2)


def test_everything_goes_when_that_is_wanted(tmp_path: Path) -> None:
    assert run("purge", "--days", "0", "--yes").exit_code == 0
    assert left(tmp_path) == (0, 0)


@pytest.mark.parametrize("days", ["-1", "1e9", "1000000000", "NaN", "x", "1.5"])
def test_days_that_make_no_sense_are_refused(tmp_path: Path, days: str) -> None:
    result = run("purge", "--days", days, "--yes")
    assert result.exit_code == 2
    assert "--days" in result.output
    assert left(tmp_path) == (2, 2)


def test_vacuum_says_when_it_is_done(tmp_path: Path) -> None:
    assert run("vacuum").output == "vacuumed\n"
    assert left(tmp_path) == (2, 2)


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (("purge", "--days", "7", "--yes"), "DELETE /api/admin/purge"),
        (("vacuum",), "POST /api/admin/vacuum"),
    ],
)
async def test_beside_a_running_server_the_api_is_named(
    tmp_path: Path, command: tuple[str, ...], instead: str
) -> None:
    storage = await opened(tmp_path)
    try:
        result = await asyncio.to_thread(run, *command)
    finally:
        await storage.close()
    assert isinstance(result.exception, StartError)
    assert f"(pid {os.getpid()}); a running server does this by {instead}" in str(result.exception)
