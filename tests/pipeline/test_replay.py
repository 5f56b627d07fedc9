"""Replay: each letter once, whatever happens between; what is broken stands in nobody's way."""

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from argus.errors import NotFound, Unavailable
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.dead_letter_file import Name, new_name, read
from argus.pipeline.dead_letter_folder import letters as letters_in
from argus.storage import LogQuery
from argus.storage.open import open_storage
from argus.telemetry import Telemetry
from tests.doubles import Sink
from tests.pipeline.ledger import Ledger
from tests.pipeline.parts import MANY, logs, running, spans, until


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


async def fill(folder: Path, *requests: tuple[str, ...]) -> list[Name]:
    """Dead letters of log requests, each with these texts."""
    async with DeadLetters(folder, MANY, Telemetry()) as letters:
        return await letters.put([logs(*texts) for texts in requests], "was down")


def copy(folder: Path, name: Name, sequence: int) -> None:
    """The same file under another name."""
    header = read(folder / name.file).header
    shutil.copy(folder / name.file, folder / new_name(sequence, header, name.bytes).file)


async def test_what_an_earlier_run_left_is_replayed_at_the_start(
    tmp_path: Path, ledger: Ledger
) -> None:
    await fill(tmp_path / "dlq", ("a", "b"), ("c",))
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty()
        assert argus.accounts.balance()
        assert argus.accounts.sum("argus_dlq_replayed_records_total", "logs") == 3
    assert ledger.stored() == {"a": 1, "b": 1, "c": 1}
    assert not list(letters_in(tmp_path / "dlq"))


