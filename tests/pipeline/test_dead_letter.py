"""The dead-letter queue as a folder: durable puts, exact counts, and whatever else lies there."""

import os
import resource
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from argus.errors import NotFound, StartError, Unavailable
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.dead_letter_file import Header, new_name, read
from argus.pipeline.dead_letter_folder import letters as letters_in
from argus.telemetry import Telemetry
from tests.pipeline.parts import MANY, Accounts, logs, spans

REASON = "the commit failed"


@asynccontextmanager
async def opened(folder: Path, max_bytes: int = MANY) -> AsyncIterator[DeadLetters]:
    async with DeadLetters(folder, max_bytes, Telemetry()) as letters:
        await letters.oldest(0)
        yield letters


async def test_two_hundred_requests_in_one_second_are_two_hundred_files(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        began = time.monotonic()
        for n in range(0, 200, 20):
            await letters.put([logs(f"{n + i}") for i in range(20)], REASON)
        assert time.monotonic() - began < 1.0
        assert len(letters) == 200
    assert len(list(letters_in(tmp_path))) == 200
    assert len({read(tmp_path / name.file).body for name in letters_in(tmp_path)}) == 200


async def test_a_letter_keeps_the_request_as_it_came(tmp_path: Path) -> None:
    batch = spans("a", "b", invalid=3)
    async with opened(tmp_path) as letters:
        [name] = await letters.put([batch], REASON)
    header, body = read(tmp_path / name.file)
    assert body == batch.body
    assert header == Header(
        "default", "traces", "protobuf", batch.received_ns, batch.key, 5, REASON
    )


async def test_what_waits_is_there_after_a_restart_in_the_same_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        put = await letters.put([logs("a"), spans("b"), logs("c")], REASON)
        size = letters.bytes
    async with opened(tmp_path) as letters:
        assert await letters.oldest(10) == put
        assert letters.bytes == size
        later = await letters.put([logs("d")], REASON)
        assert await letters.oldest(10) == put + later


async def test_order_follows_the_sequence_whatever_the_clock_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = 365 * 86_400 * 10**9
    put = []
    for jump in (0, -year, 86_400 * 10**9, 10 * year):
        clock = time.time_ns() + jump
        monkeypatch.setattr(time, "time_ns", lambda clock=clock: clock)
        async with opened(tmp_path) as letters:
            put += await letters.put([logs(f"{jump} {n}") for n in range(3)], REASON)
    async with opened(tmp_path) as letters:
        assert await letters.oldest(100) == put
    assert len(set(put)) == 12


async def test_a_full_queue_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=3 * 4096) as letters:
        await letters.put([logs("a"), logs("b")], REASON)
        with pytest.raises(Unavailable, match="queue is full") as refusal:
            await letters.put([logs("c"), logs("d")], REASON)
        assert refusal.value.retry_after_s
        assert (len(letters), letters.has_room) == (2, True)
        await letters.put([logs("e")], REASON)
        assert (len(letters), letters.has_room) == (3, False)
    assert len(list(letters_in(tmp_path))) == 3


async def test_quarantine_counts_against_the_cap(tmp_path: Path) -> None:
    async with opened(tmp_path, max_bytes=2 * 4096) as letters:
        names = await letters.put([logs("a"), logs("b")], REASON)
        assert await letters.quarantine(names[0], "corrupt")
        assert not letters.has_room
    async with opened(tmp_path, max_bytes=2 * 4096) as letters:
        assert not letters.has_room


@contextmanager
def _full() -> Iterator[None]:
    # files may not grow, and who writes is told so, as on a full volume
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


async def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        await letters.put([logs("a")], REASON)
        before = sorted(os.listdir(tmp_path))
        with _full(), pytest.raises(Unavailable, match="cannot be written"):
            await letters.put([logs("b"), logs("c" * 10_000)], REASON)
        assert sorted(os.listdir(tmp_path)) == before
        assert len(letters) == 1
        await letters.put([logs("d")], REASON)


async def test_a_nearly_full_volume_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(used=960, free=40)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    async with opened(tmp_path) as letters:
        with pytest.raises(Unavailable, match="95% full"):
            await letters.put([logs("a")], REASON)
        assert not list(letters_in(tmp_path))


