"""How segments come and go: sealing, late and future records, a lost registry, crashes between."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from argus.model import TraceSummary
from argus.query import parse
from argus.query.fields import FIELDS
from argus.query.tree import Column
from argus.storage import LogQuery, RecordQuery, SegmentLimits, Storage, TimeRange, TraceQuery
from argus.storage.sql import driver
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Open, all_sealed, segments_of

sqlite: Any = vars(driver)["sqlite"]
ROOT = Path(__file__).parents[2]
FAR = 2**63 - 2
"""In the year 2262."""


async def traces(storage: Storage, **conditions: Any) -> list[TraceSummary]:
    page = await storage.reader("default").find_traces(TraceQuery(**conditions))
    assert page.total == len(page.items)
    return list(page.items)


async def test_a_full_segment_is_sealed_and_knows_its_bounds(everywhere: Open) -> None:
    storage = await everywhere()
    spans = [a_span(start_ns=NOON + i) for i in range(3)]
    batch = a_batch(*spans)
    batch.received_ns = 77
    await storage.writer.write([batch, a_batch(a_log_record(time_ns=NOON - SECOND))])
    (segment,) = await all_sealed(storage)
    assert (segment.min_span_ns, segment.max_span_ns) == (NOON, NOON + 2)
    assert (segment.min_log_ns, segment.max_log_ns) == (NOON - SECOND, NOON - SECOND)
    assert (segment.min_received_ns, segment.max_received_ns) == (77, NOON)
    assert (segment.spans, segment.logs) == (3, 1)
    assert segment.bytes is not None
    assert segment.bytes > 0
    await storage.writer.write([a_batch(a_log_record())])
    (log, _) = (await storage.reader("default").find_logs(LogQuery())).items
    assert log.id == 2


@pytest.mark.parametrize("limits", [SegmentLimits(bytes=1), SegmentLimits(age_s=0.05)])
async def test_size_and_age_seal_a_segment_too(opened: Open, limits: SegmentLimits) -> None:
    storage = await opened(limits)
    await storage.writer.write([a_batch()])
    assert [segment.spans for segment in await all_sealed(storage)] == [1]


async def test_a_segment_without_rows_is_not_sealed(opened: Open) -> None:
    storage = await opened(SegmentLimits(age_s=0.05))
    await asyncio.sleep(1.2)
    assert len(segments_of(storage)) == 1


async def test_a_sealed_file_stands_alone_and_is_sound(opened: Open, tmp_path: Path) -> None:
    storage = await opened()
    await storage.writer.write([a_batch(*(a_span() for _ in range(5)))])
    await all_sealed(storage)
    assert [trace.span_count for trace in await traces(storage)] == [1] * 5
    folder = tmp_path / "argus.db.segments"
    copy = tmp_path / "copy.db"
    copy.write_bytes((folder / "000001.db").read_bytes())
    connection = sqlite.connect(copy)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM spans").fetchone() == (5,)
    assert connection.execute("SELECT count(*) FROM traces").fetchone() == (5,)
    connection.close()


async def test_a_sealed_file_has_no_free_room(opened: Open, tmp_path: Path) -> None:
    storage = await opened(SegmentLimits(rows=4000))
    for _ in range(40):  # commits whose parts of the index are merged at the end
        await storage.writer.write([a_batch(*(a_span() for _ in range(100)))])
    await all_sealed(storage)
    connection = sqlite.connect(tmp_path / "argus.db.segments/000001.db")
    assert connection.execute("SELECT count(*) FROM span_words_idx").fetchone()[0] > 1
    assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    connection.close()


async def test_late_and_future_records_are_found_where_their_time_is(everywhere: Open) -> None:
    storage = await everywhere()
    times = [NOON, FAR, NOON + 1, 1, NOON + 2, NOON - 5]
    for time_ns in times:
        logs = [a_log_record(time_ns, time_ns=time_ns) for _ in range(2)]
        await storage.writer.write([a_batch(*logs)])
        await storage.writer.write([a_batch(a_span(start_ns=time_ns, end_ns=time_ns))] * 2)
    await all_sealed(storage)
    reader = storage.reader("default")
    page = await reader.find_logs(LogQuery(limit=1000))
    assert [log.time_ns for log in page.items] == sorted(times * 2, reverse=True)
    found = await traces(storage, limit=1000)
    assert [trace.start_ns for trace in found] == sorted(times, reverse=True)
    around_noon = TimeRange(NOON, NOON + 2)
    assert [trace.start_ns for trace in await traces(storage, range=around_noon)] == [
        NOON + 1, NOON,
    ]  # fmt: skip
    page = await reader.find_logs(LogQuery(range=TimeRange(NOON + 3, None)))
    assert [log.time_ns for log in page.items] == [FAR, FAR]


async def test_a_straddling_trace_is_judged_as_a_whole(everywhere: Open) -> None:
    storage = await everywhere()
    trace_id = a_trace_id()
    parts = [
        a_span("web", trace_id=trace_id, start_ns=NOON, end_ns=NOON + 5, name="root"),
        a_span("db", trace_id=trace_id, parent_span_id=b"p" * 8, start_ns=NOON + 9 * SECOND,
               status=2, name="slow words"),
        a_span("queue", trace_id=trace_id, parent_span_id=b"p" * 8, start_ns=NOON + 4),
    ]  # fmt: skip
    for part in parts:
        await storage.writer.write([a_batch(part, *(a_span(name="other") for _ in range(3)))])
    await all_sealed(storage)
    (trace,) = await traces(storage, services=("db",))
    assert (trace.root_operation, trace.span_count, trace.error_count) == ("root", 3, 1)
    assert trace.services == ("db", "queue", "web")
    for conditions in (
        {"status": 2},
        {"min_duration_ns": 8 * SECOND},
        {"search": "slow words"},
        {"search": "slow", "range": TimeRange(NOON, NOON + 1), "services": ("web",)},
        {"sort_by": "span_count", "limit": 1000, "min_duration_ns": SECOND},
    ):
        assert [t.trace_id for t in await traces(storage, **conditions)] == [trace_id], conditions
    assert await traces(storage, range=TimeRange(NOON + 1, None)) == []
    assert await traces(storage, search="root slow") == []
    detail = await storage.reader("default").get_trace(trace_id)
    assert detail is not None
    assert detail.summary == trace


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_the_root_of_a_straddling_trace_is_found_where_it_lies(
    everywhere: Open, order: tuple[int, ...]
) -> None:
    storage = await everywhere()
    trace_id = a_trace_id()
    child: dict[str, Any] = {"parent_span_id": b"p" * 8}
    parts = [
        a_span("web", trace_id=trace_id, start_ns=NOON, name="root", attributes={"plan": "gold"}),
        a_span("db", trace_id=trace_id, start_ns=NOON - 5, name="early", **child),
        a_span("queue", trace_id=trace_id, start_ns=NOON + 4, name="late", **child),
    ]
    for number in order:
        others = [a_span("web", name="other", attributes={"plan": "free"}) for _ in range(3)]
        await storage.writer.write([a_batch(parts[number], *others)])
    await all_sealed(storage)
    for text, found in (
        ("root.service:web service:db", True),
        ("root.plan:gold name:late", True),
        ("root.name:root service:queue", True),
        ("NOT root.plan:free service:db", True),
        ("root.plan:gold root.service:web name:early", True),
        ("root.service:db", False),
        ("root.name:late", False),
        ("NOT root.service:web service:db", False),
        ("root.plan:free service:queue", False),
    ):
        wanted = [trace_id] if found else []
        matches = await traces(storage, filter=parse(text, "traces"))
        assert [t.trace_id for t in matches] == wanted, text
    tally = await storage.reader("default").count_values(
        RecordQuery("traces", TimeRange(), (), parse("root.plan:gold", "traces"), 10),
        Column(FIELDS["traces"]["name"]),
    )
    assert {value for _, value in tally.counts} == {'"root"', '"early"', '"late"'}


def lose_control(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


async def test_without_the_control_database_everything_is_found_again(
    opened: Open, tmp_path: Path
) -> None:
    storage = await opened()
    trace_id = a_trace_id()
    for number in range(4):
        spans = [a_span(trace_id=trace_id), a_span(), a_span()]
        await storage.writer.write([a_batch(*spans, tenant="red"), a_batch(a_log_record(number))])
    await all_sealed(storage)
    await storage.writer.write([a_batch(a_log_record("last"))])
    await storage.close()
    lose_control(tmp_path / "argus.db")
    storage = await opened()
    await all_sealed(storage)
    page = await storage.reader("red").find_traces(TraceQuery(sort_by="span_count"))
    assert [trace.span_count for trace in page.items] == [4] + [1] * 8
    assert page.total == 9
    assert (await storage.reader("default").find_logs(LogQuery())).total == 5
    await storage.writer.write([a_batch(a_log_record("more"))])
    ids = [log.id for log in (await storage.reader("default").find_logs(LogQuery())).items]
    assert sorted(ids) == [1, 2, 3, 4, 5, 6]


async def test_repeats_are_recognised_across_segments_and_a_restart(everywhere: Open) -> None:
    storage = await everywhere()
    first, others = a_span(), [a_span() for _ in range(9)]
    keyed = a_batch(first)
    keyed.key = b"one"
    await storage.writer.write([keyed])
    for span in others:
        await storage.writer.write([a_batch(span)])
    for restarted in (False, True):
        if restarted:
            storage = await everywhere()
        await all_sealed(storage)
        assert len((await storage.writer.write([a_batch(first, *others)]))[0]) == 0
        assert len((await storage.writer.write([keyed]))[0]) == 0
    assert (await storage.stats()).spans == 10


CHILD = """
import asyncio, os, signal, sys
from argus.storage import SegmentLimits
from argus.storage.open import open_storage
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.retention import Keeper
from argus.storage.sql.sealing import Sealing
from argus.storage.sql.segments import Segments
from argus.storage.sql.straddling import Straddling
from tests.builders import a_batch, a_log_record, a_span
owner, name, when, count = sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
whole = getattr(globals()[owner], name)
def dying(*arguments, **more):
    global count
    count -= 1
    if count == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = whole(*arguments, **more)
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
setattr(globals()[owner], name, dying)
async def main():
    storage = await open_storage(
        "sqlite", sys.argv[1], query_timeout_s=10, limits=SegmentLimits(rows=4))
    for number in range(200):
        trace_id = (number % 5 + 1).to_bytes(16, "big")
        await storage.writer.write(
            [a_batch(a_span(trace_id=trace_id), a_span()), a_batch(a_log_record(number))])
        print(number, flush=True)
        if number % 10 == 9:
            await asyncio.sleep(0.3)
