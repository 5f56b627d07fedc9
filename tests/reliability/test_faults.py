"""REL-E1, E2, D1, D2: the database is locked or held, the disk is full."""

from pathlib import Path

import pytest

from bench.reliability import faults


async def test_a_locked_database_is_nobodys_business_but_the_operators(tmp_path: Path) -> None:
    outcome = await faults.database_locked(tmp_path, seed=11)
    assert outcome.problems == []
    assert outcome.acked


async def test_a_reader_that_holds_a_snapshot_is_seen(tmp_path: Path) -> None:
    outcome = await faults.reader_holds(tmp_path, seed=12)
    assert outcome.problems == []
    assert outcome.figures["-wal MiB after"] <= 64


@pytest.mark.parametrize("letters", ["room", "same", "small"])
async def test_a_full_disk_acks_nothing_it_cannot_keep_and_is_over_when_there_is_room(
    tmp_path: Path, letters: str
) -> None:
    outcome = await faults.disk_full(tmp_path, seed=13, letters=letters)
    assert outcome.problems == []
    assert outcome.acked
