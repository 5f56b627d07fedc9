"""A filter finds in the database what it finds among the same records in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argus.model import LogRecord, Span
from argus.query import Node, matcher, parse
from argus.query.tree import And, Not, Or, Test
from argus.storage import LogQuery, Reader, Storage, TimeRange, TraceQuery, TraceSort
from argus.storage.open import open_storage
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id
from tests.query.records import LOGS, SPANS, Example, examples
from tests.query.strategies import logs, spans, trees
from tests.storage.conftest import place_of

tenants = (f"tenant{number}" for number in count(1))


def lawful(storage: Storage) -> settings:
    """Fewer examples on a server, which takes longer for each."""
    quick = storage._database.segments.backend.calls_python  # type: ignore[attr-defined]
    return settings(
        max_examples=60 if quick else 20, deadline=None, suppress_health_check=list(HealthCheck)
    )


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module", params=["sqlite", "postgres", "mysql"])
def shared(
    request: pytest.FixtureRequest,
    runner: asyncio.Runner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Storage]:
    """One storage for many examples, each of which is a tenant of its own."""
    folder = tmp_path_factory.mktemp("filters")
    dsn = place_of(request.param, request, folder, "filters")
    storage = runner.run(open_storage(request.param, dsn, query_timeout_s=10))
    yield storage
    runner.run(storage.close())


async def kept(storage: Storage, records: Sequence[Span | LogRecord]) -> Reader:
    """A reader of nothing but these records."""
    tenant = next(tenants)
    await storage.writer.write([a_batch(*records, tenant=tenant)])
    return storage.reader(tenant)


async def found_logs(reader: Reader, tree: Node) -> list[bytes]:
    page = await reader.find_logs(LogQuery(filter=tree, limit=1000))
    assert (page.total, page.total_is_estimate) == (len(page.items), False)
    return [log.span_id for log in page.items]


async def found_traces(reader: Reader, tree: Node, sort_by: TraceSort = "start_time") -> set[bytes]:
    page = await reader.find_traces(TraceQuery(filter=tree, limit=1000, sort_by=sort_by))
    assert (page.total, page.total_is_estimate) == (len(page.items), False)
    assert len({trace.trace_id for trace in page.items}) == len(page.items)
    return {trace.trace_id for trace in page.items}


def roots_of(records: Sequence[Span]) -> dict[bytes, Span]:
    traces = defaultdict(list)
    for span in records:
        traces[span.trace_id].append(span)
    # min takes the first of equals, which arrived first
    return {
        trace_id: min(of, key=lambda span: (bool(span.parent_span_id), span.start_ns))
        for trace_id, of in traces.items()
    }


@pytest.mark.parametrize("example", examples(), ids=lambda one: f"{one.signal}: {one.filter}")
def test_an_example_of_the_page_finds_the_same_in_the_database(
    example: Example, shared: Storage, runner: asyncio.Runner
) -> None:
    tree = parse(example.filter, example.signal)
    if example.signal == "logs":
        numbered = [log._replace(flags=n) for n, log in enumerate(LOGS.values())]
        reader = runner.run(kept(shared, numbered))
        page = runner.run(reader.find_logs(LogQuery(filter=tree)))
        names = list(LOGS)
        assert {names[log.flags] for log in page.items} == set(example.finds)
    else:
        reader = runner.run(kept(shared, list(SPANS.values())))
        expected = {SPANS[name].trace_id for name in example.finds}
        assert runner.run(found_traces(reader, tree)) == expected
        assert runner.run(found_traces(reader, tree, "span_count")) == expected


def test_any_filter_finds_the_log_records_that_it_is_true_of(
    shared: Storage, runner: asyncio.Runner
) -> None:
    some, several = (
        st.lists(logs(), min_size=1, max_size=6),
        st.lists(trees("logs"), min_size=1, max_size=4),
    )

    @lawful(shared)
    @given(some, several)
    def law(records: list[LogRecord], filters: list[Node]) -> None:
        numbered = [log._replace(span_id=bytes([n]) * 8) for n, log in enumerate(records)]
        reader = runner.run(kept(shared, numbered))
        for tree in filters:
            holds = matcher(tree, "logs")
            expected = {log.span_id for log in numbered if holds(log)}
            assert set(runner.run(found_logs(reader, tree))) == expected

    law()


def rooted(tree: Node, choose: st.DrawFn) -> Node:
    """The same tree, in which some tests are about the root span."""
    match tree:
        case Test(target) if choose(st.booleans()):
            return replace(tree, target=replace(target, root=True))
        case Not(term):
            return Not(rooted(term, choose))
        case And(terms):
            return And(tuple(rooted(term, choose) for term in terms))
        case Or(terms):
            return Or(tuple(rooted(term, choose) for term in terms))
    return tree


@st.composite
def filters_of_traces(draw: st.DrawFn) -> Node:
    return rooted(draw(trees("traces")), draw)


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    """Spans of a few traces."""
    ids = [a_trace_id() for _ in range(3)]
    return [
        span._replace(trace_id=draw(st.sampled_from(ids)))
        for span in draw(st.lists(spans(), min_size=1, max_size=6))
    ]


def test_any_filter_finds_the_traces_with_a_span_that_it_is_true_of(
    shared: Storage, runner: asyncio.Runner
) -> None:
    @lawful(shared)
    @given(traces(), st.lists(filters_of_traces(), min_size=1, max_size=4))
    def law(records: list[Span], filters: list[Node]) -> None:
        reader = runner.run(kept(shared, records))
        roots = roots_of(records)
        for tree in filters:
            holds = matcher(tree, "traces", lambda span: roots.get(span.trace_id))
            expected = {span.trace_id for span in records if holds(span)}
            assert runner.run(found_traces(reader, tree)) == expected
            assert runner.run(found_traces(reader, tree, "duration")) == expected

    law()


@pytest.mark.parametrize(
    "text",
    [
        "NOT " * 60 + "x",
        "(" * 60 + "a OR " + "b OR (c d)" + ")" * 60,
        " ".join(f"k{n}:v{n}" for n in range(250)),
        " OR ".join(f"k{n}:1" for n in range(250)),
        " OR ".join(f"duration:>{n}ms" for n in range(1, 200)),
        " ".join("(a OR" for _ in range(60)) + " b" + ")" * 60,
    ],
)
async def test_the_largest_filters_are_answered(storage: Storage, text: str) -> None:
    tree = parse(text, "traces")
    span = a_span()
    await storage.writer.write([a_batch(span)])
    assert (span.trace_id in await found_traces(storage.reader("default"), tree)) is matcher(
        tree, "traces"
    )(span)


async def test_a_filter_and_every_other_condition_must_hold(storage: Storage) -> None:
    await storage.writer.write(
        [
            a_batch(
                a_log_record("card declined", service="pay", span_id=b"1" * 8, severity="ERROR"),
                a_log_record("card declined", service="shop", span_id=b"2" * 8),
                a_log_record("card", service="pay", span_id=b"3" * 8, time_ns=NOON + SECOND),
            )
        ]
    )
    reader, tree = storage.reader("default"), parse("card", "logs")
    for query, ids in (
        (LogQuery(filter=tree, services=("pay",)), b"31"),
        (LogQuery(filter=tree, search="declined"), b"21"),
        (LogQuery(filter=tree, severities=("ERROR",)), b"1"),
        (LogQuery(filter=tree, range=TimeRange(NOON + 1)), b"3"),
    ):
        page = await reader.find_logs(query)
        assert b"".join(log.span_id[:1] for log in page.items) == ids


@pytest.mark.parametrize("sort_by", ["start_time", "duration"])
async def test_pages_of_filtered_traces_hold_each_match_once(
    storage: Storage, sort_by: TraceSort
) -> None:
    wanted = []
    for number in range(30):
        span = a_span(
            start_ns=NOON + number % 7 * SECOND,
            attributes={"n": number},
            status=2 if number % 3 else 0,
        )
        later = a_span(trace_id=span.trace_id, parent_span_id=span.span_id, status=2)
        await storage.writer.write([a_batch(span, *[later] * (number % 2))])
        if number % 3:
            wanted.append(span.trace_id)
    tree = parse("NOT status:unset n:*", "traces")
    query = TraceQuery(filter=tree, limit=3, sort_by=sort_by)
    found: list[bytes] = []
    while True:
        page = await storage.reader("default").find_traces(query)
        assert page.total == len(wanted)
        found += [trace.trace_id for trace in page.items]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    assert sorted(found) == sorted(wanted)


async def test_a_range_of_filtered_traces_counts_a_trace_by_its_start(storage: Storage) -> None:
    early = a_span(start_ns=NOON - SECOND)
    late = a_span(
        trace_id=early.trace_id, parent_span_id=early.span_id, start_ns=NOON + 9 * SECOND, status=2
    )
    other = a_span(start_ns=NOON + SECOND, status=2)
    await storage.writer.write([a_batch(early, late, other)])
    tree, reader = parse("status:error", "traces"), storage.reader("default")
    page = await reader.find_traces(TraceQuery(filter=tree, range=TimeRange(None, NOON)))
    assert [trace.trace_id for trace in page.items] == [early.trace_id]
    page = await reader.find_traces(TraceQuery(filter=tree, range=TimeRange(NOON, None)))
    assert [trace.trace_id for trace in page.items] == [other.trace_id]
