"""The stock Python SDK through outages and overload: nothing it was able to hold is lost."""

from pathlib import Path

import pytest

from bench.reliability import exporters
from bench.reliability.exporters import Fault


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("transport", ["grpc", "http"])
@pytest.mark.parametrize(
    ("fault", "seconds"), [("database locked", 6), ("server away", 8), ("overload", 5)]
)
async def test_the_sdk_loses_nothing(
    tmp_path: Path, transport: str, fault: Fault, seconds: float
) -> None:
    outcome = await exporters.sdk(tmp_path, 31, transport, fault, seconds)
    assert outcome.problems == []
    assert outcome.acked
