"""Rollups equal a recount of the rows: after a kill, a lock, a restart; and outlive the rows."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, select

from argus.storage import SegmentLimits, Storage, TimeRange
from argus.storage.open import open_storage
from argus.storage.sql import rollup_store
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.edges import Calls
from argus.storage.sql.measures import (
    ALL,
    BRIEF,
    HOUR_S,
    MINUTE_S,
    Key,
    Measure,
    Measures,
    Subject,
    widened,
)
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.recount import (
    add_operations,
    add_severities,
    select_calls,
    select_operations,
    select_severities,
)
from argus.storage.sql.rollup_store import RollupStore
from argus.storage.sql.rollups import service_names
from argus.storage.sql.tables import known_patterns, logs, rollup_keys, rollups, spans
from tests.builders import MILLISECOND, NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Open, Reopen, Work
from tests.storage.test_sqlite_files import run_child, sqlite

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
SERVER, CLIENT = 2, 3

WRITER = """
import asyncio, itertools, random, sys
from argus.storage import SegmentLimits, TimeRange
from argus.storage.open import open_storage
from argus.storage.sql import rollups
from argus.analysis.miner import PatternMiner
from tests.builders import NOON, a_batch, a_log_record, a_span, a_trace_id
rollups.STEP_ROWS = 40
miner = PatternMiner()
luck = random.Random(int(sys.argv[2]))
def some():
    trace, at = a_trace_id(), NOON + luck.randrange(90) * 60_000_000_000
    spans = []
    for kind in (2, 3, 2, 3):
        parent = spans[-1].span_id if spans else b""
        spans.append(a_span(luck.choice("abc"), trace_id=trace, parent_span_id=parent, kind=kind,
                            start_ns=at, end_ns=at + luck.randrange(10**9),
                            attributes={"peer.service": "x"}))
    return luck.sample(spans, 4)
def a_log(number):
    body = f"{luck.choice('abc')} got {number} of /{number}"
    return miner.process(a_batch(a_log_record(body, time_ns=NOON + number * 10**9)))
async def main():
    storage = await open_storage("sqlite", sys.argv[1], query_timeout_s=10,
                                 limits=SegmentLimits(rows=150))
    async def look():
        while True:
            await storage.reader("default").dashboard(TimeRange(NOON, NOON + 1), ())
            await asyncio.sleep(0.002)
    looking = asyncio.create_task(look())
    for number in itertools.count():
        await storage.writer.write([a_batch(*(s for _ in range(6) for s in some())),
                                    a_log(number)])
        print(number, flush=True)
asyncio.run(main())
"""


def segments_of(path: Path) -> list[Path]:
    return sorted(Path(f"{path}.segments").glob("[0-9]*.db"))


def opened(path: Path) -> Connection:
    return sqlite_engine(path, writable=False, poolclass=NullPool).connect()


def recounted(path: Path) -> Measures:
    """The measures of all rows of a database, minutes."""
    minutes: Measures = {}
    calls = Calls()
    for file in segments_of(path):
        with opened(file) as connection:
            services = service_names(connection)
            add_operations(packed_rows(connection, select_operations(spans)), services, minutes)
            add_severities(packed_rows(connection, select_severities(logs)), services, minutes)
            ordered = select_calls(spans).order_by(spans.c.id)
            calls.add(packed_rows(connection, ordered), services, minutes)
    return minutes


def rolled_up(path: Path, width_s: int) -> Measures:
    """The rollups of a database of one width."""
    c, keys = rollups.c, rollup_keys.c
    start_ns = c.start_s * SECOND
    first_ns = start_ns + c.first_after_ns
    statement = (
        select(
            c.tenant_id, c.subject, keys.service, keys.name, keys.detail, start_ns.label("start"),
            c.count, c.errors, c.duration_ns, first_ns.label("first"),
            (first_ns + c.lasted_ns).label("last"), c.buckets, c.slots,
        )
        .join_from(rollups, rollup_keys, keys.id == c.key_id)
        .where(c.width_s == width_s)
    )  # fmt: skip
    with opened(path) as connection:
        return {
            (Key(*row[:5]), row[5]): Measure.of(row[6:])
            for row in packed_rows(connection, statement)
        }


def counted(measures: Measures) -> dict[tuple[Key, int], tuple[object, ...]]:
    """What is exact of measures. Bounds of calls that were taken back stay wider."""
    return {
        place: (
            found.count, found.errors, found.duration_ns, found.buckets, found.slots,
            () if place[0].subject == Subject.CALLS else (found.first_ns, found.last_ns),
        )
        for place, found in measures.items()
        if found.count
    }  # fmt: skip


def assert_equal_to_rows(path: Path) -> None:
    """Recount everything: rollups are what the rows come to."""
    minutes = recounted(path)
    assert counted(rolled_up(path, HOUR_S)) == counted(widened(minutes))
    # minutes of operations are kept for two days, and these are older
    lasting = {place: m for place, m in minutes.items() if place[0].subject not in BRIEF}
    found = {
        place: m for place, m in rolled_up(path, MINUTE_S).items() if place[0].subject not in BRIEF
    }
    assert counted(found) == counted(lasting)


def assert_patterns_are_those_of_rows(path: Path) -> None:
    """Recount everything: each pattern of a row is known, with the bounds of its times."""
    bounds: dict[str, list[int]] = {}
    for file in segments_of(path):
        with opened(file) as connection:
            for pattern, time_ns in packed_rows(
                connection, select(logs.c.pattern_id, logs.c.time_ns)
            ):
                bounds.setdefault(pattern, []).append(time_ns)
    c = known_patterns.c
    with opened(path) as connection:
        known = packed_rows(connection, select(c.pattern_id, c.first_ns, c.last_ns, c.template))
    assert {id_: (first, last) for id_, first, last, _ in known} == {
        id_: (min(times), max(times)) for id_, times in bounds.items()
    }
    assert {template[1:] for *_, template in known} == {" got <*> of /<*>"}


@pytest.mark.parametrize("acked_before_kill", [1, 40, 130])
async def test_after_kill_9_the_rollups_are_those_of_the_rows(
    tmp_path: Path, acked_before_kill: int
) -> None:
    path = tmp_path / "argus.db"
    child = run_child(WRITER, str(path), str(acked_before_kill))
    assert child.stdout is not None
    for _ in range(acked_before_kill):
        assert child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    _, errors = child.communicate(timeout=30)
    assert errors == ""
    storage = await open_storage("sqlite", str(path), query_timeout_s=30)
    numbers = await storage.reader("default").dashboard(TimeRange(), ())
    await storage.close()
    assert numbers.total_spans >= 24 * acked_before_kill
    assert numbers.total_traces * 4 == numbers.total_spans
    assert_equal_to_rows(path)
    assert_patterns_are_those_of_rows(path)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rollups grow by a few rows at a time."""
    monkeypatch.setattr("argus.storage.sql.rollups.STEP_ROWS", 2)


