"""The stock Python SDK through outages and overload: nothing it was able to hold is lost."""

from pathlib import Path

import pytest

from bench.reliability import exporters
from bench.reliability.exporters import Fault


@pytest.mark.parametrize(
    ("fault", "seconds"), [("database locked", 6), ("server away", 8), ("overload", 6)]
)
async def test_the_sdk_loses_nothing(tmp_path: Path, fault: Fault, seconds: float) -> None:
    outcome = await exporters.sdk(tmp_path, 31, fault, seconds)
    assert outcome.problems == []
    assert outcome.acked