async def test_what_a_crash_left_half_written_is_cleaned_up(tmp_path: Path) -> None:
    name = new_name(7, Header("t", "logs", "json", 1, b"", 1, ""), 100)
    tmp_path.joinpath(name.file + ".unfinished").write_bytes(b"ARGUS")
    async with opened(tmp_path) as letters:
        assert len(letters) == 0
    assert sorted(os.listdir(tmp_path)) == [".lock", "quarantine"]


async def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    tmp_path.joinpath("batch_1767268800.json").write_text("{}")
    tmp_path.joinpath("notes").mkdir()
    tmp_path.joinpath("link").symlink_to("/nowhere")
    async with opened(tmp_path) as letters:
        assert len(letters) == 0
    assert {"batch_1767268800.json", "notes", "link"} < set(os.listdir(tmp_path))


async def test_two_thousand_letters_are_counted_without_opening_one(tmp_path: Path) -> None:
    header = Header("t", "logs", "protobuf", 1, b"", 7, "")
    for n in range(2_000):
        # none of them could be read
        tmp_path.joinpath(new_name(n, header, 1000).file).touch()
    telemetry = Telemetry()
    began = time.monotonic()
    async with DeadLetters(tmp_path, MANY, telemetry) as letters:
        assert time.monotonic() - began < 0.1  # entered before anything is counted
        await letters.oldest(0)
        assert len(letters) == 2_000
        assert letters.bytes == 2_000 * 4096
        assert Accounts(telemetry).sum("argus_dlq_records", "logs") == 14_000
        assert Accounts(telemetry).balance()


async def test_a_second_process_is_kept_away_in_one_line(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(StartError, match="in use by another argus"):
            async with opened(tmp_path):
                pass


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    with pytest.raises(StartError, match=r"DLQ_PATH: .* cannot be made"):
        DeadLetters(tmp_path / "file" / "dlq", MANY, Telemetry())


async def test_letters_are_listed_oldest_first_page_by_page(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        put = await letters.put([logs("a"), spans("b", "c")], REASON)
        first = await letters.list(1)
        [second] = await letters.list(1, after=first[0].id)
        assert [first[0].id, second.id] == [name.id for name in put]
        assert (second.signal, second.records, second.reason) == ("traces", 2, REASON)
        assert second.bytes == (tmp_path / put[1].file).stat().st_size
        assert not await letters.list(1, after=second.id)


async def test_discarding_deletes_what_is_named_and_nothing_when_one_is_unknown(
    tmp_path: Path,
) -> None:
    telemetry = Telemetry()
    async with DeadLetters(tmp_path, MANY, telemetry) as letters:
        a, b, c = await letters.put([logs("a"), logs("b"), logs("c")], REASON)
        with pytest.raises(NotFound):
            await letters.discard([a.id, "nope"])
        assert len(letters) == 3
        assert await letters.discard([b.id]) == 1
        assert list(letters_in(tmp_path)) == [a, c]
        assert await letters.discard() == 2
        assert not list(letters_in(tmp_path))
        assert Accounts(telemetry).sum("argus_dlq_removed_records_total", "logs") == 3


async def test_files_put_in_and_taken_out_by_hand_are_noticed(tmp_path: Path) -> None:
    telemetry = Telemetry()
    async with DeadLetters(tmp_path, MANY, telemetry) as letters:
        [name] = await letters.put([logs("a")], REASON)
        found = new_name(0, Header("t", "logs", "json", 1, b"k", 2, "by hand"), 100)
        os.rename(tmp_path / name.file, tmp_path / found.file)
        await letters.rescan()
        assert await letters.oldest(9) == [found]
        assert Accounts(telemetry).sum("argus_dlq_removed_records_total", "logs") == 1
        assert Accounts(telemetry).sum("argus_dlq_recovered_records_total", "logs") == 2


async def test_the_age_of_the_oldest_is_never_negative(tmp_path: Path) -> None:
    telemetry = Telemetry()

    def age() -> float:
        [line] = [
            line
            for line in telemetry.render().decode().splitlines()
            if line.startswith("argus_dlq_oldest_age_seconds ")
        ]
        return float(line.rpartition(" ")[2])

    async with DeadLetters(tmp_path, MANY, telemetry) as letters:
        assert age() == 0
        batch = logs("a")
        batch.received_ns -= 60 * 10**9
        [old] = await letters.put([batch], REASON)
        assert 59 < age() < 70
        batch = logs("b")
        batch.received_ns += 3600 * 10**9
        await letters.put([batch], REASON)
        await letters.settle([old])
        assert age() == 0
