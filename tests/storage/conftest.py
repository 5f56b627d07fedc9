"""The databases that the contract suite runs on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from argus.storage import SegmentLimits, Storage
from argus.storage.open import open_storage
from argus.storage.sql.segments import Segment

SMALL = SegmentLimits(rows=4)

Open = Callable[..., Awaitable[Storage]]
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


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """`await opened()` closes the storage and opens it anew, in small segments."""
    held: list[Storage] = []

    async def again(
        limits: SegmentLimits = SMALL, path: Path = tmp_path / "argus.db", **settings: Any
    ) -> Storage:
        while held:
            await held.pop().close()
        settings = {"query_timeout_s": 10.0, **settings}
        held.append(await open_storage("sqlite", str(path), limits=limits, **settings))
        return held[0]

    yield again
    while held:
        await held.pop().close()


def segments_of(storage: Storage) -> tuple[Segment, ...]:
    found: tuple[Segment, ...] = storage._database.segments.newest_first  # type: ignore[attr-defined]
    return found


async def all_sealed(storage: Storage) -> list[Segment]:
    """The sealed segments, oldest first, when all but the active one are."""
    for _ in range(1200):
        _, *others = segments_of(storage)
        if others and all(segment.sealed for segment in others):
            return others[::-1]
        await asyncio.sleep(0.05)
    raise AssertionError([segment.state for segment in segments_of(storage)])
