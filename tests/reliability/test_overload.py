"""REL-A8, A9, B3, B4: too much, too large and too many, and it stays fast, small and exact."""

import asyncio
from pathlib import Path

import pytest

from bench.reliability import overload
from bench.reliability.trial import shared


async def test_three_times_its_capacity_is_refused_fast_and_served_on(tmp_path: Path) -> None:
    outcome = await asyncio.to_thread(overload.three_times_capacity, tmp_path, 4.0)
    assert outcome.problems == []
    assert outcome.refused
    # the generator takes its share of the same two cores: `bench/ingest.py` holds the p99, the
    # goodput and the memory to their figures
    assert outcome.figures["refusal p50 ms"] <= shared(overload.REFUSAL_MS)
    assert outcome.figures["goodput share"] >= 0.4
    assert outcome.figures["peak MiB"] <= 400


async def test_eight_requests_of_63_mib_fit_into_its_memory_and_health_answers(
    tmp_path: Path,
) -> None:
    outcome = await overload.large_requests(tmp_path, seed=41, text=1_100_000)
    assert outcome.problems == []
    # gRPC holds each call's message before Argus sees it: docs/reliability.md
    assert outcome.figures["peak MiB"] <= 800
    assert outcome.figures["slowest health s"] <= shared(1.0)


@pytest.mark.parametrize("channels", [1, 64])
async def test_256_calls_in_flight_are_answered_beside_rude_ones(
    tmp_path: Path, channels: int
) -> None:
    outcome = await overload.many_calls(tmp_path, seed=42, channels=channels)
    assert outcome.problems == []
    assert outcome.acked
