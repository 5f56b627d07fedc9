"""What is old goes, by arrival or by a purge's cut; what is pinned stays; nobody waits for it."""

import asyncio
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from argus.model import Batch, LogRecord, Span
from argus.storage import LogQuery, Purged, Retention, SegmentLimits, Storage, TraceQuery
from argus.storage.sql import driver, rolling, tables
from argus.storage.sql.retention import DAY_NS
from tests.builders import NOON, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Open, all_sealed, segments_of

sqlite: Any = vars(driver)["sqlite"]


def received(age_days: float, *records: Span | LogRecord) -> list[Batch]:
    """Batches of records that came some days ago."""
    found = []
    for kind in (Span, LogRecord):
        some = [record for record in records if isinstance(record, kind)]
        if some:
            found.append(a_batch(*some))
            found[-1].received_ns = time.time_ns() - int(age_days * DAY_NS)
    return found


async def kept(storage: Storage) -> tuple[list[str], list[str]]:
    """Names of the root spans and bodies of the log records that are found, sorted."""
    reader = storage.reader("default")
    traces = await reader.find_traces(TraceQuery(limit=1000))
    logs = await reader.find_logs(LogQuery(limit=1000))
    for page in (traces, logs):
        assert page.total == len(page.items) or page.total_is_estimate
    return (
        sorted(trace.root_operation for trace in traces.items),
        sorted(log.body.strip('"') for log in logs.items),
    )


async def until(storage: Storage, expected: Any) -> None:
    """Wait for upkeep to leave what is expected."""
    for _ in range(100):
        if await kept(storage) == expected:
            return
        await asyncio.sleep(0.05)
    assert await kept(storage) == expected


