"""The pipeline: durable before it returns, commits that grow with the load, exact accounts."""

import asyncio

import pytest

from argus.errors import Overloaded, Unavailable
from argus.model import Batch
from argus.pipeline.budget import ByteBudget
from argus.pipeline.pipeline import Pipeline
from argus.pipeline.processors import ServiceLists, SeverityFloor
from argus.telemetry import Telemetry
from tests.builders import a_batch, a_log_record, a_span
from tests.doubles import Failing, Sink, Slow


def metric(telemetry: Telemetry, sample: str) -> float:
    for line in telemetry.render().decode().splitlines():
        if line.startswith(sample + " "):
            return float(line.rpartition(" ")[2])
    return 0.0


async def test_consume_returns_only_after_the_writer_has_committed() -> None:
    slow = Slow()
    async with Pipeline(slow, Telemetry()) as pipeline:
        consuming = asyncio.create_task(pipeline.consume(a_batch()))
        await slow.entered.wait()
        assert not consuming.done()
        slow.gate.set()
        await consuming
    assert len(slow.spans) == 1


async def test_what_queues_up_during_a_commit_goes_into_the_next_one_together() -> None:
    slow = Slow()
    async with Pipeline(slow, Telemetry()) as pipeline:
        first = asyncio.create_task(pipeline.consume(a_batch()))
        await slow.entered.wait()
        rest = [asyncio.create_task(pipeline.consume(a_batch())) for _ in range(20)]
        await asyncio.sleep(0)
        slow.gate.set()
        await asyncio.gather(first, *rest)
    assert [len(commit) for commit in slow.commits] == [1, 20]


async def test_exporters_see_a_batch_after_it_is_durable_and_never_a_refused_one() -> None:
    exporter = Sink()
    async with Pipeline(Sink(), Telemetry(), exporters=[exporter]) as pipeline:
        await pipeline.consume(a_batch())
        assert len(exporter.spans) == 1
    refused = Sink()
    failing = Failing(Unavailable("disk full", retry_after_s=1))
    async with Pipeline(failing, Telemetry(), exporters=[refused]) as pipeline:
        with pytest.raises(Unavailable, match="disk full"):
            await pipeline.consume(a_batch())
    assert not refused.spans


async def test_one_batch_the_database_will_not_take_does_not_cost_the_others() -> None:
    failing = Failing(ValueError("poison"), tenants=frozenset({"poison"}))
    async with Pipeline(failing, Telemetry()) as pipeline:
        results = await asyncio.gather(
            *(pipeline.consume(a_batch(tenant=tenant)) for tenant in ("a", "poison", "b")),
            return_exceptions=True,
        )
    assert [type(result) for result in results] == [type(None), Unavailable, type(None)]
    assert {batch.tenant for batch in failing.batches} == {"a", "b"}


async def test_leaving_the_pipeline_commits_what_is_queued_and_refuses_what_comes_after() -> None:
    slow = Slow()
    pipeline = Pipeline(slow, Telemetry())
    async with pipeline:
        tasks = [asyncio.create_task(pipeline.consume(a_batch())) for _ in range(3)]
        await slow.entered.wait()
        slow.gate.set()
    await asyncio.gather(*tasks)
    assert len(slow.spans) == 3
    with pytest.raises(Unavailable):
        await pipeline.consume(a_batch())


async def test_a_cancelled_sender_does_not_stop_the_commit_of_the_others() -> None:
    slow = Slow()
    async with Pipeline(slow, Telemetry()) as pipeline:
        cancelled = asyncio.create_task(pipeline.consume(a_batch()))
        await slow.entered.wait()
        other = asyncio.create_task(pipeline.consume(a_batch()))
        await asyncio.sleep(0)
        cancelled.cancel()
        slow.gate.set()
        await other
    assert len(slow.spans) == 2


async def test_received_equals_stored_plus_rejected_plus_filtered() -> None:
    telemetry = Telemetry()
    batch = a_batch(*(a_log_record(severity=word) for word in ("DEBUG", "INFO", "")))
    batch.rejected = {"body_too_deep": 2}
    sink = Sink()
    async with Pipeline(sink, telemetry, [SeverityFloor("INFO")]) as pipeline:
        await pipeline.consume(batch)
    assert sorted(log.severity for log in sink.logs) == [0, 9]
    assert metric(telemetry, 'argus_received_records_total{signal="logs"}') == 5
    assert metric(telemetry, 'argus_stored_records_total{signal="logs"}') == 2
    samples = (
        'argus_rejected_records_total{reason="body_too_deep",signal="logs"}',
        'argus_filtered_records_total{reason="severity",signal="logs"}',
    )
    assert [metric(telemetry, sample) for sample in samples] == [2, 1]


async def test_a_refused_batch_is_in_no_account() -> None:
    telemetry = Telemetry()
    async with Pipeline(Failing(Unavailable("no")), telemetry) as pipeline:
        with pytest.raises(Unavailable):
            await pipeline.consume(a_batch())
    assert metric(telemetry, 'argus_received_records_total{signal="traces"}') == 0


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
