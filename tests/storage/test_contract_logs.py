"""What `Reader` promises about log records and the numbers of a range, on every database."""

import random
from typing import Any

import pytest

from argus.errors import InvalidInput
from argus.model import LogRecord
from argus.storage import Dashboard, LogQuery, ServiceErrors, Storage, TimeRange
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id


async def write(storage: Storage, *records: LogRecord) -> None:
    await storage.writer.write([a_batch(*records)])


async def bodies(storage: Storage, **conditions: Any) -> list[str]:
    page = await storage.reader("default").find_logs(LogQuery(**conditions))
    assert page.total == len(page.items)
    return [log.body.strip('"') for log in page.items]


async def test_log_records_come_newest_first_then_by_arrival(storage: Storage) -> None:
    await write(storage, a_log_record("a"), a_log_record("b", time_ns=NOON - 1), a_log_record("c"))
    await write(storage, a_log_record("d", time_ns=NOON - 2), a_log_record("e", time_ns=NOON + 1))
    assert await bodies(storage) == ["e", "c", "a", "b", "d"]


async def test_ids_increase_in_order_of_arrival(storage: Storage) -> None:
    for name in "abc":
        await write(storage, a_log_record(name))
    page = await storage.reader("default").find_logs(LogQuery())
    ids = {log.body: log.id for log in page.items}
    assert 0 < ids['"a"'] < ids['"b"'] < ids['"c"']


async def test_what_was_stored_says_which_ids_its_log_records_got(storage: Storage) -> None:
    batches = [
        a_batch(a_log_record("a"), a_log_record("b")),
        a_batch(a_span()),
        a_batch(a_log_record("c"), tenant="other"),
        a_batch(a_log_record("d")),
    ]
    stored = await storage.writer.write(batches)
    page = await storage.reader("default").find_logs(LogQuery())
    ids = {log.body: log.id for log in page.items}
    assert [batch.first_log_id for batch in stored] == [ids['"a"'], 0, ids['"b"'] + 1, ids['"d"']]
    assert ids['"b"'] == ids['"a"'] + 1
    assert ids['"d"'] == ids['"b"'] + 2


async def test_the_newest_log_records_after_an_id_come_in_order_of_arrival(
    storage: Storage,
) -> None:
    await write(storage, a_log_record("a"), a_log_record("b", time_ns=NOON + SECOND))
    await storage.writer.write([a_batch(a_log_record("theirs"), tenant="other")])
    await write(storage, a_log_record("c", time_ns=NOON - SECOND), a_log_record("d"))
    reader = storage.reader("default")
    everything = await reader.logs_after(0, 10)
    assert [log.body for log in everything] == ['"a"', '"b"', '"c"', '"d"']
    assert await reader.logs_after(everything[1].id, 10) == everything[2:]
    assert await reader.logs_after(everything[1].id + 1, 10) == everything[2:]
    assert await reader.logs_after(0, 3) == everything[1:]
    assert await reader.logs_after(everything[-1].id, 10) == []
    assert await reader.logs_after(2**64, 10) == []


async def test_log_records_are_found_by_every_condition_and_all_must_hold(
    storage: Storage,
) -> None:
    trace_id = a_trace_id()
    await write(
        storage,
        a_log_record("bad", service="web", severity="ERROR", trace_id=trace_id, span_id=b"1" * 8),
        a_log_record("worse", severity="FATAL", trace_id=trace_id, span_id=b"2" * 8),
        a_log_record("none", severity="", time_ns=NOON - SECOND),
        a_log_record("fine", service="web", severity="NOTICE"),
    )
    assert await bodies(storage, services=("web",)) == ["fine", "bad"]
    assert await bodies(storage, severities=("ERROR", "critical")) == ["worse", "bad"]
    assert await bodies(storage, severities=("info",)) == ["fine"]
    assert await bodies(storage, severities=("UNSPECIFIED",)) == ["none"]
    assert await bodies(storage, trace_id=trace_id) == ["worse", "bad"]
    assert await bodies(storage, trace_id=trace_id, span_id=b"1" * 8) == ["bad"]
    assert await bodies(storage, span_id=b"2" * 8) == ["worse"]
    assert await bodies(storage, range=TimeRange(NOON - SECOND, NOON)) == ["none"]
    assert await bodies(storage, range=TimeRange(NOON, None), severities=("ERROR",)) == ["bad"]
    assert await bodies(storage, services=("web",), search="worse") == []


