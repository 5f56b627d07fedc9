"""What `Writer` and `Reader` promise about records and traces, held on every database."""

from typing import Any

import pytest

from argus.errors import InvalidInput
from argus.model import Batch, LogRecord, Span, TraceSummary
from argus.storage import Storage, TimeRange, TraceQuery, TraceSort
from tests.builders import (
    MILLISECOND,
    NOON,
    SECOND,
    a_batch,
    a_log_record,
    a_resource,
    a_span,
    a_trace_id,
)
from tests.storage.conftest import Reopen, in_lists

ODD_TEXT = "nul \x00 quote ' \" percent % _ emoji 🦉 line\nend \x1f"


async def write(storage: Storage, *records: Span | LogRecord, tenant: str = "default") -> None:
    for kind in (Span, LogRecord):
        some = [record for record in records if isinstance(record, kind)]
        if some:
            await storage.writer.write([a_batch(*some, tenant=tenant)])


async def found(storage: Storage, **conditions: Any) -> list[TraceSummary]:
    page = await storage.reader("default").find_traces(TraceQuery(**conditions))
    assert page.total == len(page.items)
    return list(page.items)


async def names(storage: Storage, **conditions: Any) -> set[str]:
    return {trace.root_operation for trace in await found(storage, **conditions)}


async def test_a_span_comes_back_field_by_field(storage: Storage) -> None:
    span = a_span(
        attributes={"text": ODD_TEXT, "int": 2**63 - 1, "double": 3.0, "nan": float("nan"),
                    "bytes": b"\x00\xff", "list": [1, "a", None], "map": {"$k": True}},
        parent_span_id=b"parent!!", name=ODD_TEXT, kind=77, status=2, status_message="broke",
        trace_state="a=1,b=2", flags=2**32 - 1, start_ns=1, end_ns=2**63 - 1,
        dropped_attributes_count=2**32 - 1, dropped_events_count=2, dropped_links_count=3,
        events='[{"name":"e","time_ns":1,"attributes":{},"dropped_attributes_count":0}]',
        links='[{"trace_id":"00","span_id":"11"}]',
    )  # fmt: skip
    await write(storage, span)
    detail = await storage.reader("default").get_trace(span.trace_id)
    assert detail is not None
    assert detail.spans == [span._replace(words="")]


async def test_a_log_record_comes_back_field_by_field(storage: Storage) -> None:
    log = a_log_record(
        {"message": ODD_TEXT, "n": 3.0}, attributes={"deep": {"a": [ODD_TEXT]}},
        time_ns=2**63 - 1, observed_ns=0, severity_number=0, severity_text="Warning!",
        event_name="click", trace_id=a_trace_id(), span_id=b"12345678", flags=1,
        dropped_attributes_count=7,
    )  # fmt: skip
    await write(storage, log, a_span(trace_id=log.trace_id))
    detail = await storage.reader("default").get_trace(log.trace_id)
    assert detail is not None
    assert [found._replace(id=0) for found in detail.logs] == [log._replace(words="")]
    assert detail.logs_total == 1


async def test_extreme_values_are_kept_as_they_are(storage: Storage) -> None:
    odd = "\x00\uf8ff\uf8ff0\uffff\U0010ffff 🦉"
    resource = a_resource(service=odd)
    span = a_span(name=odd, resource=resource, status_message=odd, flags=2**32 - 1,
                  attributes={odd: odd, "large": "é" * 5_000_000, "least": -(2**63)})  # fmt: skip
    log = a_log_record(odd, resource=resource, severity_text=odd, trace_id=span.trace_id)
    await write(storage, span, log)
    reader = storage.reader("default")
    detail = await reader.get_trace(span.trace_id)
    assert detail is not None
    assert detail.spans == [span._replace(words="")]
    assert [found._replace(id=0) for found in detail.logs] == [log._replace(words="")]
    assert await reader.service_names() == [odd]
    (trace,) = await found(storage, services=(odd,), sort_by="service")
    assert (trace.root_service, trace.root_operation) == (odd, odd)


async def test_a_lone_surrogate_is_stored_as_a_replacement(storage: Storage) -> None:
    await write(storage, a_span(name="half \ud83d pair"))
    assert await names(storage) == {"half ? pair"}


