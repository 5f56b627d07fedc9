"""The numbers of the overview, by hand and against a recount of the records, on every database."""

import random
import time
from collections import Counter
from itertools import pairwise

import pytest

from argus.model import LogRecord, Span
from argus.storage import (
    Latencies,
    MapEdge,
    MapNode,
    OperationNumbers,
    Storage,
    TimeRange,
    TrafficBucket,
)
from tests.builders import (
    MILLISECOND,
    NOON,
    SECOND,
    a_batch,
    a_log_record,
    a_span,
    a_trace_id,
)
from tests.storage.conftest import Reopen, seeds
from tests.storage.overview_recount import Recount, close, latencies, same

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
SERVICES = ["auth", "cart", "web"]
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


def some_trace(luck: random.Random, span_s: int) -> list[Span]:
    """Spans of one trace, spread over up to `span_s` seconds after a time near noon."""
    trace_id, began = a_trace_id(), NOON + luck.randrange(-2 * HOUR, 2 * HOUR)
    spans: list[Span] = []
    for _ in range(luck.randrange(1, 6)):
        start_ns = began + luck.randrange(span_s * SECOND)
        spans.append(
            a_span(
                luck.choice(SERVICES),
                trace_id=trace_id,
                parent_span_id=spans[0].span_id if spans else b"",
                name=luck.choice(["GET /", "work"]),
                kind=luck.choice([1, SERVER, CLIENT]),
                status=luck.choice([0, 0, 2]),
                start_ns=start_ns,
                end_ns=start_ns + int(luck.lognormvariate(15, 2)),
            )
        )
    return spans


async def store_some(storage: Storage, luck: random.Random, into: Recount) -> None:
    """Store a few traces and log records, in batches whose order is not that of time."""
    spans = [s for _ in range(12) for s in some_trace(luck, luck.choice([1, 1, 200, 5000]))]
    luck.shuffle(spans)
    logs: list[LogRecord] = [
        a_log_record(service=luck.choice(SERVICES), time_ns=NOON + luck.randrange(-HOUR, HOUR))
        for _ in range(10)
    ]
    for first in range(0, len(spans), 7):
        await storage.writer.write([a_batch(*spans[first : first + 7])])
    await storage.writer.write([a_batch(*logs)])
    into.spans += spans
    into.logs += logs


def some_range(luck: random.Random) -> tuple[int, int]:
    """A range around noon, of seconds to hours, cut anywhere."""
    start_ns = NOON + luck.randrange(-2 * HOUR, 2 * HOUR)
    if luck.random() < 0.2:
        start_ns -= start_ns % MINUTE
    return start_ns, start_ns + luck.randrange(luck.choice([SECOND, MINUTE, HOUR, 4 * HOUR]))


@seeds(4)
async def test_every_number_is_that_of_a_recount(reopen: Reopen, seed: int) -> None:
    luck = random.Random(seed)
    storage, records = await reopen(), Recount()
    for round_ in range(3):
        await store_some(storage, luck, records)
        if round_ == 1:
            storage = await reopen()
        reader = storage.reader("default")
        for _ in range(12):
            start_ns, end_ns = some_range(luck)
            services = tuple(luck.sample(SERVICES, luck.randrange(3)))
            range_ = TimeRange(start_ns, end_ns)
            found = await reader.dashboard(range_, services)
            same(found, records.dashboard(start_ns, end_ns, services))
            entries = records.entries(start_ns, end_ns, services)
            buckets = await reader.traffic(range_, services)
            assert sum(bucket.span_count for bucket in buckets) == len(entries)
            for bucket, following in pairwise(buckets):
                inside = [s for s in entries if bucket.start_ns <= s.start_ns < following.start_ns]
                failed = sum(s.status == 2 for s in inside)
                assert (bucket.span_count, bucket.error_count) == (len(inside), failed)
            heatmap = await reader.latency_heatmap(range_, services)
            assert sum(map(sum, heatmap.counts)) == len(entries)


@seeds(2)
async def test_services_and_operations_are_those_of_a_recount(storage: Storage, seed: int) -> None:
    luck, records = random.Random(seed), Recount()
    await store_some(storage, luck, records)
    reader = storage.reader("default")
    for _ in range(8):
        start_ns, end_ns = some_range(luck)
        spans = [s for s in records.spans if start_ns <= s.start_ns < end_ns]
        found = await reader.services(TimeRange(start_ns, end_ns), ())
        assert [one.service_name for one in found.services] == sorted(
            {s.resource.service_name for s in spans}
        )
        for one in found.services:
            own = [s for s in spans if s.resource.service_name == one.service_name]
            entries = records.entries(start_ns, end_ns, [one.service_name])
            assert one.span_count == len(own)
            assert one.error_count == sum(s.status == 2 for s in own)
            assert one.entry_count == sum(b.span_count for b in one.trend) == len(entries)
            close(one.latencies, latencies([s.end_ns - s.start_ns for s in entries]))
        by_name = await reader.operations(TimeRange(start_ns, end_ns), ())
        assert by_name.start_ns <= start_ns <= end_ns <= by_name.end_ns
        counted = Counter(
            (s.resource.service_name, s.name, s.kind)
            for s in records.spans
            if by_name.start_ns <= s.start_ns < by_name.end_ns
        )
        assert {tuple(one[:3]): one.span_count for one in by_name.operations} == counted


