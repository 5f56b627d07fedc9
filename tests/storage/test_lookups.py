"""What is read of the segments that cannot hold what is asked for: next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from argus.query import parse
from argus.storage import LogQuery, SegmentLimits, Storage, TimeRange, TraceQuery
from argus.storage.sql.engine import View
from tests.builders import NOON, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Open, Work, all_sealed, in_lists

SECOND = 10**9
SEGMENTS = 6


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that any database is given meanwhile."""
    given: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement != "BEGIN":
            given.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield given
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def reading(table: str, given: list[str]) -> list[str]:
    return [one for one in given if f"FROM {table} " in f"{one} ".replace("\n", " ")]


@pytest.fixture
async def sealed(opened: Open) -> Storage:
    """Six sealed segments with three spans and a log record each, one of which has the customer 7;
    what none of them has is nowhere."""
    storage = await opened()
    for number in range(SEGMENTS):
        spans = [
            a_span(attributes={"customer": 10 * number + i}, start_ns=NOON + 10 * number + i)
            for i in range(3)
        ]
        if number == 2:
            spans[0] = a_span(attributes={"customer": 7}, start_ns=NOON + 10 * number)
        await storage.writer.write([a_batch(*spans)])
        await storage.writer.write([a_batch(a_log_record(f"said {number}"))])
        await in_lists(storage)
    assert len(await all_sealed(storage)) == SEGMENTS
    return storage


async def traces_with(storage: Storage, text: str, **query: Any) -> tuple[int, list[str]]:
    """How many traces match a filter, and what that asked."""
    reader = storage.reader("default")
    range_ = TimeRange(NOON - SECOND, NOON + SECOND)
    wanted = TraceQuery(range_, filter=parse(text, "traces"), **query)
    await reader.find_traces(wanted)
    with statements() as given:
        page = await reader.find_traces(wanted)
    assert page.total == len(page.items)
    return page.total, given


async def test_a_value_that_no_segment_holds_reads_no_row_of_a_sealed_one(sealed: Storage) -> None:
    total, given = await traces_with(sealed, "customer:8888")
    assert total == 0
    assert len(reading("span_words", given)) == SEGMENTS + 1
    assert reading("spans", given) == reading("traces", given) == []
    # the keys of resources, in the segment that still changes
    assert len(reading("resources", given)) == 1


@pytest.mark.parametrize(
    ("text", "segments"), [("customer:7", 1), ("customer:7 OR customer:8888 OR customer:50", 2)]
)
async def test_of_segments_that_hold_a_value_which_traces_and_their_summaries_are_read(
    sealed: Storage, text: str, segments: int
) -> None:
    total, given = await traces_with(sealed, text)
    assert total == segments
    # not their number: few are counted when they are read
    assert len(reading("traces", given)) == 2 * segments


async def test_words_that_no_log_record_has_read_none(sealed: Storage) -> None:
    reader = sealed.reader("default")
    with statements() as given:
        page = await reader.find_logs(LogQuery(search="unheard"))
    assert page.total == 0
    assert len(given) == SEGMENTS + 1
    with statements() as given:
        page = await reader.find_logs(LogQuery(search="said 4"))
    assert page.total == 1
    assert len(reading("blocks", given)) == 1


async def test_a_trace_is_looked_for_in_the_index_before_its_rows(sealed: Storage) -> None:
    reader = sealed.reader("default")
    (summary,) = (await reader.find_traces(TraceQuery(filter=parse("customer:7", "traces")))).items
    with statements() as given:
        detail = await reader.get_trace(summary.trace_id)
    assert detail is not None
    assert len(reading("spans", given)) == 1
    assert reading("logs", given) == []


async def test_the_rows_of_both_minutes_that_a_range_cuts_are_counted_and_measured_at_once(
    opened: Open,
) -> None:
    storage = await opened(SegmentLimits())
    at = [10, 40, 310, 350]
    await storage.writer.write([a_batch(*(a_span(start_ns=NOON + s * SECOND) for s in at))])
    range_ = TimeRange(NOON + 30 * SECOND, NOON + 330 * SECOND)
    reader = storage.reader("default")
    await reader.dashboard(range_, ())  # waits for the rollups
    with statements() as given:
        dashboard = await reader.dashboard(range_, ())
    assert (dashboard.start_ns, dashboard.end_ns) == (range_.start_ns, range_.end_ns)
    assert dashboard.total_spans == 2
    of_rows = [one for one in reading("spans", given) if "MATCH" not in one]
    counted, measured = of_rows
    assert counted.count("FROM spans") == measured.count("FROM spans") == 2


