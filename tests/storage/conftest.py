"""The databases that the contract suite runs on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from argus.storage import SegmentLimits, Storage
from argus.storage.open import open_storage

Reopen = Callable[[], Awaitable[Storage]]


LIMITS = {"whole": SegmentLimits(), "small segments": SegmentLimits(rows=3)}


@pytest.fixture(params=["sqlite"])
def driver(request: pytest.FixtureRequest) -> str:
    """The driver of the storage under test."""
    return str(request.param)


@pytest.fixture(params=list(LIMITS))
def limits(request: pytest.FixtureRequest) -> SegmentLimits:
    """When a segment is sealed: hardly ever, or after every few rows."""
    return LIMITS[request.param]


@pytest.fixture
async def reopen(driver: str, limits: SegmentLimits, tmp_path: Path) -> AsyncIterator[Reopen]:
    """Opens the storage of this test, after closing it when it is open."""
    opened: list[Storage] = []

    async def open_again() -> Storage:
        while opened:
            await opened.pop().close()
        storage = await open_storage(
            driver, str(tmp_path / "argus.db"), query_timeout_s=10, limits=limits
        )
        opened.append(storage)
        return storage

    yield open_again
    while opened:
        await opened.pop().close()


@pytest.fixture
async def storage(reopen: Reopen) -> Storage:
    """A new, empty storage."""
    return await reopen()