async def test_traffic_has_sixty_buckets_of_a_round_width(storage: Storage) -> None:
    spans = [
        a_span(start_ns=NOON),
        a_span(start_ns=NOON + 15 * SECOND - 1, status=2),
        a_span(start_ns=NOON + 15 * SECOND),
        a_span(start_ns=NOON + 899 * SECOND, kind=CLIENT, parent_span_id=b"p" * 8),
        a_span(start_ns=NOON + 900 * SECOND),
    ]
    await storage.writer.write([a_batch(*spans)])
    reader = storage.reader("default")
    buckets = await reader.traffic(TimeRange(NOON, NOON + 900 * SECOND), ())
    assert [b.start_ns for b in buckets] == [NOON + i * 15 * SECOND for i in range(60)]
    assert buckets[:3] == [
        TrafficBucket(NOON, 2, 1),
        TrafficBucket(NOON + 15 * SECOND, 1, 0),
        TrafficBucket(NOON + 30 * SECOND, 0, 0),
    ]
    assert sum(b.span_count for b in buckets[3:]) == 0
    days = await reader.traffic(TimeRange(NOON - 240 * HOUR, NOON), ())
    assert {b.start_ns - a.start_ns for a, b in pairwise(days)} == {4 * HOUR}
    assert len(days) == 60
    assert await reader.traffic(TimeRange(NOON, NOON), ()) == []


