"""Storage under size and company: long traces, long lists, several segments, readers beside
a writer."""

import asyncio
from pathlib import Path

import pytest

from argus.storage import LogQuery, SegmentLimits, Storage, TimeRange, TraceQuery
from argus.storage.open import open_storage
from tests.builders import NOON, a_batch, a_log_record, a_span, a_trace_id


async def test_a_trace_of_many_spans_comes_back_whole_and_in_order(storage: Storage) -> None:
    trace_id = a_trace_id()
    spans = [a_span(trace_id=trace_id, start_ns=NOON + i) for i in range(12_000)]
    await storage.writer.write([a_batch(*reversed(spans)), a_batch(a_span())])
    detail = await storage.reader("default").get_trace(trace_id)
    assert detail is not None
    assert detail.spans == [span._replace(words="") for span in spans]
    (longest, _) = (
        await storage.reader("default").find_traces(TraceQuery(sort_by="span_count"))
    ).items
    assert longest.span_count == 12_000


async def test_beyond_100_000_matches_the_total_is_a_lower_bound(storage: Storage) -> None:
    log = a_log_record("many")
    await storage.writer.write([a_batch(*[log] * 100_000)])
    reader = storage.reader("default")
    page = await reader.find_logs(LogQuery())
    # the second of counting may be over before the last row on a busy machine
    assert page.total == 100_000 or page.total_is_estimate
    await storage.writer.write([a_batch(log)])
    page = await reader.find_logs(LogQuery(search="many"))
    assert page.total <= 100_000
    assert page.total_is_estimate
    assert len(page.items) == 50


async def test_a_reader_sees_whole_writes_only_and_each_acked_one(storage: Storage) -> None:
    reader = storage.reader("default")
    acked, done = 0, False

    async def write() -> None:
        nonlocal acked, done
        for _ in range(20):
            await storage.writer.write([a_batch(*(a_log_record() for _ in range(250)))])
            acked += 250
        done = True

    async def read() -> int:
        reads = 0
        while not done:
            before = acked
            page = await reader.find_logs(LogQuery(limit=1))
            # the second of counting may be over before the last row on a busy machine
            if not page.total_is_estimate:
                assert page.total >= before
                assert page.total % 250 == 0
                reads += 1
        return reads

    _, *reads = await asyncio.gather(write(), read(), read())
    assert all(count > 1 for count in reads)


@pytest.fixture
async def two_segments(tmp_path: Path) -> Path:
    """A database with records of each kind in two segments."""
    path = tmp_path / "argus.db"
    for number in (1, 2):
        storage = await open_storage(
            "sqlite", str(path), query_timeout_s=10, limits=SegmentLimits(rows=5)
        )
        trace_id = bytes(15) + bytes([number])
        together = a_span(f"s{number}", trace_id=b"t" * 16, start_ns=NOON + number)
        logs = [
            a_log_record(f"{number}.{i}", service=f"s{number}", time_ns=NOON + 2 * i + number)
            for i in range(3)
        ]
        spans = a_batch(a_span(f"s{number}", trace_id=trace_id), together)
        await storage.writer.write([spans, a_batch(*logs)])
        await storage.close()
    return path


async def test_reads_merge_all_segments(two_segments: Path) -> None:
    storage = await open_storage("sqlite", str(two_segments), query_timeout_s=10)
    reader = storage.reader("default")
    assert await reader.service_names() == ["s1", "s2"]
    seen: list[str] = []
    cursor = None
    while True:
        page = await reader.find_logs(LogQuery(limit=2, cursor=cursor))
        assert page.total == 6
        seen += [log.body for log in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ['"2.2"', '"1.2"', '"2.1"', '"1.1"', '"2.0"', '"1.0"']
    detail = await reader.get_trace(b"t" * 16)
    assert detail is not None
    assert [span.resource.service_name for span in detail.spans] == ["s1", "s2"]
    assert detail.summary.span_count == 2
    numbers = await reader.dashboard(TimeRange(), ())
    assert (numbers.total_traces, numbers.total_spans, numbers.total_logs) == (3, 4, 6)
    stats = await storage.stats()
    assert (stats.spans, stats.logs) == (4, 6)
    await storage.close()
