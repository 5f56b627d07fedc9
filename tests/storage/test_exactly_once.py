"""Repeats of requests and of spans are acked and not stored again, across restarts too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from argus.model import Batch
from argus.storage import LogQuery, Storage
from argus.storage.open import open_storage
from tests.builders import a_batch, a_log_record, a_span, a_trace_id

Open = Callable[[], Any]


@pytest.fixture
async def open_again(tmp_path: Path) -> AsyncIterator[Open]:
    """`await open_again()` closes the storage and opens it anew."""
    held: list[Storage] = []
    async with AsyncExitStack() as stack:

        async def close() -> None:
            while held:
                await held.pop().close()

        stack.push_async_callback(close)

        async def again() -> Storage:
            await close()
            held.append(await open_storage("sqlite", str(tmp_path / "a.db"), query_timeout_s=10))
            return held[0]

        yield again


def keyed(batch: Batch, key: bytes) -> Batch:
    batch.key = key
    return batch


async def span_count(storage: Storage, tenant: str, trace_id: bytes) -> int:
    detail = await storage.reader(tenant).get_trace(trace_id)
    return len(detail.spans) if detail is not None else 0


@pytest.mark.parametrize("restart", [False, True])
async def test_a_request_is_stored_once_however_often_it_is_sent(
    open_again: Open, restart: bool
) -> None:
    storage = await open_again()
    logs = [a_log_record("same line", time_ns=5) for _ in range(3)]
    first, second = await storage.writer.write(
        [keyed(a_batch(*logs), b"k1"), keyed(a_batch(*logs), b"k1")]
    )
    assert (len(first), len(second)) == (3, 0)
    if restart:
        storage = await open_again()
    (third,) = await storage.writer.write([keyed(a_batch(*logs), b"k1")])
    assert len(third) == 0
    page = await storage.reader("default").find_logs(LogQuery())
    assert page.total == 3


async def test_identical_lines_of_different_requests_are_all_kept(open_again: Open) -> None:
    storage = await open_again()
    line = a_log_record("same line", time_ns=5)
    await storage.writer.write([keyed(a_batch(line), b"k1"), keyed(a_batch(line), b"k2")])
    page = await storage.reader("default").find_logs(LogQuery())
    assert page.total == 2


@pytest.mark.parametrize("restart", [False, True])
async def test_spans_batched_anew_are_stored_once(open_again: Open, restart: bool) -> None:
    storage = await open_again()
    trace_id = a_trace_id()
    spans = [a_span(trace_id=trace_id) for _ in range(4)]
    await storage.writer.write([a_batch(*spans[:2]), a_batch(*spans[1:3])])
    if restart:
        storage = await open_again()
    (rest,) = await storage.writer.write([a_batch(*spans)])
    assert [span.span_id for span in rest.spans] == [spans[3].span_id]
    assert await span_count(storage, "default", trace_id) == 4


async def test_one_span_id_in_another_trace_kind_or_tenant_is_another_span(
    open_again: Open,
) -> None:
    storage = await open_again()
    span = a_span(kind=2)
    others = [span._replace(kind=3), span._replace(trace_id=a_trace_id())]
    stored = await storage.writer.write(
        [a_batch(span), a_batch(*others), a_batch(span, tenant="other")]
    )
    assert [len(batch) for batch in stored] == [1, 2, 1]
    assert await span_count(storage, "other", span.trace_id) == 1


async def test_what_a_failed_commit_left_out_is_stored_by_the_next(
    open_again: Open,
) -> None:
    storage = await open_again()
    span = a_span()
    broken = a_batch(span, a_span(start_ns=2**70))
    with pytest.raises(OverflowError):
        await storage.writer.write([keyed(broken, b"k1")])
    (stored,) = await storage.writer.write([keyed(a_batch(span), b"k1")])
    assert len(stored) == 1


async def test_a_dead_letter_of_long_ago_is_still_recognised(open_again: Open) -> None:
    storage = await open_again()
    await storage.writer.write([keyed(a_batch(a_log_record("old")), b"k1")])
    storage = await open_again()
    late = keyed(a_batch(a_log_record("old")), b"k1")
    late.received_ns = 1
    (stored,) = await storage.writer.write([late])
    assert len(stored) == 0