async def test_the_heatmap_counts_by_start_and_duration(storage: Storage) -> None:
    spans = [
        a_span(start_ns=NOON + minute * MINUTE, end_ns=NOON + minute * MINUTE + duration)
        for minute, duration in ((0, MILLISECOND), (0, MILLISECOND), (0, 64 * MILLISECOND), (2, 0))
    ]
    await storage.writer.write([a_batch(*spans)])
    found = await storage.reader("default").latency_heatmap(TimeRange(NOON, NOON + 3 * MINUTE), ())
    assert found.starts_ns == [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    assert all(len(column) == len(found.bounds_ns) + 1 for column in found.counts)
    assert found.bounds_ns == sorted(found.bounds_ns)
    assert [sum(column) for column in found.counts] == [3, 0, 1]
    row = next(i for i, count in enumerate(found.counts[0]) if count == 2)
    assert found.bounds_ns[row - 1] <= MILLISECOND < found.bounds_ns[row]
    assert found.counts[2][0] == 1


async def test_points_are_entry_spans_by_start(storage: Storage) -> None:
    spans = [a_span(start_ns=NOON + i, end_ns=NOON + i + 5) for i in range(300)]
    spans.append(a_span(kind=CLIENT, parent_span_id=b"p" * 8, start_ns=NOON + 5))
    await storage.writer.write([a_batch(*spans, a_span("other", start_ns=NOON))])
    reader = storage.reader("default")
    found = await reader.latency_points(TimeRange(NOON + 10, NOON + 20), ("shop",), 100)
    assert found == ([(NOON + i, 5) for i in range(10, 20)], 10)
    found = await reader.latency_points(TimeRange(NOON, NOON + SECOND), (), 50)
    assert found.total == 301
    assert 5 <= len(found.points) <= 50
    assert found.points == sorted(found.points)


async def test_operations_are_spans_by_service_name_and_kind(storage: Storage) -> None:
    now = time.time_ns()
    spans = [a_span(name="GET /", start_ns=now, end_ns=now + 1000, status=2) for _ in range(3)]
    spans += [a_span(name="GET /", start_ns=now, kind=CLIENT), a_span("web", start_ns=now)]
    spans += [a_span(name="GET /", start_ns=now + 1)]
    await storage.writer.write([a_batch(*spans)])
    found = await storage.reader("default").operations(TimeRange(now, now + 1), ("shop",))
    assert (found.start_ns, found.end_ns) == (now, now + 1)
    assert [one[:5] for one in found.operations] == [
        ("shop", "GET /", SERVER, 3, 3), ("shop", "GET /", CLIENT, 1, 0),
    ]  # fmt: skip
    first = found.operations[0]
    assert isinstance(first, OperationNumbers)
    close(first.latencies, Latencies(1000, 1000, 1000, 1000))


async def test_operations_of_days_ago_come_by_the_hour(storage: Storage) -> None:
    await storage.writer.write([a_batch(a_span(start_ns=NOON + 5 * MINUTE))])
    found = await storage.reader("default").operations(TimeRange(NOON + 1, NOON + MINUTE), ())
    assert (found.start_ns, found.end_ns) == (NOON, NOON + HOUR)
    assert [one.span_count for one in found.operations] == [1]


async def test_the_map_shows_who_calls_whom(storage: Storage) -> None:
    trace_id = a_trace_id()
    root = a_span("web", trace_id=trace_id, end_ns=NOON + 9 * MILLISECOND)
    call = a_span(
        "web", trace_id=trace_id, parent_span_id=root.span_id, kind=CLIENT, status=2,
        end_ns=NOON + 8 * MILLISECOND, attributes={"server.address": "shop.local"},
    )  # fmt: skip
    served = a_span("shop", trace_id=trace_id, parent_span_id=call.span_id)
    query = a_span(
        "shop", trace_id=trace_id, parent_span_id=served.span_id, kind=CLIENT,
        attributes={"db.system.name": "sqlite", "db.namespace": "stock"},
    )  # fmt: skip
    send = a_span(
        "shop", trace_id=trace_id, parent_span_id=served.span_id, kind=PRODUCER,
        attributes={"messaging.system": "kafka", "messaging.destination.name": "sold"},
    )  # fmt: skip
    alone = a_span("alone", trace_id=a_trace_id(), kind=1)
    for span in (query, served, send, call, root, alone):
        await storage.writer.write([a_batch(span)])
    reader = storage.reader("default")
    found = await reader.service_map(TimeRange(NOON, NOON + SECOND), ())
    ms = Latencies(*[float(MILLISECOND)] * 4)
    expected = [
        MapEdge("shop", "kafka/sold", 1, 0, ms),
        MapEdge("shop", "sqlite/stock", 1, 0, ms),
        MapEdge("user", "web", 1, 0, Latencies(*[9.0 * MILLISECOND] * 4)),
        MapEdge("web", "shop", 1, 1, Latencies(*[8.0 * MILLISECOND] * 4)),
    ]
    assert [edge[:4] for edge in found.edges] == [edge[:4] for edge in expected]
    for edge, one in zip(found.edges, expected, strict=True):
        close(edge.latencies, one.latencies)
    assert [node[:4] for node in found.nodes] == [
        MapNode("alone", "service", 1, 0, None)[:4],
        MapNode("kafka/sold", "messaging", 1, 0, None)[:4],
        MapNode("shop", "service", 1, 0, None)[:4],
        MapNode("sqlite/stock", "database", 1, 0, None)[:4],
        MapNode("user", "user", 0, 0, None)[:4],
        MapNode("web", "service", 1, 0, None)[:4],
    ]
    some = await reader.service_map(TimeRange(NOON, NOON + SECOND), ("web",))
    assert [edge[:2] for edge in some.edges] == [("user", "web"), ("web", "shop")]
    assert [node.name for node in some.nodes] == ["shop", "user", "web"]
    later = await reader.service_map(TimeRange(NOON + 1, NOON + SECOND), ())
    assert (later.edges, later.nodes) == ([], [])


async def test_two_tenants_never_see_each_other_in_the_overview(storage: Storage) -> None:
    trace_id = a_trace_id()
    mine, theirs = (a_span(name, trace_id=trace_id) for name in ("mine", "theirs"))
    await storage.writer.write([a_batch(mine), a_batch(theirs, tenant="other")])
    range_ = TimeRange(NOON, NOON + MINUTE)
    for tenant, name in (("default", "mine"), ("other", "theirs")):
        reader = storage.reader(tenant)
        numbers = await reader.dashboard(range_, ())
        assert (numbers.total_spans, numbers.total_traces) == (1, 1)
        assert [s.service_name for s in (await reader.services(range_, ())).services] == [name]
        assert [o.service_name for o in (await reader.operations(range_, ())).operations] == [name]
        assert [e.target for e in (await reader.service_map(range_, ())).edges] == [name]
        assert (await reader.latency_points(range_, (), 9)).total == 1
    assert await storage.reader("nobody").traffic(range_, ()) != []
    assert (await storage.reader("nobody").dashboard(range_, ())).total_spans == 0


async def test_durations_may_come_to_more_than_64_bits(storage: Storage) -> None:
    long_ns = 2**62
    spans = [
        a_span("slow", start_ns=NOON + n * HOUR, end_ns=NOON + n * HOUR + long_ns) for n in range(6)
    ]
    await storage.writer.write([a_batch(*spans)])
    reader = storage.reader("default")
    (operation,) = (await reader.operations(TimeRange(NOON, NOON + 6 * HOUR), ())).operations
    assert operation.latencies.avg_ns == pytest.approx(long_ns)
    numbers = await reader.dashboard(TimeRange(NOON, NOON + 6 * HOUR), ())
    assert numbers.latencies is not None
    assert numbers.latencies.avg_ns == pytest.approx(long_ns)
