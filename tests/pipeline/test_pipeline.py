"""The pipeline: durable before it returns, commits that grow with the load, exact accounts."""

import asyncio
from pathlib import Path

import pytest

from argus.errors import Overloaded, Unavailable
from argus.model import Batch
from argus.pipeline.budget import ByteBudget
from argus.pipeline.processors import ServiceLists, SeverityFloor
from tests.builders import a_batch, a_log_record, a_span
from tests.doubles import Failing, Sink, Slow
from tests.pipeline.parts import running


async def test_consume_returns_only_after_the_writer_has_committed(tmp_path: Path) -> None:
    slow = Slow()
    async with running(slow, tmp_path) as argus:
        consuming = asyncio.create_task(argus.pipeline.consume(a_batch()))
        await slow.entered.wait()
        assert not consuming.done()
        slow.gate.set()
        await consuming
    assert len(slow.spans) == 1


async def test_what_queues_up_during_a_commit_goes_into_the_next_one_together(
    tmp_path: Path,
) -> None:
    slow = Slow()
    async with running(slow, tmp_path) as argus:
        first = asyncio.create_task(argus.pipeline.consume(a_batch()))
        await slow.entered.wait()
        rest = [asyncio.create_task(argus.pipeline.consume(a_batch())) for _ in range(20)]
        await asyncio.sleep(0)
        slow.gate.set()
        await asyncio.gather(first, *rest)
    assert [len(commit) for commit in slow.commits] == [1, 20]


async def test_exporters_see_a_batch_after_it_is_durable_and_never_a_refused_one(
    tmp_path: Path,
) -> None:
    exporter, refused = Sink(), Sink()
    async with running(Sink(), tmp_path / "a", exporters=[exporter]) as argus:
        await argus.pipeline.consume(a_batch())
        assert len(exporter.spans) == 1
    failing = Failing(Unavailable("disk full", retry_after_s=1))
    async with running(failing, tmp_path / "b", max_bytes=1, exporters=[refused]) as argus:
        with pytest.raises(Unavailable, match="queue is full"):
            await argus.pipeline.consume(a_batch())
    assert not refused.spans


async def test_leaving_the_pipeline_commits_what_is_queued_and_refuses_what_comes_after(
    tmp_path: Path,
) -> None:
    slow = Slow()
    async with running(slow, tmp_path) as argus:
        tasks = [asyncio.create_task(argus.pipeline.consume(a_batch())) for _ in range(3)]
        await slow.entered.wait()
        slow.gate.set()
    await asyncio.gather(*tasks)
    assert len(slow.spans) == 3
    with pytest.raises(Unavailable):
        await argus.pipeline.consume(a_batch())


async def test_a_cancelled_sender_does_not_stop_the_commit_of_the_others(tmp_path: Path) -> None:
    slow = Slow()
    async with running(slow, tmp_path) as argus:
        cancelled = asyncio.create_task(argus.pipeline.consume(a_batch()))
        await slow.entered.wait()
        other = asyncio.create_task(argus.pipeline.consume(a_batch()))
        await asyncio.sleep(0)
        cancelled.cancel()
        slow.gate.set()
        await other
    assert len(slow.spans) == 2


async def test_received_equals_stored_plus_rejected_plus_filtered(tmp_path: Path) -> None:
    batch = a_batch(*(a_log_record(severity=name) for name in ("DEBUG", "INFO", "UNKNOWN")))
    batch.rejected = {"body_too_deep": 2}
    sink = Sink()
    async with running(sink, tmp_path, processors=[SeverityFloor("INFO")]) as argus:
        await argus.pipeline.consume(batch)
    assert sorted(log.severity for log in sink.logs) == [0, 9]
    samples = ("received", "stored", "rejected", "filtered")
    counted = [argus.accounts.sum(f"argus_{name}_records_total", "logs") for name in samples]
    assert counted == [5, 2, 2, 1]


async def test_a_refused_batch_is_in_no_account(tmp_path: Path) -> None:
    async with running(Failing(Unavailable("no")), tmp_path, max_bytes=1) as argus:
        with pytest.raises(Unavailable):
            await argus.pipeline.consume(a_batch())
    assert argus.accounts.sum("argus_received_records_total", "traces") == 0


async def test_a_queue_the_database_cannot_empty_in_time_refuses_for_now(tmp_path: Path) -> None:
    slow = Slow()
    async with running(slow, tmp_path) as argus:
        records = [a_span()] * 66_000
        first = asyncio.create_task(argus.pipeline.consume(a_batch()))
        await slow.entered.wait()
        queued = asyncio.create_task(argus.pipeline.consume(a_batch(*records)))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refusal:
            await argus.pipeline.consume(a_batch())
        assert refusal.value.retry_after_s
        slow.gate.set()
        await asyncio.gather(first, queued)


@pytest.mark.parametrize(
    ("allowed", "excluded", "kept"),
    [([], [], ["a", "b"]), (["a"], [], ["a"]), ([], ["a"], ["b"]), (["a"], ["a"], [])],
)
def test_service_lists_keep_the_allowed_and_drop_the_excluded(
    allowed: list[str], excluded: list[str], kept: list[str]
) -> None:
    spans = [a_span(name) for name in ("a", "b")]
    batch: Batch = ServiceLists(allowed, excluded).process(a_batch(*spans))
    assert [span.resource.service_name for span in batch.spans] == kept
    assert sum(batch.filtered.values()) == 2 - len(kept)


def test_the_budget_refuses_what_is_over_it_and_says_when_to_come_back() -> None:
    budget = ByteBudget(100)
    with budget.hold() as first:
        first.grow(80)
        with pytest.raises(Overloaded) as refusal, budget.hold() as second:
            second.grow(30)
        assert refusal.value.retry_after_s is not None
        assert 0 < refusal.value.retry_after_s <= 5
    assert budget.in_flight == 0


def test_a_request_larger_than_the_budget_passes_when_it_is_alone() -> None:
    budget = ByteBudget(100)
    with budget.hold() as hold:
        hold.grow(150)
    assert budget.in_flight == 0
