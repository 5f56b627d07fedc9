"""A short time range is looked up by small blocks of rows, where a segment has them."""

import pytest
from sqlalchemy import delete

from argus.storage import SegmentLimits, Storage, TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.paging import BLOCK_ROWS, FINE_ROWS
from argus.storage.sql.stretches import stretches
from argus.storage.sql.tables import blocks
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_span
from tests.storage.conftest import Open

ROWS = BLOCK_ROWS + 100


async def filled(storage: Storage) -> None:
    """Store a span and a log record of each second."""
    times = [NOON + second * SECOND for second in range(ROWS)]
    await storage.writer.write([a_batch(*(a_span(start_ns=at) for at in times))])
    await storage.writer.write([a_batch(*(a_log_record("line", time_ns=at) for at in times))])


async def rows_of(storage: Storage, signal: int, *seconds: int) -> list[tuple[int, int]]:
    """The ranges of ids in which rows from a second to before another can be."""
    range_ = TimeRange(*(NOON + second * SECOND for second in seconds))
    found: list[tuple[int, int]] = await storage._database.read(  # type: ignore[attr-defined]
        1,
        lambda views: [
            ids
            for view in views
            for ids in stretches(view, [View.SPANS, View.LOGS], [range_]).get((signal, 0), [])
        ],
    )
    return found


@pytest.mark.parametrize("signal", [View.SPANS, View.LOGS])
async def test_few_rows_but_those_of_the_range_are_read(everywhere: Open, signal: int) -> None:
    storage = await everywhere()
    await filled(storage)
    ((first, last),) = await rows_of(storage, signal, 1000, 1060)
    assert first <= 1001
    assert last >= 1060
    assert last - first < 2 * FINE_ROWS
    assert await rows_of(storage, signal, ROWS, ROWS + 60) == []


async def test_a_cut_segment_keeps_its_small_blocks(everywhere: Open) -> None:
    storage = await everywhere()
    await filled(storage)
    await storage.purge(NOON + 500 * SECOND)
    ((first, last),) = await rows_of(storage, View.SPANS, 1000, 1060)
    assert last - first < 2 * FINE_ROWS


async def test_a_segment_from_before_there_were_small_blocks_is_read_by_large_ones(
    opened: Open,
) -> None:
    storage = await opened(SegmentLimits())
    await filled(storage)
    database = storage._database  # type: ignore[attr-defined]
    small = delete(blocks).where(blocks.c.signal > View.LOGS)
    await database.on_writer(lambda: database.transact(lambda rows: rows.execute(small)))
    assert await rows_of(storage, View.SPANS, 1000, 1060) == [(0, BLOCK_ROWS - 1)]
    await filled(storage)
    assert await rows_of(storage, View.SPANS, 1000, 1001) == [(0, 2 * BLOCK_ROWS - 1)]
