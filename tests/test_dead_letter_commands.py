"""`argus dlq …`: a person sees, exports, replays and deletes what waits on disk."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from argus.dead_letter_commands import dead_letter_commands
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.dead_letter_file import Name
from argus.pipeline.dead_letter_folder import letters as letters_in
from argus.storage import LogQuery
from argus.storage.open import open_storage
from argus.telemetry import Telemetry
from tests.pipeline.parts import MANY, logs, spans

RUN = "from argus.dead_letter_commands import dead_letter_commands as run; run()"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLQ_PATH", str(tmp_path / "dlq"))
    monkeypatch.setenv("DB_DSN", str(tmp_path / "argus.db"))


@pytest.fixture
def names(tmp_path: Path) -> list[Name]:
    """Three waiting requests: two of logs, one of spans."""

    async def put() -> list[Name]:
        async with DeadLetters(tmp_path / "dlq", MANY, Telemetry()) as letters:
            batches = [logs("a", "b"), spans("c"), logs("d", tenant="acme")]
            return await letters.put(batches, "the commit failed:\x1b[2J database is locked")

    return asyncio.run(put())


def run(*arguments: str, input_: str = "") -> Result:
    return CliRunner().invoke(dead_letter_commands, arguments, input=input_)


def test_ls_shows_every_request_and_no_control_characters(names: list[Name]) -> None:
    result = run("ls")
    assert result.exit_code == 0
    assert [name.id in result.output for name in names] == [True] * 3
    assert "acme" in result.output
    assert "database is locked" in result.output
    assert "\x1b" not in result.output
    assert result.output.endswith("3 requests\n")


def test_ls_of_a_folder_that_does_not_exist_is_empty() -> None:
    assert run("ls").output.endswith("0 requests\n")


def test_show_prints_the_request_as_otlp_json(names: list[Name]) -> None:
    request = json.loads(run("show", names[1].id[:16]).output)
    [span] = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert span["traceId"] == b"tttttttttttttttt".hex()
    assert span["spanId"] == "0000000000000001"
    assert span["name"] == "c"


def test_show_of_an_unknown_id_is_one_line(names: list[Name]) -> None:
    result = run("show", "nope")
    assert result.exit_code == 1
    assert result.output == "Error: no ids begin with nope\n"


def test_export_writes_each_body_as_it_was_sent(tmp_path: Path, names: list[Name]) -> None:
    assert run("export", str(tmp_path / "out")).exit_code == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert files.keys() == {f"{name.id}.binpb" for name in names}
    assert files[f"{names[0].id}.binpb"] == logs("a", "b").body


def test_purge_asks_first(tmp_path: Path, names: list[Name]) -> None:
    assert run("purge", input_="n\n").exit_code == 1
    assert len(list(letters_in(tmp_path / "dlq"))) == 3
    assert "deleted 3 requests with 4 records" in run("purge", "--yes").output
    assert not list(letters_in(tmp_path / "dlq"))


def test_purge_of_quarantine_leaves_what_waits(tmp_path: Path, names: list[Name]) -> None:
    async def set_aside() -> None:
        async with DeadLetters(tmp_path / "dlq", MANY, Telemetry()) as letters:
            await letters.oldest(0)
            await letters.quarantine(names[0], "corrupt: checksum mismatch")

    asyncio.run(set_aside())
    assert "checksum mismatch" in run("ls", "--quarantine").output
    assert run("purge", "--quarantine", "--yes").exit_code == 0
    assert not os.listdir(tmp_path / "dlq" / "quarantine")
    assert len(list(letters_in(tmp_path / "dlq"))) == 2


def test_what_changes_refuses_while_a_server_has_the_folder(
    tmp_path: Path, names: list[Name]
) -> None:
    async def beside() -> subprocess.CompletedProcess[str]:
        async with DeadLetters(tmp_path / "dlq", MANY, Telemetry()):
            return await asyncio.to_thread(command, "purge", "--yes")

    result = asyncio.run(beside())
    assert result.returncode != 0
    assert "in use by another argus process" in result.stderr
    assert len(list(letters_in(tmp_path / "dlq"))) == 3


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=False
    )


def test_replay_stores_what_waits_in_the_database(tmp_path: Path, names: list[Name]) -> None:
    result = command("replay")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "replayed 3 of 3 requests, 0 set aside\n"
    assert not list(letters_in(tmp_path / "dlq"))

    async def bodies() -> set[str]:
        storage = await open_storage("sqlite", str(tmp_path / "argus.db"), query_timeout_s=10)
        try:
            return {
                log.body for log in (await storage.reader("default").find_logs(LogQuery())).items
            }
        finally:
            await storage.close()

    assert asyncio.run(bodies()) == {'"a"', '"b"'}
