"""Readers and the writer do not stand in each other's way, whatever one of them does."""

import asyncio
import os
import time
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from argus.storage import LogQuery, SegmentLimits, Storage, TraceQuery
from argus.storage.sql import driver
from argus.storage.sql.engine import READERS
from argus.storage.sql.file_reading import MOST_HELD, MOST_IDLE
from tests.builders import a_batch, a_log_record, a_span
from tests.storage.conftest import Open, all_sealed, segments_of

sqlite: Any = vars(driver)["sqlite"]
MIB = 2**20


@pytest.fixture
async def storage(opened: Open) -> Storage:
    """A storage in which one trace is in the lists."""
    storage = await opened(SegmentLimits())
    await storage.writer.write([a_batch(a_span(name="first"))])
    await storage.reader("default").find_traces(TraceQuery())
    return storage


@pytest.mark.parametrize("file", ["argus.db", "argus.db.segments/000001.db"])
async def test_lists_answer_while_a_database_is_locked(
    storage: Storage, tmp_path: Path, file: str
) -> None:
    await storage.writer.write([a_batch(a_span(name="second"))])
    other = sqlite.connect(tmp_path / file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    page = await storage.reader("default").find_traces(TraceQuery())
    assert {trace.root_operation for trace in page.items} >= {"first"}
    assert time.monotonic() - began < 3
    other.execute("ROLLBACK")
    other.close()
    page = await storage.reader("default").find_traces(TraceQuery())
    assert page.total == 2


def largest(folder: Path, pattern: str) -> int:
    """Bytes of the largest file, while files come and go."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if fnmatch(entry.name, pattern)]
    sizes = [0]
    for name in names:
        with suppress(FileNotFoundError):
            sizes.append((folder / name).stat().st_size)
    return max(sizes)


async def test_a_reader_that_never_ends_keeps_no_file_from_ending(
    opened: Open, tmp_path: Path
) -> None:
    storage = await opened(SegmentLimits(bytes=MIB))
    await storage.writer.write([a_batch(a_log_record("first"))])
    folder = tmp_path / "argus.db.segments"
    other = sqlite.connect(folder / "000001.db", isolation_level=None)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM logs").fetchone() == (1,)
    for number in range(60):
        noise = [a_log_record(f"{number} " + "x" * 5_000) for _ in range(40)]
        await storage.writer.write([a_batch(*noise)])
        assert largest(folder, "*.db-wal") < 3 * MIB
    page = await storage.reader("default").find_logs(LogQuery(limit=1))
    assert page.total == 2401
    assert len(segments_of(storage)) > 5
    assert segments_of(storage)[-1].state == "sealing"
    other.execute("ROLLBACK")
    other.close()
    sealed = await all_sealed(storage)
    assert sum(segment.logs or 0 for segment in sealed) + 1 >= 2_000
    assert (await storage.stats()).logs == 2401


async def test_a_hundred_segments_take_a_bounded_number_of_files(
    opened: Open, tmp_path: Path
) -> None:
    storage = await opened()
    for _ in range(100):
        await storage.writer.write([a_batch(*(a_span() for _ in range(4)))])
    await all_sealed(storage)
    reader = storage.reader("default")
    pages = await asyncio.gather(*(reader.find_traces(TraceQuery(limit=1000)) for _ in range(8)))
    assert {len(page.items) for page in pages} == {400}
    trace_id = pages[0].items[-1].trace_id
    assert await reader.get_trace(trace_id) is not None
    assert len(os.listdir("/proc/self/fd")) < 4 * (MOST_IDLE + MOST_HELD * READERS)
