"""What is remembered of hours is what would be read, whatever changes meanwhile."""

import asyncio
from collections.abc import Callable

from argus.storage import SegmentLimits, TimeRange
from argus.storage.sql.remembered import MOST_WEIGHT, Remembered
from tests.builders import NOON, a_batch, a_span
from tests.storage.conftest import Open

HOUR = 3600 * 10**9
HOURS = range(10, 20)


def reads(value: str, into: list[str]) -> Callable[[], str]:
    def read() -> str:
        into.append(value)
        return value

    return read


def asked(
    remembered: Remembered, value: str, *, change: int | None = None, key: str = "", weight: int = 1
) -> tuple[str, bool]:
    """What is answered where `value` would be read, and whether it was read."""
    change = remembered.change if change is None else change
    read: list[str] = []
    found = remembered.of(key, HOURS, change, reads(value, read), lambda _: weight)
    return found, bool(read)


def test_what_did_not_change_is_read_once() -> None:
    remembered = Remembered()
    assert asked(remembered, "a") == ("a", True)
    remembered.changes([9, 20])
    assert asked(remembered, "a") == ("a", False)
    assert asked(remembered, "b", key="other") == ("b", True)


def test_a_change_of_any_of_its_hours_is_read() -> None:
    remembered = Remembered()
    asked(remembered, "a")
    remembered.changes([19])
    assert asked(remembered, "b") == ("b", True)
    remembered.changes(None)
    assert asked(remembered, "c") == ("c", True)
    assert asked(remembered, "c") == ("c", False)


def test_a_reading_that_began_before_a_change_is_given_nothing_newer_and_leaves_nothing() -> None:
    remembered = Remembered()
    before = remembered.change
    remembered.changes([12])
    assert asked(remembered, "old", change=before) == ("old", True)
    assert asked(remembered, "new") == ("new", True)
    assert asked(remembered, "old", change=before) == ("old", True)
    assert asked(remembered, "new") == ("new", False)


def test_what_is_read_while_it_changes_is_not_kept() -> None:
    remembered = Remembered()
    remembered.changes([12])  # and is about to be committed
    asked(remembered, "either")
    remembered.changes([12])
    assert asked(remembered, "new") == ("new", True)


def test_it_remembers_no_more_than_it_may_and_forgets_what_was_asked_longest_ago() -> None:
    remembered = Remembered()
    for key in ("a", "b", "c", "d"):
        asked(remembered, key, key=key, weight=MOST_WEIGHT // 4)
        asked(remembered, "a", key="a", weight=MOST_WEIGHT // 4)
    assert asked(remembered, "a", key="a") == ("a", False)
    assert asked(remembered, "b", key="b") == ("b", True)
    assert asked(remembered, "large", key="large", weight=MOST_WEIGHT) == ("large", True)
    assert asked(remembered, "large", key="large", weight=MOST_WEIGHT) == ("large", True)


async def test_records_that_come_late_are_counted_in_hours_that_were_asked_for_before(
    everywhere: Open,
) -> None:
    storage = await everywhere(SegmentLimits())
    reader, range_ = storage.reader("default"), TimeRange(NOON - 5 * HOUR, NOON + 5 * HOUR)
    at = NOON - NOON % HOUR
    for number in range(1, 5):
        span = a_span(f"service-{number % 2}", start_ns=at + number, end_ns=at + number + 10**6)
        await storage.writer.write([a_batch(span)])
        for _ in range(2):
            dashboard, services, heatmap = await asyncio.gather(
                reader.dashboard(range_, ()),
                reader.services(range_, ()),
                reader.latency_heatmap(range_, ()),
            )
            assert dashboard.total_spans == dashboard.total_traces == number
            assert sum(one.span_count for one in services.services) == number
            assert sum(map(sum, heatmap.counts)) == number
            assert (await reader.dashboard(range_, ("service-1",))).total_spans == -(-number // 2)
