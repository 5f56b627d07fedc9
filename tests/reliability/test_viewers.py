"""REL-J3: viewers that come and go in masses leave nothing behind, and nobody else notices."""

from pathlib import Path

from bench.reliability import viewers


async def test_a_storm_of_viewers_leaves_nothing_behind_and_a_restart_within_it_is_one(
    tmp_path: Path,
) -> None:
    outcome = await viewers.storm(tmp_path, seed=51, seconds=5)
    assert outcome.problems == []
    assert outcome.runs == 1000