async def catch_up(storage: Storage) -> None:
    await storage.reader("default").traffic(TimeRange(NOON, NOON + 1), ())


@pytest.mark.usefixtures("small_steps")
async def test_rollups_wait_for_a_locked_database_and_then_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    storage = await open_storage("sqlite", str(path), query_timeout_s=2)
    await storage.writer.write([a_batch(a_span())])
    await catch_up(storage)
    other = sqlite.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await storage.writer.write([a_batch(*(a_span() for _ in range(9)))])
    numbers = await storage.reader("default").dashboard(TimeRange(NOON, NOON + 1), ())
    assert numbers.total_spans == 1
    await asyncio.sleep(1.5)
    other.execute("ROLLBACK")
    other.close()
    await asyncio.sleep(0.5)
    numbers = await storage.reader("default").dashboard(TimeRange(NOON, NOON + 1), ())
    assert numbers.total_spans == 10
    await storage.close()
    assert_equal_to_rows(path)


@pytest.mark.usefixtures("small_steps")
async def test_a_call_is_recognized_across_restarts_and_segments(reopen: Reopen) -> None:
    trace_id = a_trace_id()
    client = a_span("web", trace_id=trace_id, kind=CLIENT, attributes={"peer.service": "shop.x"})
    server = a_span("shop", trace_id=trace_id, parent_span_id=client.span_id)
    storage = await reopen()
    await storage.writer.write([a_batch(client, *(a_span() for _ in range(5)))])
    first = await storage.reader("default").service_map(TimeRange(NOON, NOON + 1), ("web",))
    assert [edge[:3] for edge in first.edges] == [("web", "shop.x", 1)]
    storage = await reopen()
    await storage.writer.write([a_batch(server)])
    then = await storage.reader("default").service_map(TimeRange(NOON, NOON + 1), ("web",))
    assert [edge[:3] for edge in then.edges] == [("web", "shop", 1)]