async def test_words_that_are_everywhere_are_looked_for_near_the_range(
    work: Work, monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    monkeypatch.setattr("argus.storage.sql.sources._FEWEST", 5)
    storage = await opened(SegmentLimits())
    spans = [a_span(name="GET cart", start_ns=NOON + n * SECOND) for n in range(20_000)]
    await storage.writer.write([a_batch(*spans)])
    await storage.purge(0)
    reader = storage.reader("default")
    work.watch(View, "rows")
    steps = []
    for minutes in (1, 300):
        range_ = TimeRange(NOON + 6000 * SECOND, NOON + (6000 + 60 * minutes) * SECOND)
        work.done.clear()
        page = await reader.find_traces(TraceQuery(range_, search="get cart", limit=1))
        assert page.total == min(60 * minutes, 14_000)
        steps.append(sum(of for of, _ in work.done))
    assert steps[0] * 20 < steps[1]


async def test_a_span_long_after_its_trace_began_is_found_by_when_the_trace_began(
    monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    monkeypatch.setattr("argus.storage.sql.sources._FEWEST", 5)
    storage = await opened(SegmentLimits())
    others = [a_span(name="tick", start_ns=NOON + n * SECOND) for n in range(3000)]
    trace_id = a_trace_id()
    first = a_span(name="begin", trace_id=trace_id, start_ns=NOON)
    last = a_span(name="tick", trace_id=trace_id, start_ns=NOON + 2900 * SECOND)
    await storage.writer.write([a_batch(first, *others, last)])
    await storage.purge(0)
    range_ = TimeRange(NOON - SECOND, NOON + 1)
    for query in ({"search": "tick"}, {"filter": parse("name:tick", "traces")}):
        found = await storage.reader("default").find_traces(TraceQuery(range_, **query))
        assert {item.trace_id for item in found.items} == {trace_id, others[0].trace_id}


async def test_what_only_looks_like_an_attribute_is_none(opened: Open) -> None:
    storage = await opened(SegmentLimits())
    looks: list[dict[str, Any]] = [
        {"peer": "a", "note": "{"},
        {"peer": "a"},
        {"inner": {"peer": "a"}},
        {"note": '{"peer":"a"}'},
        {"peer": ["a"]},
        {"peer": "a b"},
        {"inner": {"peer": "b"}, "peer": "a"},
    ]
    spans = [a_span(attributes=one) for one in looks]
    await storage.writer.write([a_batch(*spans)])
    reader = storage.reader("default")
    found = await reader.find_traces(TraceQuery(filter=parse("peer:a", "traces")))
    assert {item.trace_id for item in found.items} == {spans[n].trace_id for n in (0, 1, 6)}


async def test_words_are_counted_by_the_index_where_all_log_records_are_of_one_tenant(
    opened: Open,
) -> None:
    storage = await opened()
    for number in range(SEGMENTS):
        tenant = "else" if number == 2 else "default"
        records = [a_log_record("said so", time_ns=NOON + 10 * number + i) for i in range(3)]
        await storage.writer.write([a_batch(*records, tenant=tenant), a_batch(*records)])
    assert await all_sealed(storage)
    for tenant, total in (("default", 3 * SEGMENTS + 15), ("else", 3), ("nobody", 0)):
        reader = storage.reader(tenant)
        for query in (LogQuery(search="so said", limit=1), LogQuery(search="so unsaid", limit=1)):
            with statements() as given:
                page = await reader.find_logs(query)
            assert page.total == (0 if "unsaid" in query.search else total), tenant
    wanted = LogQuery(TimeRange(NOON + 1, None), search="said", limit=1)
    reader = storage.reader("default")
    await reader.find_logs(wanted)
    with statements() as given:
        assert (await reader.find_logs(wanted)).total == 3 * SEGMENTS + 15 - 2
    by_rows = [one for one in given if one.startswith("SELECT count(*)") and "FROM logs" in one]
    assert len(by_rows) == 2  # the segment that the range cuts, and that of two tenants