async def test_everything_is_there_after_reopening(reopen: Reopen) -> None:
    storage = await reopen()
    span, log = a_span(), a_log_record()
    await write(storage, span, log)
    storage = await reopen()
    reader = storage.reader("default")
    detail = await reader.get_trace(span.trace_id)
    assert detail is not None
    assert detail.spans == [span._replace(words="")]
    await write(storage, a_span(trace_id=span.trace_id))
    (trace,) = await found(storage)
    assert trace.span_count == 2


async def test_one_write_takes_many_batches_of_any_size(storage: Storage, driver: str) -> None:
    sizes = (1, 3, 700, 5000)
    batches = [a_batch(*(a_span() for _ in range(size))) for size in sizes]
    await storage.writer.write([*batches, a_batch(a_log_record())])
    stats = await storage.stats()
    assert (stats.spans, stats.logs) == (sum(sizes), 1)
    assert stats.bytes > 0
    if driver == "sqlite":
        assert stats.free_bytes is not None
        assert stats.free_bytes > 0
    else:
        assert stats.free_bytes is None
    await in_lists(storage)
    page = await storage.reader("default").find_traces(TraceQuery(limit=1))
    assert page.total == sum(sizes)


async def test_a_batch_is_stored_once_by_its_key(reopen: Reopen) -> None:
    storage = await reopen()
    one, two, bare = (a_batch(a_log_record(word)) for word in ("one", "two", "bare"))
    one.key, two.key = b"one", b"two"
    assert await stored(storage, one, bare) == [1, 1]
    assert await stored(storage, bare, one, two, two) == [1, 0, 1, 0]
    storage = await reopen()
    assert await stored(storage, two, one) == [0, 0]
    assert (await storage.stats()).logs == 4


async def stored(storage: Storage, *batches: Batch) -> list[int]:
    """How many records of each batch one write stored."""
    return [len(batch) for batch in await storage.writer.write(batches)]


