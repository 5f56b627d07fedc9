"""The database fails, hangs or refuses: every request is answered in time, and none is lost."""

import asyncio
import shutil
import sys
import time
from pathlib import Path

import pytest

from argus.errors import Unavailable
from argus.model import Batch
from argus.storage import LogQuery
from argus.storage.open import open_storage
from tests.doubles import Sink
from tests.pipeline.ledger import Ledger
from tests.pipeline.parts import Running, logs, running, spans, until

ANSWER_S = 2.0 + 1.0


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


async def timed(argus: Running, batch: Batch) -> float:
    """Seconds until `consume` returned."""
    began = time.monotonic()
    await argus.pipeline.consume(batch)
    return time.monotonic() - began


async def test_a_failed_commit_is_acked_from_disk_and_stored_when_the_database_is_back(
    tmp_path: Path, ledger: Ledger
) -> None:
    exporter = Sink()
    async with running(ledger, tmp_path / "dlq", exporters=[exporter]) as argus:
        ledger.down = True
        requests = [logs(f"{n}") for n in range(20)]
        took = await asyncio.gather(*(timed(argus, request) for request in requests))
        assert max(took) < ANSWER_S
        assert str(argus.pipeline.status) == "CIRCUIT_OPEN"
        assert argus.pipeline.accepting
        assert argus.accounts.balance()
        assert argus.accounts.sum("argus_dlq_records", "logs") == 20
        assert not ledger.stored()
        assert not exporter.logs
        ledger.down = False
        await argus.empty()
        assert argus.pipeline.status == "OK"
        assert ledger.stored() == {f"{n}": 1 for n in range(20)}
        assert sorted(log.body for log in exporter.logs) == sorted(f'"{n}"' for n in range(20))
        assert argus.accounts.balance()
        assert argus.accounts.sum("argus_stored_records_total", "logs") == 20