async def test_an_unknown_severity_is_invalid(storage: Storage) -> None:
    with pytest.raises(InvalidInput) as caught:
        await storage.reader("default").find_logs(LogQuery(severities=("loud",)))
    assert caught.value.field == "severity"


@pytest.mark.parametrize(
    ("search", "matches"),
    [
        ("card", True),
        ("CARD declined", True),
        ("declined card", True),
        ("decl", False),
        ("second", True),
        ("nsecond", False),
        ("ЗАКАЗ", True),
        ("straße", True),
        ("strasse", True),
        ("user 42", True),
        ("user_42", True),
        ("gold", True),
        ("inner", True),
        ("card gold inner", True),
        ("tier", False),
        ("shop", False),
        ("aGVsbG8", False),
        ("quoted", True),
        ("", True),
        ("...", True),
    ],
)
async def test_search_finds_whole_words_of_body_and_string_attributes_without_case(
    storage: Storage, search: str, matches: bool
) -> None:
    body = 'Card-Declined, "quoted"\nsecond line for user_42: „заказ“ in der Straße 🦉'
    attributes = {"tier": "gold!", "list": [["inner"]], "bytes": b"hello", "number": 7}
    await write(storage, a_log_record(body, attributes=attributes), a_log_record("other"))
    page = await storage.reader("default").find_logs(LogQuery(search=search))
    assert (body in [_text(log) for log in page.items]) == matches


def _text(log: LogRecord) -> str:
    return log.body[1:-1].replace("\\n", "\n").replace('\\"', '"')


async def test_search_looks_into_structured_bodies(storage: Storage) -> None:
    await write(storage, a_log_record({"msg": ["deep words"], "n": 5}), a_log_record(5))
    assert len(await bodies(storage, search="deep")) == 1
    assert await bodies(storage, search="msg") == []


async def test_a_text_that_looks_like_an_index_word_is_only_a_text(storage: Storage) -> None:
    trace_id = a_trace_id()
    await write(storage, a_log_record("plain", severity="ERROR", trace_id=trace_id))
    for search in (trace_id.hex(), f"t{trace_id.hex()}", f"\x1ft{trace_id.hex()}", "v5", "\x1fv5"):
        assert await bodies(storage, search=search) == []


async def test_too_many_words_are_invalid(storage: Storage) -> None:
    many = " ".join(f"w{i}" for i in range(200))
    assert await bodies(storage, search=many) == []
    with pytest.raises(InvalidInput) as caught:
        await storage.reader("default").find_logs(LogQuery(search=f"{many} more"))
    assert caught.value.field == "search"


async def test_pages_of_unordered_log_records_are_exact(storage: Storage) -> None:
    chance = random.Random(7)
    times = [NOON + chance.randrange(20_000) for _ in range(20_000)]
    times[10_000:] = sorted(times[10_000:])
    logs = [a_log_record(i % 7, time_ns=time_ns) for i, time_ns in enumerate(times)]
    for start in range(0, len(logs), 3_000):
        await write(storage, *logs[start : start + 3_000])
    expected = sorted(((time_ns, i + 1) for i, time_ns in enumerate(times)), reverse=True)
    reader = storage.reader("default")
    seen, cursor = [], None
    for page_number in range(6):
        page = await reader.find_logs(LogQuery(limit=500, cursor=cursor))
        seen += [(log.time_ns, log.id) for log in page.items]
        cursor = page.next_cursor
        assert (page.total, page.total_is_estimate) == (20_000, False)
        offset = await reader.find_logs(LogQuery(limit=500, offset=500 * page_number))
        assert offset.items == page.items
    assert seen == expected[:3_000]
    middle = TimeRange(NOON + 5_000, NOON + 5_100)
    page = await reader.find_logs(LogQuery(limit=1000, range=middle))
    assert [(log.time_ns, log.id) for log in page.items] == [
        (time_ns, id_) for time_ns, id_ in expected if NOON + 5_000 <= time_ns < NOON + 5_100
    ]
    assert page.total == len(page.items)


