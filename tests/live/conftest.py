"""A live server for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.server import LiveServer, live_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A running server."""
    async with live_server(tmp_path) as running:
        yield running