async def test_what_a_busy_database_had_no_time_for_is_replayed_at_once(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq", replay_interval_s=300) as argus:
        ledger.gate.clear()
        first = asyncio.create_task(argus.pipeline.consume(logs("first")))
        await until(lambda: ledger.writes)
        second = asyncio.create_task(argus.pipeline.consume(logs("second")))
        # in time for the first, which leaves the second no time
        asyncio.get_running_loop().call_later(1.94, ledger.gate.set)
        await asyncio.gather(first, second)
        await argus.empty(within_s=10)
        assert ledger.stored() == {"first": 1, "second": 1}
        assert argus.accounts.balance()


async def test_replay_is_oldest_first(tmp_path: Path, ledger: Ledger) -> None:
    exporter = Sink()
    async with running(ledger, tmp_path / "dlq", exporters=[exporter]) as argus:
        ledger.down = True
        for n in range(30):
            await argus.pipeline.consume(logs(f"{n}"))
        ledger.down = False
        await argus.empty()
    assert [log.body for log in exporter.logs] == [f'"{n}"' for n in range(30)]


async def test_a_hanging_commit_is_acked_from_disk_and_counted_as_stored_when_it_ends(
    tmp_path: Path, ledger: Ledger
) -> None:
    exporter = Sink()
    async with running(ledger, tmp_path / "dlq", exporters=[exporter]) as argus:
        ledger.gate.clear()
        first = asyncio.create_task(timed(argus, logs("first")))
        await until(lambda: ledger.writes)
        behind = asyncio.create_task(timed(argus, logs("behind")))
        assert max(await asyncio.gather(first, behind)) < ANSWER_S
        assert await timed(argus, logs("later")) < 0.5  # nobody waits for what hangs
        assert argus.pipeline.status == "CIRCUIT_OPEN"
        assert len(argus.letters) == 3
        assert argus.accounts.balance()
        ledger.gate.set()
        await argus.empty()
        assert ledger.stored() == {"first": 1, "behind": 1, "later": 1}
        assert argus.accounts.sum("argus_stored_records_total", "logs") == 3
        assert argus.accounts.sum("argus_duplicate_records_total", "logs") == 0
        assert argus.accounts.balance()
    assert len(exporter.logs) == 3
    assert ledger.together == 1


async def test_a_hanging_commit_that_fails_in_the_end_leaves_its_letters_to_be_replayed(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq") as argus:
        ledger.gate.clear()
        await argus.pipeline.consume(logs("a"))
        ledger.down = True
        ledger.gate.set()
        await until(lambda: ledger.writes > 1)  # a probe followed
        assert len(argus.letters) == 1
        ledger.down = False
        await argus.empty()
        assert ledger.stored() == {"a": 1}
        assert argus.accounts.balance()


async def test_when_neither_database_nor_queue_takes_it_the_sender_is_told_to_come_back(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq", max_bytes=1) as argus:
        ledger.down = True
        began = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            await argus.pipeline.consume(logs("a"))
        assert time.monotonic() - began < ANSWER_S
        assert refusal.value.retry_after_s
        assert not argus.pipeline.accepting
        ledger.down = False
        await until(lambda: argus.pipeline.accepting)
        await argus.pipeline.consume(logs("a"))
        assert ledger.stored() == {"a": 1}
        assert argus.accounts.balance()


async def test_a_refused_request_that_is_stored_after_all_is_counted_once(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq", max_bytes=1) as argus:
        ledger.gate.clear()
        with pytest.raises(Unavailable):
            await argus.pipeline.consume(logs("a"))
        assert argus.accounts.sum("argus_received_records_total", "logs") == 0
        ledger.gate.set()
        await until(lambda: argus.pipeline.status == "OK")
        assert argus.accounts.balance()
        await argus.pipeline.consume(logs("a"))  # the sender tries again
        assert ledger.stored() == {"a": 1}
        assert argus.accounts.sum("argus_duplicate_records_total", "logs") == 1
        assert argus.accounts.balance()


async def test_a_vanished_queue_folder_refuses_instead_of_losing(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.pipeline.consume(logs("a"))
        shutil.rmtree(tmp_path / "dlq")
        ledger.down = True
        with pytest.raises(Unavailable, match="the dead-letter queue cannot be"):
            await argus.pipeline.consume(logs("b"))


async def test_a_request_the_database_refuses_costs_the_others_nothing(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.poison = {"bad"}
    async with running(ledger, tmp_path / "dlq") as argus:
        requests = [logs("a"), logs("b", "bad", "c"), logs("d")]
        await asyncio.gather(*(argus.pipeline.consume(request) for request in requests))
        assert argus.pipeline.status != "CIRCUIT_OPEN"  # the database is not to blame
        await argus.empty()
        assert ledger.stored() == {"a": 1, "b": 1, "c": 1, "d": 1}
        assert argus.accounts.sum("argus_dlq_quarantined_records_total", "logs") == 1
        assert argus.accounts.balance()
    [reason] = (tmp_path / "dlq" / "quarantine").glob("*.reason")
    assert "record 1: " in reason.read_text()
    assert "OverflowError" in reason.read_text()


async def test_leaving_while_the_database_is_down_keeps_everything(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq") as argus:
        ledger.gate.clear()
        consuming = [asyncio.create_task(argus.pipeline.consume(spans(f"{n}"))) for n in range(10)]
        await until(lambda: ledger.writes)
        began = time.monotonic()
    assert time.monotonic() - began < 8
    await asyncio.gather(*consuming)
    ledger.gate.set()
    async with running(ledger, tmp_path / "dlq") as argus:
        await argus.empty()
        assert argus.accounts.sum("argus_dlq_recovered_records_total", "traces") == 10
        assert argus.accounts.balance()
    assert ledger.stored() == {f"{n}": 1 for n in range(10)}


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
sys.stdout.write("locked\\n")
sys.stdout.flush()
sys.stdin.readline()
"""


async def test_requests_are_acked_and_kept_while_another_process_locks_the_database(
    tmp_path: Path,
) -> None:
    storage = await open_storage("sqlite", str(tmp_path / "argus.db"), query_timeout_s=10)
    [segment] = (tmp_path / "argus.db.segments").glob("*.db")
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(segment),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        async with running(storage.writer, tmp_path / "dlq") as argus:
            assert await holder.stdout.readline() == b"locked\n"
            took = [await timed(argus, logs(f"{n}")) for n in range(10)]
            assert max(took) < ANSWER_S
            assert len(argus.letters) == 10
            holder.stdin.write(b"\n")
            await argus.empty()
            assert argus.accounts.balance()
        page = await storage.reader("default").find_logs(LogQuery())
        assert sorted(log.body for log in page.items) == [f'"{n}"' for n in range(10)]
    finally:
        holder.stdin.close()
        await holder.wait()
        await storage.close()


async def test_the_database_is_probed_within_a_second_and_less_and_less_often(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(ledger, tmp_path / "dlq") as argus:
        ledger.down = True
        await argus.pipeline.consume(logs("a"))
        writes = ledger.writes
        await until(lambda: ledger.writes > writes, within_s=1)
        await asyncio.sleep(1.5)
        assert ledger.writes - writes <= 3