async def test_many_keys_in_one_write_are_told_apart(storage: Storage) -> None:
    batches = [a_batch(a_log_record(n)) for n in range(2_000)]
    for n, batch in enumerate(batches):
        batch.key = b"%d" % (n // 2)
    assert await stored(storage, *batches) == [1, 0] * 1_000
    assert (await storage.stats()).logs == 1_000


async def test_an_unknown_trace_is_none(storage: Storage) -> None:
    await write(storage, a_span())
    assert await storage.reader("default").get_trace(a_trace_id()) is None
    assert await storage.reader("never sent").get_trace(a_trace_id()) is None


async def test_some_spans_of_a_trace_are_found_by_their_ids(storage: Storage) -> None:
    first, second, third = (a_span(start_ns=NOON + i) for i in (2, 1, 0))
    await write(storage, *(span._replace(trace_id=first.trace_id) for span in (first, second)))
    await write(storage, third)
    reader = storage.reader("default")
    found = await reader.get_spans(first.trace_id, [s.span_id for s in (first, second, third)])
    assert [span.span_id for span in found] == [second.span_id, first.span_id]
    assert await storage.reader("other").get_spans(first.trace_id, [first.span_id]) == []


async def test_the_spans_of_a_trace_come_in_parts_the_last_ones_first(storage: Storage) -> None:
    spans = [a_span(start_ns=NOON - i, trace_id=b"of two tenants!!") for i in range(7)]
    for span in spans:
        theirs = a_span(trace_id=span.trace_id)
        await storage.writer.write([a_batch(span, a_span()), a_batch(theirs, tenant="other")])
    assert [s for part in await parts_of(storage, spans[0].trace_id, 3) for s in part] == spans
    assert await parts_of(storage, spans[0].trace_id, 100) == [spans]
    assert await parts_of(storage, a_trace_id(), 3) == [[]]


async def parts_of(storage: Storage, trace_id: bytes, limit: int) -> list[list[Span]]:
    """The parts of a trace, in the order in which its spans arrived."""
    reader, parts, before = storage.reader("default"), list[list[Span]](), None
    while before is not None or not parts:
        spans, before = await reader.latest_spans(trace_id, limit, before)
        assert len(spans) <= limit
        parts.insert(0, [span._replace(words="") for span in spans])
    return parts


async def test_a_pin_is_of_one_tenant(storage: Storage) -> None:
    span = a_span()
    await write(storage, span)
    assert not await storage.pinned("default", span.trace_id)
    assert await storage.pin("default", span.trace_id)
    assert await storage.pinned("default", span.trace_id)
    assert not await storage.pinned("other", span.trace_id)
    await storage.unpin("default", span.trace_id)
    assert not await storage.pinned("default", span.trace_id)


async def test_a_trace_gives_its_earliest_logs_and_their_number(storage: Storage) -> None:
    span = a_span()
    logs = [a_log_record(i, trace_id=span.trace_id, time_ns=NOON - i) for i in range(5)]
    await write(storage, span, *logs)
    detail = await storage.reader("default").get_trace(span.trace_id, max_logs=2)
    assert detail is not None
    assert [log.body for log in detail.logs] == ["4", "3"]
    assert detail.logs_total == 5


def a_trace() -> list[Span]:
    trace_id = a_trace_id()
    return [
        a_span("b", trace_id=trace_id, parent_span_id=b"missing!", name="early", start_ns=NOON - 5),
        a_span("web", trace_id=trace_id, name="root", status=1),
        a_span("web", trace_id=trace_id, name="later root", start_ns=NOON + SECOND),
        a_span(
            "a",
            trace_id=trace_id,
            parent_span_id=b"x" * 8,
            start_ns=NOON + 1,
            end_ns=NOON + 2 * SECOND,
        ),
    ]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
async def test_a_summary_is_exact_in_whatever_order_spans_arrive(
    storage: Storage, order: list[int]
) -> None:
    spans = a_trace()
    for index in order:
        await write(storage, spans[index])
        await found(storage)
    expected = TraceSummary(
        spans[0].trace_id, "web", "root", False, ("a", "b", "web"),
        NOON - 5, NOON + 2 * SECOND, 4, 0, 1,
    )  # fmt: skip
    assert await found(storage) == [expected]
    detail = await storage.reader("default").get_trace(spans[0].trace_id)
    assert detail is not None
    assert detail.summary == expected
    assert [span.name for span in detail.spans] == ["early", "root", "GET /", "later root"]


async def test_without_a_root_the_earliest_span_stands_for_the_trace(storage: Storage) -> None:
    trace_id = a_trace_id()
    late = a_span("late", trace_id=trace_id, parent_span_id=b"p" * 8, start_ns=NOON + 1)
    early = a_span("early", trace_id=trace_id, parent_span_id=b"p" * 8, status=1)
    for span in (late, early):
        await write(storage, span)
        await found(storage)
    (trace,) = await found(storage)
    assert (trace.root_missing, trace.root_service, trace.status) == (True, "early", 1)
    await write(storage, a_span("late", trace_id=trace_id, start_ns=NOON + 9, status=2))
    (trace,) = await found(storage)
    assert (trace.root_missing, trace.root_service, trace.status) == (False, "late", 2)
    assert trace.error_count == 1


async def test_traces_are_found_by_every_condition_and_all_must_hold(storage: Storage) -> None:
    trace_id = a_trace_id()
    await write(
        storage,
        a_span("web", name="slow", end_ns=NOON + SECOND, status=2, trace_id=trace_id),
        a_span('d"b', name="query", parent_span_id=b"p" * 8, trace_id=trace_id),
        a_span("web", name="quick", start_ns=NOON - SECOND, attributes={"user": "Zoë O'Hara 7"}),
    )
    assert await names(storage, services=('d"b',)) == {"slow"}
    assert await names(storage, services=("web", "other")) == {"slow", "quick"}
    assert await names(storage, services=("we",)) == set()
    assert await names(storage, services=("%",)) == set()
    assert await names(storage, status=2) == {"slow"}
    assert await names(storage, status=0) == {"quick"}
    assert await names(storage, min_duration_ns=SECOND) == {"slow"}
    assert await names(storage, max_duration_ns=SECOND - 1) == {"quick"}
    assert await names(storage, range=TimeRange(NOON, None)) == {"slow"}
    assert await names(storage, range=TimeRange(NOON - SECOND, NOON)) == {"quick"}
    assert await names(storage, search="ZOË hara") == {"quick"}
    assert await names(storage, search="query") == {"slow"}
    assert await names(storage, search="query slow") == set()
    assert await names(storage, search="quer") == set()
    assert await names(storage, search="user") == set()
    assert await names(storage, search="quick", status=2) == set()


@pytest.mark.parametrize("strange", ["\x00", "\ud800", "🦉", "%", "_", '"', "'", "a OR b*", "NOT"])
async def test_strange_texts_find_nothing_wrong_and_never_fail(
    storage: Storage, strange: str
) -> None:
    await write(storage, a_span(name="plain"), a_log_record("plain"))
    assert len(await found(storage, search=f"{strange} nowhere")) == 0
    assert len(await found(storage, services=(strange,))) == 0


@pytest.mark.parametrize("number", [2**63, -(2**80), 10**30])
async def test_numbers_beyond_64_bits_are_conditions_like_others(
    storage: Storage, number: int
) -> None:
    await write(storage, a_span())
    beyond = number > 0
    assert len(await found(storage, min_duration_ns=number)) == (0 if beyond else 1)
    assert len(await found(storage, range=TimeRange(number, None))) == (0 if beyond else 1)


SORTS: list[TraceSort] = [
    "start_time", "duration", "status", "service", "span_count", "error_count",
]  # fmt: skip


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort_by", SORTS)
async def test_cursor_and_offset_walk_the_same_list(
    storage: Storage, sort_by: TraceSort, descending: bool
) -> None:
    spans = [
        a_span(f"s{i % 3}", start_ns=NOON + i % 4, end_ns=NOON + SECOND + i % 5, status=i % 3)
        for i in range(23)
    ]
    await write(storage, *spans)
    reader = storage.reader("default")
    by_offset: list[TraceSummary] = []
    by_cursor: list[TraceSummary] = []
    cursor = None
    for offset in range(0, 25, 5):
        query = TraceQuery(sort_by=sort_by, descending=descending, limit=5, offset=offset)
        by_offset += (await reader.find_traces(query)).items
        query = TraceQuery(sort_by=sort_by, descending=descending, limit=5, cursor=cursor)
        page = await reader.find_traces(query)
        by_cursor += page.items
        cursor = page.next_cursor
        assert (page.total, page.total_is_estimate) == (23, False)
    assert cursor is None
    assert by_offset == by_cursor
    assert len({trace.trace_id for trace in by_offset}) == 23
    keys: list[Any] = [
        {"start_time": t.start_ns, "duration": t.end_ns - t.start_ns, "status": t.status,
         "service": t.root_service, "span_count": t.span_count, "error_count": t.error_count,
        }[sort_by] for t in by_offset
    ]  # fmt: skip
    assert keys == sorted(keys, reverse=descending)


@pytest.mark.parametrize("cursor", ["", "x", "====", "bm90IGpzb24", "e30", "é", "[]", "\x00"])
async def test_a_cursor_that_is_none_is_invalid(storage: Storage, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await storage.reader("default").find_traces(TraceQuery(cursor=cursor))
    assert caught.value.field == "cursor"


async def test_a_cursor_of_another_order_is_invalid(storage: Storage) -> None:
    await write(storage, a_span(), a_span())
    reader = storage.reader("default")
    cursor = (await reader.find_traces(TraceQuery(limit=1))).next_cursor
    with pytest.raises(InvalidInput):
        await reader.find_traces(TraceQuery(cursor=cursor, sort_by="service"))


async def test_tenants_with_the_same_trace_id_never_see_each_other(storage: Storage) -> None:
    trace_id = a_trace_id()
    for tenant in ("red", "blue"):
        log = a_log_record(f"{tenant} line", service=tenant, trace_id=trace_id)
        resource = a_resource("same")
        same = a_span(resource=resource, trace_id=trace_id, name=f"{tenant} shared name")
        await write(storage, same, a_span(tenant, trace_id=trace_id), log, tenant=tenant)
    for tenant in ("red", "blue"):
        reader = storage.reader(tenant)
        detail = await reader.get_trace(trace_id)
        assert detail is not None
        assert {s.resource.service_name for s in detail.spans} == {tenant, "same"}
        assert [log.body for log in detail.logs] == [f'"{tenant} line"']
        assert detail.logs_total == 1
        page = await reader.find_traces(TraceQuery(search="shared name"))
        assert [trace.services for trace in page.items] == [tuple(sorted({tenant, "same"}))]
        assert page.total == 1
        assert await reader.service_names() == sorted({tenant, "same"})
        assert (await reader.dashboard(TimeRange(), ())).total_spans == 2
    assert (await storage.reader("default").find_traces(TraceQuery())).total == 0


async def test_services_are_those_of_spans_and_of_log_records(storage: Storage) -> None:
    assert await storage.reader("default").service_names() == []
    await write(storage, a_span("b"), a_span("a"), a_log_record(service="c"))
    assert await storage.reader("default").service_names() == ["a", "b", "c"]


async def test_a_span_of_one_millisecond_lasts_one_millisecond(storage: Storage) -> None:
    await write(storage, a_span())
    (trace,) = await found(storage)
    assert trace.end_ns - trace.start_ns == MILLISECOND