def three_ages() -> list[list[Batch]]:
    """Writes of ten, five and no days ago, each enough for a segment."""
    return [
        received(age, *(a_span(name=f"{age}") for _ in range(2)),
                 *(a_log_record(f"{age}") for _ in range(2)))
        for age in (10, 5, 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("retention", "traces", "logs"),
    [
        (Retention(), (10, 5, 0), (10, 5, 0)),
        (Retention(days=7), (5, 0), (5, 0)),
        (Retention(days=7, traces_days=3), (0,), (5, 0)),
        (Retention(days=7, logs_days=3), (5, 0), (0,)),
        (Retention(days=3, traces_days=0), (10, 5, 0), (0,)),
        (Retention(traces_days=7), (5, 0), (10, 5, 0)),
    ],
)
async def test_each_signal_is_kept_for_its_days(
    everywhere: Open, retention: Retention, traces: tuple[int, ...], logs: tuple[int, ...]
) -> None:
    storage = await everywhere(retention=Retention())
    for batches in three_ages():
        await storage.writer.write(batches)
    await all_sealed(storage)
    storage = await everywhere(retention=retention)
    expected = [sorted(str(age) for age in ages for _ in range(2)) for ages in (traces, logs)]
    await until(storage, tuple(expected))
    counts = (2 * len(traces), 2 * len(logs))
    for _ in range(100):  # what is cut is counted a moment after it is gone
        if (await storage.stats())[3:5] == counts:
            break
        await asyncio.sleep(0.05)
    assert (await storage.stats())[3:5] == counts
    for age in (10, 5, 0):
        page = await storage.reader("default").find_logs(LogQuery(search=str(age)))
        assert page.total == (2 if age in logs else 0)
        found = await storage.reader("default").find_traces(TraceQuery(search=str(age)))
        assert found.total == (2 if age in traces else 0)


async def test_the_oldest_go_until_the_bytes_fit(opened: Open) -> None:
    storage = await opened()
    for number in range(6):
        noise = [a_log_record(f"{number}", attributes={"x": "y" * 500_000}) for _ in range(4)]
        await storage.writer.write([a_batch(*noise)])
    sealed = await all_sealed(storage)
    room = sum(segment.bytes or 0 for segment in sealed[2:]) + 2**20
    storage = await opened(retention=Retention(bytes=room))
    await until(storage, ([], sorted(f"{n}" for n in range(2, 6) for _ in range(4))))


async def test_what_comes_in_at_the_limit_pushes_out_the_oldest(opened: Open) -> None:
    limit = 8 * 2**20
    storage = await opened(retention=Retention(bytes=limit))
    for number in range(60):
        noise = [a_log_record(f"{number}", attributes={"x": "y" * 100_000}) for _ in range(4)]
        await storage.writer.write([a_batch(*noise)])
    for _ in range(1200):
        if (await storage.stats()).bytes <= limit:
            break
        await asyncio.sleep(0.05)
    assert (await storage.stats()).bytes <= limit
    _, logs = await kept(storage)
    numbers = sorted({int(body) for body in logs})
    assert numbers == list(range(numbers[0], 60))
    assert len(numbers) > 5


async def began_hours_ago(opened: Open, path: Path, hours: float, retention: Retention) -> Storage:
    """A storage with a few megabytes that is some hours old."""
    storage = await opened(SegmentLimits())
    noise = [a_log_record("x", attributes={"x": "y" * 50_000}) for _ in range(100)]
    await storage.writer.write([a_batch(*noise)])
    await storage.close()
    began = time.time_ns() - int(hours * DAY_NS / 24)
    connection = sqlite.connect(path, isolation_level=None)
    connection.execute("UPDATE segments SET created_ns = ?", (began,))
    connection.close()
    return await opened(SegmentLimits(), retention=retention)


async def test_a_full_disk_is_foreseen(opened: Open, tmp_path: Path) -> None:
    limit = 50 * 2**20
    storage = await began_hours_ago(opened, tmp_path / "argus.db", 12, Retention(bytes=limit))
    stats = await storage.stats()
    assert stats.full_in_days == pytest.approx((limit - stats.bytes) / (2 * stats.bytes), rel=0.2)


@pytest.mark.parametrize(
    ("hours", "retention"),
    [(0.05, Retention(bytes=50 * 2**20)), (12, Retention(days=1, bytes=50 * 2**20))],
)
async def test_nothing_is_foreseen_too_early_or_when_retention_comes_first(
    opened: Open, tmp_path: Path, hours: float, retention: Retention
) -> None:
    storage = await began_hours_ago(opened, tmp_path / "argus.db", hours, retention)
    assert (await storage.stats()).full_in_days is None


async def test_a_record_of_the_future_pins_nothing(everywhere: Open) -> None:
    storage = await everywhere()
    far = received(10, *(a_log_record("far", time_ns=2**63 - 1) for _ in range(4)))
    await storage.writer.write(far)
    await all_sealed(storage)
    storage = await everywhere(retention=Retention(days=7))
    await until(storage, ([], []))
    assert len(segments_of(storage)) == 1


async def test_what_is_added_to_the_rollups_keeps_no_older_segment_from_going(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await opened()
    for batches in three_ages():
        await storage.writer.write(batches)
    oldest, *_ = await all_sealed(storage)
    upkeep, rollups = (vars(storage)[name] for name in ("_upkeep", "_rolling"))
    await rollups.catch_up()
    begun, go_on, whole = threading.Event(), threading.Event(), vars(rolling)["next_step"]

    def slow(*args: Any) -> Any:
        begun.set()
        go_on.wait(10)
        return whole(*args)

    monkeypatch.setattr(rolling, "next_step", slow)
    monkeypatch.setattr(rolling, "REMEMBERED", 0)
    await storage.writer.write(received(0, a_span(), a_log_record("new")))
    assert await asyncio.to_thread(begun.wait, 10)
    file = tmp_path / "argus.db.segments" / f"{oldest.id:06}.db"
    assert file.exists()
    await upkeep.on_upkeep(lambda: vars(upkeep)["_keeper"].drop(oldest))
    assert not file.exists()
    go_on.set()


async def test_a_summary_loses_the_part_that_is_dropped(everywhere: Open) -> None:
    storage = await everywhere()
    trace_id = a_trace_id()
    child: dict[str, Any] = {"trace_id": trace_id, "parent_span_id": b"p" * 8}
    for age, span in ((10, a_span(name="root", trace_id=trace_id, status=2)),
                      (1, a_span(name="middle", start_ns=NOON + 1, **child)),
                      (0, a_span(name="end", start_ns=NOON + 2, **child))):  # fmt: skip
        await storage.writer.write(received(age, span, *(a_log_record(age) for _ in range(3))))
    await all_sealed(storage)
    assert (await kept(storage))[0] == ["root"]
    storage = await everywhere(retention=Retention(days=7))
    await until(storage, (["middle"], ["0"] * 3 + ["1"] * 3))
    (trace,) = (await storage.reader("default").find_traces(TraceQuery())).items
    assert (trace.span_count, trace.error_count, trace.root_missing) == (2, 0, True)
    storage = await everywhere(retention=Retention(days=0.5))
    await until(storage, (["end"], ["0"] * 3))


async def test_pinned_traces_outlive_their_segment(everywhere: Open) -> None:
    storage = await everywhere()
    pinned, other = a_trace_id(), a_trace_id()
    spans = [a_span(name="pinned", trace_id=pinned, attributes={"user": "Zoë"}),
             a_span(name="other", trace_id=other)]  # fmt: skip
    logs = [a_log_record("of pinned", trace_id=pinned), a_log_record("of other", trace_id=other)]
    await storage.writer.write(received(10, *spans, *logs))
    late = a_span(name="late", trace_id=pinned, parent_span_id=b"p" * 8)
    await storage.writer.write(received(0, late))
    assert await storage.pin("default", pinned)
    assert not await storage.pin("default", a_trace_id())
    assert not await storage.pin("red", pinned)
    await all_sealed(storage)
    for _ in range(2):
        storage = await everywhere(retention=Retention(days=7))
        await until(storage, (["pinned"], ["of pinned"]))
        detail = await storage.reader("default").get_trace(pinned)
        assert detail is not None
        assert detail.spans == [spans[0]._replace(words=""), late._replace(words="")]
        assert [log.body for log in detail.logs] == ['"of pinned"']
        assert detail.summary.span_count == 2
        page = await storage.reader("default").find_traces(TraceQuery(search="zoë"))
        assert [trace.trace_id for trace in page.items] == [pinned]
    await storage.unpin("default", pinned)
    await until(storage, (["late"], []))
    stats = await storage.stats()
    assert (stats.spans, stats.logs) == (1, 0)


async def test_a_purge_cuts_by_event_time_and_counts_exactly(everywhere: Open) -> None:
    storage = await everywhere()
    straddling = a_trace_id()
    times = [NOON, NOON + 1, NOON + 50, NOON + 99, NOON + 100, NOON + 200]
    for start_ns in times:
        await storage.writer.write([
            a_batch(a_span(name=str(start_ns), start_ns=start_ns),
                    a_span(name="straddling", trace_id=straddling, start_ns=start_ns)),
            a_batch(a_log_record(str(start_ns), time_ns=start_ns)),
        ])  # fmt: skip
    purged = await storage.purge(NOON + 100)
    assert purged[:3] == (4, 8, 4)
    assert purged.freed_bytes > 0
    left = [str(start_ns) for start_ns in times[4:]]
    assert await kept(storage) == ([*left, "straddling"], left)
    (trace,) = (await storage.reader("default").find_traces(TraceQuery(search="straddling"))).items
    assert (trace.span_count, trace.start_ns) == (2, NOON + 100)
    assert (await storage.stats()).spans == 4
    assert (await storage.purge(NOON + 100))[:3] == (0, 0, 0)
    assert (await storage.purge(2**63))[:3] == (3, 4, 2)
    assert await kept(storage) == ([], [])
    assert await storage.reader("default").service_names() == []


async def test_a_purge_spares_what_is_pinned(everywhere: Open) -> None:
    storage = await everywhere()
    trace_id = a_trace_id()
    spans = [a_span(name=name, trace_id=trace_id) for name in "ab"] + [a_span(name="c")]
    await storage.writer.write([a_batch(*spans), a_batch(a_log_record("x", trace_id=trace_id))])
    await storage.pin("default", trace_id)
    assert (await storage.purge(2**63))[:3] == (1, 1, 0)
    assert await kept(storage) == (["a"], ["x"])
    assert (await storage.purge(2**63)) == Purged(0, 0, 0, 0)


async def test_what_is_purged_leaves_no_word_behind(opened: Open, tmp_path: Path) -> None:
    storage = await opened(SegmentLimits(rows=100))
    logs = [a_log_record("secretword", time_ns=NOON), a_log_record("plainword", time_ns=NOON + 9)]
    await storage.writer.write([a_batch(*logs)])
    await storage.purge(NOON + 5)
    await storage.close()
    data = b"".join(p.read_bytes() for p in (tmp_path / "argus.db.segments").glob("000001.db*"))
    assert b"plainword" in data
    assert b"secretword" not in data


async def test_a_query_in_progress_keeps_the_segment_it_reads(everywhere: Open) -> None:
    storage = await everywhere()
    await storage.writer.write([a_batch(*(a_span(name="old") for _ in range(4)))])
    await all_sealed(storage)
    database = storage._database  # type: ignore[attr-defined]
    began, purged = threading.Event(), threading.Event()

    def read() -> int:
        with database.reading() as reading:
            began.set()
            assert purged.wait(20)
            connection = reading.connection(reading.segments[-1])
            return int(
                connection.execute(select(func.count()).select_from(tables.spans)).scalar_one()
            )

    found = asyncio.create_task(asyncio.to_thread(read))
    await asyncio.to_thread(began.wait)
    assert (await storage.purge(2**63)).spans == 4
    assert await kept(storage) == ([], [])
    purged.set()
    assert await found == 4


async def test_vacuum_leaves_everything_where_it_is(opened: Open) -> None:
    storage = await opened()
    await storage.writer.write([a_batch(a_span(name="one"), a_span(name="two"))])
    await storage.vacuum()
    assert await kept(storage) == (["one", "two"], [])


async def test_a_copy_taken_while_writing_holds_what_was_acked_by_then(
    opened: Open, tmp_path: Path
) -> None:
    storage = await opened()
    for number in range(20):
        await storage.writer.write([a_batch(*(a_span(name=f"{number}") for _ in range(4)))])
    await all_sealed(storage)
    shutil.copytree(tmp_path / "argus.db.segments", tmp_path / "copy" / "argus.db.segments")
    storage = await opened(path=tmp_path / "copy" / "argus.db")
    names, _ = await kept(storage)
    assert names == sorted(f"{number}" for number in range(20) for _ in range(4))