async def test_numbers_outlive_the_rows_and_the_range_widens(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    storage = await open_storage(
        "sqlite", str(path), query_timeout_s=10, limits=SegmentLimits(rows=4)
    )
    reader = storage.reader("default")
    spans = [
        a_span("web", start_ns=NOON + second * SECOND, end_ns=NOON + second * SECOND + MILLISECOND)
        for second in (0, 10, 50, 70, 130)
    ]
    await storage.writer.write([a_batch(*spans), a_batch(a_log_record(service="web"))])
    await storage.writer.write([a_batch(a_span(start_ns=NOON + 3 * HOUR))])
    cut = TimeRange(NOON + 5 * SECOND, NOON + 60 * SECOND)
    before = await reader.dashboard(cut, ())
    assert (before.start_ns, before.end_ns, before.total_spans) == (*_ends(cut), 2)
    await storage.purge(NOON + 2 * HOUR)
    after = await reader.dashboard(cut, ())
    assert (after.start_ns, after.end_ns) == (NOON, NOON + MINUTE)
    assert (after.total_spans, after.total_logs, after.total_traces) == (3, 1, 3)
    assert (await reader.dashboard(cut, ("web",))).total_traces == 3
    assert (await reader.dashboard(cut, ("shop",))).total_traces == 0
    storage._rolling.expire(0)  # type: ignore[attr-defined]
    hours = await reader.dashboard(cut, ())
    assert (hours.start_ns, hours.end_ns) == (NOON, NOON + HOUR)
    assert (hours.total_spans, hours.total_logs, hours.total_traces) == (5, 1, 5)
    traffic = await reader.traffic(cut, ())
    assert [(bucket.start_ns, bucket.span_count) for bucket in traffic] == [(NOON, 5)]
    map_ = await reader.service_map(cut, ())
    assert (map_.start_ns, map_.end_ns) == (NOON, NOON + HOUR)
    assert [edge[:3] for edge in map_.edges] == [("user", "web", 5)]
    assert (await reader.latency_points(cut, (), 10)).points == []
    late = await reader.dashboard(TimeRange(NOON + 3 * HOUR - 1, NOON + 3 * HOUR + 1), ())
    assert (late.start_ns, late.total_spans) == (NOON + 3 * HOUR - 1, 1)
    await storage.purge(NOON + 2 * HOUR)
    assert (await reader.dashboard(cut, ())).total_traces == 5
    await storage.close()


def _ends(range_: TimeRange) -> tuple[int | None, int | None]:
    return range_.start_ns, range_.end_ns


async def test_a_pinned_trace_counts_once(tmp_path: Path) -> None:
    storage = await open_storage(
        "sqlite", str(tmp_path / "argus.db"), query_timeout_s=10, limits=SegmentLimits(rows=2)
    )
    reader = storage.reader("default")
    pinned = a_span()
    await storage.writer.write([a_batch(pinned, a_span(), a_span())])
    assert await storage.pin("default", pinned.trace_id)
    await storage.purge(NOON + HOUR)
    numbers = await reader.dashboard(TimeRange(NOON, NOON + MINUTE), ())
    assert (numbers.total_spans, numbers.total_traces) == (3, 3)
    await storage.close()


async def test_old_rollups_are_forgotten_with_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    storage = await open_storage("sqlite", str(path), query_timeout_s=10)
    await storage.writer.write([a_batch(a_span("old", start_ns=SECOND), a_span("new"))])
    await catch_up(storage)
    storage._rolling.expire(20_000)  # type: ignore[attr-defined]
    assert {key.service for key, _ in rolled_up(path, HOUR_S)} == {ALL, "new", "user"}
    with opened(path) as connection:
        kept = {name for (name,) in packed_rows(connection, select(rollup_keys.c.service))}
    assert kept == {ALL, "old", "new", "user"}
    await storage.close()


async def test_forgetting_what_is_old_walks_over_nothing_that_is_young(
    opened: Open, tmp_path: Path, work: Work
) -> None:
    work.watch(RollupStore, "drop")
    found = []
    for minutes in (3, 300):
        storage = await opened(SegmentLimits(), tmp_path / f"{minutes}" / "argus.db")
        young = [a_span("new", start_ns=NOON + minute * MINUTE) for minute in range(minutes)]
        await storage.writer.write([a_batch(a_span("old", start_ns=SECOND), *young)])
        await catch_up(storage)
        work.done.clear()
        storage._rolling.expire(20_000)  # type: ignore[attr-defined]
        found.append(list(work.done))
    assert found[0] == found[1]


async def test_operations_beyond_the_bound_share_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup_store, "MAX_OPERATIONS", 3)
    path = str(tmp_path / "argus.db")
    for turn in range(2):
        storage = await open_storage("sqlite", path, query_timeout_s=10)
        spans = [a_span("web", name=f"GET /{turn}/{i}") for i in range(4)]
        await storage.writer.write([a_batch(*spans, a_span("shop", name="GET /"))])
        found = await storage.reader("default").operations(TimeRange(NOON, NOON + 1), ())
        await storage.close()
    totals: Counter[str] = Counter()
    for one in found.operations:
        totals[one.service_name] += one.span_count
        assert one.service_name == "shop" or one.name.startswith(("GET /0/", "(other"))
    assert totals == {"web": 8, "shop": 2}
    (other,) = [one for one in found.operations if one.name == rollup_store.OTHER]
    assert other.span_count == 5


async def test_a_cut_minute_of_very_many_records_is_taken_whole(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await opened()
    spans = [a_span(start_ns=NOON + second * SECOND) for second in (10, 20, 30)]
    await storage.writer.write([a_batch(*spans)])
    reader, cut = storage.reader("default"), TimeRange(NOON + 15 * SECOND, NOON + MINUTE)
    monkeypatch.setattr("argus.storage.sql.numbers.MOST_ROWS", 3)
    few = await reader.dashboard(cut, ())
    assert (few.start_ns, few.end_ns, few.total_spans) == (*_ends(cut), 2)
    monkeypatch.setattr("argus.storage.sql.numbers.MOST_ROWS", 2)
    many = await reader.dashboard(cut, ())
    assert (many.start_ns, many.end_ns, many.total_spans) == (NOON, NOON + MINUTE, 3)