asyncio.run(main())
"""


def acked_until_killed(path: Path, *point: str) -> int:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), *point, "3"],
        cwd=ROOT, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert (child.returncode, child.stderr) == (-signal.SIGKILL, "")
    return len(child.stdout.splitlines())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("SegmentFiles", "create"),
        ("Segments", "roll"),
        ("Segments", "sealed"),
        ("SegmentFiles", "settle"),
        ("Sealing", "fold"),
        ("Sealing", "finish"),
        ("Straddling", "join"),
        ("Straddling", "_store"),
    ],
)
async def test_killed_at_any_step_of_sealing_nothing_is_lost_or_doubled(
    opened: Open, tmp_path: Path, owner: str, name: str, when: str
) -> None:
    acked = acked_until_killed(tmp_path / "argus.db", owner, name, when)
    storage = await opened()
    await all_sealed(storage)
    stats = await storage.stats()
    assert stats.logs in (acked, acked + 1)
    assert stats.spans == 2 * stats.logs
    reader = storage.reader("default")
    found = await reader.find_traces(TraceQuery(limit=1000))
    assert sum(trace.span_count for trace in found.items) == stats.spans
    assert found.total == len({trace.trace_id for trace in found.items}) == len(found.items)
    for trace in found.items:
        detail = await reader.get_trace(trace.trace_id)
        assert detail is not None
        assert detail.summary == trace
    logs = await reader.find_logs(LogQuery(limit=1000))
    assert sorted(int(log.body) for log in logs.items) == list(range(stats.logs))
    assert [log.id for log in logs.items] == list(range(stats.logs, 0, -1))