async def test_it_is_called_ok_without_waiting_for_the_first_replay(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argus.pipeline.replay._AFTER_START_S", 300)
    async with running(ledger, tmp_path / "dlq") as argus:
        await until(lambda: argus.pipeline.status == "OK", 20)


async def test_it_is_not_called_ok_before_what_an_earlier_run_left_is_counted(
    tmp_path: Path, ledger: Ledger
) -> None:
    await fill(tmp_path / "dlq", ("a",))
    async with running(ledger, tmp_path / "dlq") as argus:
        assert (len(argus.letters), argus.pipeline.status) == (0, "DELAYED")
        await argus.empty()
        assert argus.pipeline.status == "OK"


async def test_the_same_file_under_another_name_is_stored_once(
    tmp_path: Path, ledger: Ledger
) -> None:
    folder = tmp_path / "dlq"
    [name] = await fill(folder, ("a", "b"))
    for sequence in (5, 6):
        copy(folder, name, sequence)
    async with running(ledger, folder) as argus:
        await argus.empty()
        assert argus.accounts.sum("argus_duplicate_records_total", "logs") == 4
        assert argus.accounts.balance()
        copy_later = logs("a", "b")
        await argus.pipeline.consume(copy_later)
        assert argus.accounts.balance()
    assert ledger.stored() == {"a": 1, "b": 1}


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _later_version(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[9] = 9
    path.write_bytes(data)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "damage", [_truncate, _empty, _flip, _later_version, _folder, _link, _pipe]
)
async def test_a_damaged_letter_is_set_aside_and_counted_and_the_others_are_replayed(
    tmp_path: Path,
    ledger: Ledger,
    damage: Callable[[Path], None],
) -> None:
    folder = tmp_path / "dlq"
    names = await fill(folder, ("a",), ("x", "y", "z"), ("b",))
    damage(folder / names[1].file)
    async with running(ledger, folder) as argus:
        await argus.empty()
        assert ledger.stored() == {"a": 1, "b": 1}
        assert argus.accounts.sum("argus_dlq_quarantined_records_total", "logs") == 3
        assert argus.accounts.balance()
    assert list(letters_in(folder / "quarantine")) == [names[1]]
    assert (folder / "quarantine" / f"{names[1].id}.reason").read_text().startswith("corrupt: ")


async def test_a_letter_whose_request_cannot_be_decoded_is_set_aside(
    tmp_path: Path, ledger: Ledger
) -> None:
    broken = logs("a")
    broken.body = b"\xff\xff\xff"
    async with DeadLetters(tmp_path / "dlq", MANY, Telemetry()) as letters:
        await letters.put([broken, logs("b")], "was down")
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty()
        assert argus.accounts.balance()
    assert ledger.stored() == {"b": 1}
    assert len(list(letters_in(tmp_path / "dlq" / "quarantine"))) == 1


async def test_poison_is_isolated_to_the_record_and_nothing_waits_behind_it(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.poison = {"bad"}
    exporter = Sink()
    good = [f"{n}" for n in range(100)]
    await fill(tmp_path / "dlq", (*good[:37], "bad", *good[37:]), ("bad",), ("behind",))
    async with running(ledger, tmp_path / "dlq", exporters=[exporter]) as argus:
        await argus.empty()
        assert ledger.stored() == Counter([*good, "behind"])
        assert argus.accounts.sum("argus_dlq_quarantined_records_total", "logs") == 2
        assert argus.accounts.balance()
        assert argus.pipeline.status == "OK"
    assert sorted(log.body for log in exporter.logs) == sorted(f'"{t}"' for t in [*good, "behind"])


async def test_a_quarantined_letter_put_back_stores_only_what_was_missing(
    tmp_path: Path, ledger: Ledger
) -> None:
    folder = tmp_path / "dlq"
    ledger.poison = {"bad"}
    await fill(folder, ("a", "bad", "b"))
    async with running(ledger, folder) as argus:
        await argus.empty()
        [name] = letters_in(folder / "quarantine")
        ledger.poison = {}
        os.rename(folder / "quarantine" / name.file, folder / name.file)
        await argus.pipeline.replay_all()
        assert ledger.stored() == {"a": 1, "bad": 1, "b": 1}
        assert argus.accounts.balance()


async def test_a_crash_between_the_records_of_a_split_letter_stores_each_once(
    tmp_path: Path, ledger: Ledger
) -> None:
    texts = [f"{n}" for n in range(16)]
    ledger.poison = {"15"}

    class Crash(Ledger):
        async def write(self, batches):  # type: ignore[no-untyped-def]
            if ledger.stored().total() >= 8:
                self.down = True
            return await super().write(batches)

    await fill(tmp_path / "dlq", tuple(texts))
    crashing = Crash(tmp_path / "ledger.db")
    crashing.poison = {"15"}
    async with running(crashing, tmp_path / "dlq"):
        await until(lambda: crashing.down)
    assert 8 <= ledger.stored().total() < 15
    assert [name.split for name in letters_in(tmp_path / "dlq")] == [True]
    ledger.poison = {}  # and now the database would take the whole request
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty()
        assert argus.accounts.balance()
    assert ledger.stored() == {text: 1 for text in texts}


async def test_live_requests_and_replay_share_the_writer_one_at_a_time(
    tmp_path: Path, ledger: Ledger
) -> None:
    await fill(tmp_path / "dlq", *((f"old {n}",) for n in range(1_000)))
    async with running(ledger, tmp_path / "dlq") as argus:
        for n in range(20):
            await argus.pipeline.consume(spans(f"new {n}"))
            await asyncio.sleep(0.01)
        await argus.empty()
    assert ledger.together == 1
    assert ledger.stored().total() == 1_020


async def test_a_replay_never_asks_for_more_at_once_than_a_slow_database_can_take(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.record_s = 0.0008
    await fill(tmp_path / "dlq", *(tuple(f"{n} {m}" for m in range(128)) for n in range(24)))
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty(within_s=20)
        assert argus.accounts.balance()
    assert ledger.stored().total() == 3072
    assert ledger.writes == 3  # and no probe, which follows what takes too long


async def test_one_letter_can_be_replayed_on_demand(tmp_path: Path, ledger: Ledger) -> None:
    ledger.down = True
    names = await fill(tmp_path / "dlq", ("a",), ("b",))
    async with running(ledger, tmp_path / "dlq") as argus:
        await until(lambda: argus.pipeline.status == "CIRCUIT_OPEN")
        with pytest.raises(Unavailable):
            await argus.pipeline.replay(names[1].id)
        with pytest.raises(NotFound):
            await argus.pipeline.replay("nope")
        ledger.down = False
        await argus.empty()
        assert ledger.stored() == {"a": 1, "b": 1}


async def test_files_put_into_the_folder_are_found_at_the_next_interval(
    tmp_path: Path, ledger: Ledger
) -> None:
    [name] = await fill(tmp_path / "elsewhere", ("a",))
    async with running(ledger, tmp_path / "dlq", replay_interval_s=0.1) as argus:
        shutil.copy(tmp_path / "elsewhere" / name.file, tmp_path / "dlq" / name.file)
        await until(ledger.stored)
        await argus.empty()
        assert argus.accounts.balance()


async def test_killed_again_and_again_during_replay_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    texts = [f"{n}" for n in range(2_000)]
    await fill(tmp_path / "dlq", *((text,) for text in texts))
    chance = random.Random(3)
    left = [len(texts)]

    def waiting() -> int:
        return len(list(letters_in(tmp_path / "dlq")))

    while left[-1]:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.pipeline.replaying", str(tmp_path),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        assert await child.stdout.readline() == b"replaying\n"
        if len(left) <= 4:
            if len(left) % 2:  # as soon as letters begin to go, else at any moment
                await until(lambda: waiting() < left[-1])
            else:
                await asyncio.sleep(chance.uniform(0.05, 0.5))
            child.send_signal(signal.SIGKILL)
        await child.wait()
        left.append(waiting())
    assert any(0 < n < len(texts) for n in left), "no kill hit a replay in progress"
    storage = await open_storage("sqlite", str(tmp_path / "argus.db"), query_timeout_s=10)
    page = await storage.reader("default").find_logs(LogQuery(limit=2 * len(texts)))
    await storage.close()
    assert Counter(log.body for log in page.items) == {f'"{text}"': 1 for text in texts}
    assert not list(letters_in(tmp_path / "dlq" / "quarantine"))
