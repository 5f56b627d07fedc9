"""Killed while retention drops and rewrites segments, no half of one is left on any database."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from argus.storage import Retention, Storage, TimeRange
from argus.storage.sql.tables import PINNED
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import BACKENDS, SMALL, Open, all_sealed, segments_of
from tests.storage.test_retention import received, three_ages, until

ROOT = Path(__file__).parents[2]

CHILD = """
import asyncio, os, signal, sys, time
from argus.storage import Retention, SegmentLimits
from argus.storage.open import open_storage
from argus.storage.sql.departures import Departures
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.pins import Pins
from argus.storage.sql.retention import Keeper
from argus.storage.sql.rolling import Rolling
from argus.storage.sql.segments import Segments
from argus.storage.sql.servers.schemas import Schemas
from argus.storage.sql.straddling import Straddling
owner, name, when = sys.argv[3:6]
whole = getattr(globals()[owner], name)
def dying(*arguments, **more):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = whole(*arguments, **more)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(globals()[owner], name, dying)
async def main():
    storage = await open_storage(
        sys.argv[1], sys.argv[2], query_timeout_s=10, limits=SegmentLimits(rows=4),
        retention=Retention(days=7, logs_days=3))
    await asyncio.sleep(20)
asyncio.run(main())
"""


def run_until_killed(driver: str, dsn: str, *point: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, driver, dsn, *point],
        cwd=ROOT, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert (child.returncode, child.stderr) == (-signal.SIGKILL, "")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("Departures", "count"),
        ("Departures", "leaving"),
        ("Rolling", "take_in"),
        ("Pins", "keep"),
        ("Segments", "dropping"),
        ("Straddling", "renew"),
        ("SegmentFiles", "remove"),
        ("SegmentFiles", "replace"),
        ("Segments", "forget"),
        ("Segments", "sealed"),
    ],
)
async def test_killed_at_any_step_of_dropping_no_half_segment_is_left(
    opened: Open, tmp_path: Path, owner: str, name: str, when: str
) -> None:
    await killed_while_dropping(opened, "sqlite", str(tmp_path / "argus.db"), owner, name, when)


@pytest.mark.parametrize(
    ("any_place", "when"), [("postgres", "before"), ("mysql", "after")], indirect=["any_place"]
)
async def test_killed_before_or_after_it_drops_a_schema_none_is_left(
    everywhere: Open, any_place: tuple[str, str], when: str
) -> None:
    await killed_while_dropping(everywhere, *any_place, "Schemas", "remove", when)


async def killed_while_dropping(again: Open, driver: str, dsn: str, *point: str) -> None:
    storage = await again(SMALL)
    pinned = a_trace_id()
    for batches in three_ages():
        await storage.writer.write(batches)
    ages = (a_span(name="pinned", trace_id=pinned), a_span(name="p", trace_id=pinned))
    for age, span in zip((9, 0), ages, strict=True):
        logs = [a_log_record(f"p{age}", trace_id=pinned) for _ in range(3)]
        await storage.writer.write(received(age, span, *logs))
    await storage.pin("default", pinned)
    await all_sealed(storage)
    await storage.close()
    run_until_killed(driver, dsn, *point)
    storage = await again(SMALL, retention=Retention(days=7, logs_days=3))
    assert await counted(storage) == (7, 8)
    await until(
        storage, (["0", "0", "5", "5", "pinned"], ["0", "0", "p0", "p0", "p0", "p9", "p9", "p9"])
    )
    detail = await storage.reader("default").get_trace(pinned)
    assert detail is not None
    assert (len(detail.spans), detail.logs_total, detail.summary.span_count) == (2, 6, 2)
    for _ in range(100):
        numbers = {segment.id for segment in segments_of(storage)}
        if len(numbers) == 5:
            break
        await asyncio.sleep(0.05)
    assert len(numbers) == 5
    for _ in range(100):
        there = await asyncio.to_thread(kept_on_disk, driver, dsn)
        if there == numbers:
            break
        await asyncio.sleep(0.05)
    assert there == numbers
    assert await counted(storage) == (7, 8)


async def counted(storage: Storage) -> tuple[int, int]:
    """All traces and spans that ever were, by the dashboard."""
    numbers = await storage.reader("default").dashboard(TimeRange(NOON, NOON + 60 * SECOND), ())
    return numbers.total_traces, numbers.total_spans


def kept_on_disk(driver: str, dsn: str) -> set[int]:
    """The numbers of the segments that are there, that of pinned traces included."""
    if driver != "sqlite":
        return BACKENDS[driver](dsn, 10).numbers() | {PINNED}
    files = Path(f"{dsn}.segments").glob("*.db")
    return {PINNED if file.stem == "pinned" else int(file.stem) for file in files}


async def test_what_is_counted_goes_while_others_are_being_counted(opened: Open) -> None:
    storage = await opened(SMALL)
    await storage.writer.write([a_batch(*(a_span() for _ in range(4)))])
    (segment,) = await all_sealed(storage)
    assert (await storage.reader("default").dashboard(TimeRange(), ())).total_spans == 4
    rolling, keeper = storage._rolling, storage._keeper  # type: ignore[attr-defined]
    with rolling._lock:
        async with asyncio.timeout(10):
            await asyncio.to_thread(keeper.drop, segment)
    assert (await storage.reader("default").dashboard(TimeRange(), ())).total_spans == 4
    assert segment not in segments_of(storage)