async def test_the_last_page_has_no_cursor(storage: Storage) -> None:
    await write(storage, a_log_record(), a_log_record())
    reader = storage.reader("default")
    assert (await reader.find_logs(LogQuery(limit=2))).next_cursor is None
    cursor = (await reader.find_logs(LogQuery(limit=1))).next_cursor
    assert (await reader.find_logs(LogQuery(limit=1, cursor=cursor))).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "e30", "eyJ0IjoxZTQwMCwiaSI6MX0"])
async def test_a_cursor_that_is_none_is_invalid(storage: Storage, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await storage.reader("default").find_logs(LogQuery(cursor=cursor))
    assert caught.value.field == "cursor"


@pytest.mark.parametrize("strange", ["\x00", "\ud800", "🦉", "%", "_", '"', "'", "a* NEAR b", "-"])
async def test_strange_texts_never_fail(storage: Storage, strange: str) -> None:
    await write(storage, a_log_record("plain"))
    assert await bodies(storage, search=f"{strange} nowhere") == []
    assert await bodies(storage, services=(strange,)) == []


async def test_an_empty_dashboard_has_no_latencies(storage: Storage) -> None:
    numbers = await storage.reader("default").dashboard(TimeRange(), ())
    assert numbers == Dashboard(0, 0, 0, 0, 0, 0, None, 0, [])


async def test_the_dashboard_counts_what_is_in_range_and_filter(storage: Storage) -> None:
    trace_id = a_trace_id()
    spans = [
        a_span("web", trace_id=trace_id, end_ns=NOON + duration, status=2 if duration > 95 else 0)
        for duration in range(1, 101)
    ]
    spans += [
        a_span("db", kind=3, parent_span_id=b"p" * 8, status=2),
        a_span("queue", kind=5, parent_span_id=b"p" * 8, end_ns=NOON + 1000),
        a_span("old", start_ns=NOON - 1),
        a_span("later", start_ns=NOON + SECOND),
    ]
    logs = [a_log_record(service="logger"), a_log_record(service="web", time_ns=NOON - 1)]
    await storage.writer.write([a_batch(*spans), a_batch(*logs)])
    reader = storage.reader("default")
    numbers = await reader.dashboard(TimeRange(NOON, NOON + SECOND), ())
    assert numbers.total_traces == 3
    assert type(numbers.total_traces) is int  # some drivers have decimals for sums
    assert numbers.total_spans == 102
    assert numbers.total_logs == 1
    assert numbers.total_errors == 6
    assert numbers.active_services == 4
    assert numbers.top_failing_services == [
        ServiceErrors("web", 5, 100), ServiceErrors("db", 1, 1),
    ]  # fmt: skip
    assert numbers.latencies is not None
    average, *percentiles = numbers.latencies
    assert average == pytest.approx((5050 + 1000) / 101)
    assert percentiles == pytest.approx([51, 96, 100], rel=0.02)
    web = await reader.dashboard(TimeRange(NOON - 1, None), ("web", "none"))
    assert (web.total_spans, web.total_logs, web.active_services) == (100, 1, 1)
    assert web.latencies is not None
    assert web.latencies.p50_ns == pytest.approx(50, rel=0.02)
