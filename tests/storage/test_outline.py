"""What the outline of a trace promises, held on every database."""

from argus.model import Span
from argus.storage import Storage, TraceOutline
from tests.builders import MILLISECOND, NOON, a_batch, a_log_record, a_resource, a_span, a_trace_id

TRACE = a_trace_id()


async def outline_of(storage: Storage, *spans: Span, one_by_one: bool = False) -> TraceOutline:
    """The outline of the trace that these spans, stored in their order, are."""
    together = [(span,) for span in spans] if one_by_one else [spans]
    for batch in together:
        await storage.writer.write([a_batch(*(s._replace(trace_id=TRACE) for s in batch))])
    outline = await storage.reader("default").get_outline(TRACE)
    assert outline is not None
    return outline


def hexed(*ids: bytes) -> str:
    return "".join(id_.hex() for id_ in ids)


async def test_an_outline_has_what_a_waterfall_needs_in_order_of_the_start(
    storage: Storage,
) -> None:
    late, lost = b"late....", b"lost...."
    outline = await outline_of(
        storage,
        a_span(span_id=late, parent_span_id=lost, name="SELECT", resource=a_resource("db"),
               kind=77, status=2, start_ns=NOON + 2, end_ns=NOON + 5),
        a_span(span_id=b"first...", name="GET /", resource=a_resource("web"), kind=2, status=1,
               start_ns=NOON, end_ns=NOON + 9),
        a_span(span_id=b"\x00\xff......", parent_span_id=b"first...", name="GET /",
               resource=a_resource("db"), kind=3, start_ns=NOON + 1, end_ns=NOON + 2),
        one_by_one=True,
    )  # fmt: skip
    assert outline == TraceOutline(
        summary=outline.summary,
        span_ids=hexed(b"first...", b"\x00\xff......", late),
        missing_ids=hexed(lost),
        parents=[-1, 0, 3],
        services=[0, 1, 1],
        service_names=["web", "db"],
        operations=[0, 0, 1],
        operation_names=["GET /", "SELECT"],
        kinds=[2, 3, 77],
        statuses=[1, 0, 2],
        starts_ns=[NOON, NOON + 1, NOON + 2],
        ends_ns=[NOON + 9, NOON + 2, NOON + 5],
        logs_total=0,
    )


async def test_the_summary_of_an_outline_is_that_of_the_whole_trace(storage: Storage) -> None:
    outline = await outline_of(
        storage,
        a_span(name="child", parent_span_id=b"gone....", status=2, start_ns=NOON),
        a_span(name="root", resource=a_resource("web"), start_ns=NOON + 1),
        one_by_one=True,
    )
    whole = await storage.reader("default").get_trace(TRACE)
    assert whole is not None
    assert outline.summary == whole.summary
    assert (outline.summary.root_operation, outline.summary.root_missing) == ("root", False)


async def test_without_a_root_the_earliest_span_stands_for_the_trace(storage: Storage) -> None:
    gone = b"gone...."
    outline = await outline_of(
        storage,
        a_span(name="later", parent_span_id=gone, start_ns=NOON + 1),
        a_span(name="earliest", parent_span_id=gone, start_ns=NOON),
    )
    assert (outline.summary.root_operation, outline.summary.root_missing) == ("earliest", True)


async def test_of_spans_that_start_together_the_longer_comes_first(storage: Storage) -> None:
    short, long = (a_span(start_ns=NOON, end_ns=NOON + us * 1000) for us in (1, 2))
    outline = await outline_of(storage, short, long)
    assert outline.span_ids == hexed(long.span_id, short.span_id)


async def test_of_spans_that_share_an_id_the_first_is_the_parent(storage: Storage) -> None:
    shared = b"shared.."
    outline = await outline_of(
        storage,
        a_span(start_ns=NOON + 2, parent_span_id=shared),
        a_span(start_ns=NOON + 1, span_id=shared, kind=2),
        a_span(start_ns=NOON, span_id=shared, kind=3),
    )
    assert outline.parents == [-1, -1, 0]


async def test_a_missing_parent_is_named_once(storage: Storage) -> None:
    spans = [a_span(start_ns=NOON + i, parent_span_id=b"gone....") for i in range(2)]
    outline = await outline_of(storage, *spans)
    assert (outline.parents, outline.missing_ids) == ([2, 2], hexed(b"gone...."))


async def test_an_outline_counts_the_logs_of_its_trace(storage: Storage) -> None:
    logs = [a_log_record(i, trace_id=TRACE) for i in range(5)]
    for log in logs:
        await storage.writer.write([a_batch(log)])
    assert (await outline_of(storage, a_span())).logs_total == 5


async def test_an_outline_is_of_one_tenant_and_of_spans(storage: Storage) -> None:
    await storage.writer.write([a_batch(a_span(trace_id=TRACE, end_ns=NOON + MILLISECOND))])
    logged = a_trace_id()
    await storage.writer.write([a_batch(a_log_record("x", trace_id=logged))])
    assert await storage.reader("other").get_outline(TRACE) is None
    assert await storage.reader("default").get_outline(logged) is None
    assert await storage.reader("default").get_outline(TRACE) is not None
