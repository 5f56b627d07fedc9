"""REL-C1, C3, C4, C6: the process ends in every way it can, and what was acked is there once."""

from pathlib import Path

import pytest

from bench.reliability import crashes


async def test_every_acked_record_survives_twenty_kills_exactly_once(tmp_path: Path) -> None:
    outcome = await crashes.kill_nine(tmp_path, seed=1, cycles=20, longest_s=0.6)
    assert outcome.problems == []
    assert outcome.acked > 1000


async def test_a_crash_at_any_point_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = await crashes.crash_points(tmp_path, seed=2)
    assert outcome.problems == []
    assert outcome.acked


@pytest.mark.parametrize("point", ["after commit", "before unlink"])
async def test_a_replay_that_is_killed_twice_ends_with_every_record_once(
    tmp_path: Path, point: str
) -> None:
    outcome = await crashes.replay_point(tmp_path, seed=3, point=point)
    assert outcome.problems == []
    assert outcome.acked


async def test_a_frozen_process_goes_on_where_it_was(tmp_path: Path) -> None:
    outcome = await crashes.frozen(tmp_path, seed=4)
    assert outcome.problems == []
    assert outcome.acked


@pytest.mark.parametrize("database_down", [False, True])
async def test_sigterm_ends_it_within_ten_seconds_with_all_that_was_acked(
    tmp_path: Path, database_down: bool
) -> None:
    outcome = await crashes.terminated(tmp_path, seed=5, database_down=database_down)
    assert outcome.problems == []
    assert outcome.acked
