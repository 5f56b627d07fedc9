"""Dropping a segment reads none of its rows: what they count lies ready, and counts to the unit."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from argus.storage import SegmentLimits, Storage, TimeRange
from argus.storage.sql import tables
from argus.storage.sql.pins import Pins
from argus.storage.sql.retention import Keeper
from argus.storage.sql.rolling import Rolling
from tests.builders import NOON, SECOND, a_batch, a_span, a_trace_id
from tests.storage.conftest import SMALL, Open, Work, all_sealed, segments_of

MINUTE = 60 * SECOND
AROUND_NOON = TimeRange(NOON, NOON + 10 * MINUTE)


def keeper_of(storage: Storage) -> Any:
    return storage._keeper  # type: ignore[attr-defined]


def counted_ahead(storage: Storage) -> bool:
    sealed = [segment for segment in segments_of(storage) if segment.sealed]
    return not keeper_of(storage)._departures.uncounted(sealed)


def all_taken_in(storage: Storage) -> bool:
    """Whether the rollups have the traces of all segments that are gone."""
    table, registry = tables.segment_traces, tables.registry
    here = select(registry.c.id)
    gone = select(func.count()).select_from(table).where(table.c.segment_id.not_in(here))
    with storage._control.transaction() as connection:  # type: ignore[attr-defined]
        return bool(connection.execute(gone).scalar_one() == 0)


async def until(done: Callable[[], bool]) -> None:
    for _ in range(400):
        if await asyncio.to_thread(done):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(done)


async def total_traces(storage: Storage, *services: str) -> int:
    return (await storage.reader("default").dashboard(AROUND_NOON, services)).total_traces


async def dropped(storage: Storage, number: int) -> None:
    (segment,) = [segment for segment in segments_of(storage) if segment.id == number]
    await storage._upkeep.on_upkeep(  # type: ignore[attr-defined]
        lambda: keeper_of(storage).drop(segment)
    )


async def test_a_drop_takes_as_many_steps_of_a_large_segment_as_of_a_small_one(
    opened: Open, tmp_path: Path, work: Work
) -> None:
    work.watch(Keeper, "drop")
    for spans in (10, 3000):
        storage = await opened(SegmentLimits(rows=spans), tmp_path / f"{spans}" / "argus.db")
        await storage.writer.write([a_batch(*(a_span() for _ in range(spans)))])
        (segment,) = await all_sealed(storage)
        await until(partial(counted_ahead, storage))
        await storage.reader("default").dashboard(AROUND_NOON, ())  # the rollups are up to date
        await dropped(storage, segment.id)
    (few_steps, few), (many_steps, many) = work.done
    assert 0 < few <= 20
    assert many == few
    assert many_steps <= 1.1 * few_steps


async def test_a_drop_that_fails_and_is_tried_again_counts_once(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await opened(SegmentLimits(rows=2))
    pinned = a_span("web")
    await storage.writer.write([a_batch(pinned, a_span("web"))])
    await storage.pin("default", pinned.trace_id)
    await all_sealed(storage)
    with monkeypatch.context() as failing:
        failing.setattr(Pins, "keep", lambda *_: 1 // 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await dropped(storage, 1)
    await dropped(storage, 1)
    assert await total_traces(storage) == 2
    await until(partial(all_taken_in, storage))
    assert await total_traces(storage) == 2


async def test_no_moment_of_a_drop_counts_a_trace_twice_or_not_at_all(
    everywhere: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rolling, "take_in", lambda _: False)
    storage = await everywhere(SegmentLimits(rows=6))
    minutes = [a_span("web", start_ns=NOON + number * MINUTE) for number in (0, 0, 1, 2)]
    other = a_span("shop")
    straddling, pinned = a_trace_id(), a_trace_id()
    await storage.writer.write([a_batch(*minutes, other, a_span("web", trace_id=straddling))])
    late = [a_span("late", start_ns=NOON + MINUTE, trace_id=straddling) for _ in range(5)]
    await storage.writer.write([a_batch(*late, a_span("web", trace_id=pinned))])
    await storage.pin("default", pinned)
    await all_sealed(storage)
    exact = (7, 6, 1)

    async def counted() -> tuple[int, int, int]:
        numbers = [await total_traces(storage, *names) for names in ((), ("web",), ("shop",))]
        return numbers[0], numbers[1], numbers[2]

    assert await counted() == exact
    await dropped(storage, 1)
    assert await counted() == (7, 5, 1)  # what is left of the trace that straddles is late's
    await dropped(storage, 2)
    assert await counted() == (7, 5, 1)
    assert not await asyncio.to_thread(all_taken_in, storage)
    storage = await everywhere(SMALL)
    assert await counted() == (7, 5, 1)
    monkeypatch.undo()
    storage = await everywhere(SMALL)
    assert await counted() == (7, 5, 1)
    await until(partial(all_taken_in, storage))
    assert await counted() == (7, 5, 1)
