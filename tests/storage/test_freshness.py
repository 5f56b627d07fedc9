"""An answer waits for what was just stored, but not under load: then it is of a moment before."""

import asyncio
import time

from argus.storage import TimeRange
from argus.storage.sql import freshness
from argus.storage.sql.freshness import BUSY, RENEW_S, STALE_S, Freshness
from tests.builders import NOON, SECOND, a_batch, a_log_record
from tests.storage.conftest import Open


class Slow:
    """Catches up once it is let go on."""

    def __init__(self) -> None:
        self.called = 0
        self.go_on = asyncio.Event()

    async def catch_up(self) -> None:
        """Wait."""
        self.called += 1
        await self.go_on.wait()


def followed(slow: Slow, *, age_s: float, rate: float) -> Freshness:
    """What was last complete so many seconds ago, when so many records came in each second."""
    behind, now = Freshness("rollups", slow.catch_up), time.monotonic()
    behind.counted(now - age_s - 1, 0)
    behind.counted(now - age_s, round(rate))
    return behind


async def waits(behind: Freshness) -> bool:
    """Whether an answer waits for what is caught up with."""
    began = time.monotonic()
    await behind.answer(0.2)
    return time.monotonic() - began >= 0.2


async def test_a_load_is_known_however_often_it_is_counted() -> None:
    slow, now = Slow(), time.monotonic()
    behind = Freshness("rollups", slow.catch_up)
    for tenth in range(12):
        behind.counted(now - 1.2 + tenth / 10, tenth * BUSY // 5)
    assert not await waits(behind)


async def test_an_answer_waits_for_the_few_records_of_an_idle_server() -> None:
    slow = Slow()
    assert await waits(followed(slow, age_s=0.1, rate=BUSY / 2))
    assert slow.called == 1


async def test_under_load_answers_do_not_wait_and_one_of_them_has_the_next_be_newer() -> None:
    slow = Slow()
    behind = followed(slow, age_s=RENEW_S + 0.1, rate=BUSY * 2)
    assert not await waits(behind)
    assert not await waits(behind)
    await asyncio.sleep(0)
    assert slow.called == 1


async def test_under_load_what_is_fresh_is_left_alone() -> None:
    slow = Slow()
    assert not await waits(followed(slow, age_s=0, rate=BUSY * 2))
    assert slow.called == 0


async def test_under_load_an_answer_waits_for_what_is_too_old() -> None:
    slow = Slow()
    assert await waits(followed(slow, age_s=STALE_S, rate=BUSY * 2))


async def test_the_end_of_a_load_is_in_the_answers_soon(opened: Open) -> None:
    storage = await opened()
    reader, range_ = storage.reader("default"), TimeRange(NOON, NOON + SECOND)
    batch = a_batch(*(a_log_record(f"number {number}") for number in range(2 * BUSY)))
    for _ in range(3):
        await storage.writer.write([batch])
        await reader.dashboard(range_, ())
    until = time.monotonic() + freshness.STALE_S
    while (await reader.dashboard(range_, ())).total_logs < 6 * BUSY:
        assert time.monotonic() < until + 5
        await asyncio.sleep(0.1)
