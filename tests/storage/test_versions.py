"""Segments that an older version wrote are read, cut and copied from as they are.

`version_1.zip` is a database that Argus wrote before patterns were on the rows: a sealed segment,
an active one with a write-ahead log, and a spare. Each of three traces (ids of 01, 02 and 03) has
two spans and three log records.
"""

import dataclasses
import zipfile
from pathlib import Path

import pytest

from argus.model import Pattern
from argus.query import parse
from argus.storage import LogQuery, PatternQuery, SegmentLimits, Storage, TimeRange, TraceQuery
from tests.builders import NOON, SECOND, a_batch, a_log_record
from tests.storage.conftest import Open, all_sealed
from tests.storage.test_sqlite_files import sqlite

MINUTE = 60 * SECOND
PATTERN = Pattern(b"8 bytes.", "order <*>")
FIRST, SECOND_TRACE = b"\1" * 16, b"\2" * 16


@pytest.fixture
async def old(opened: Open, tmp_path: Path) -> Storage:
    """A storage over the old database."""
    with zipfile.ZipFile(Path(__file__).with_name("version_1.zip")) as archive:
        archive.extractall(tmp_path)
    return await opened(SegmentLimits())


def versions(folder: Path) -> list[int]:
    found = []
    for path in sorted((folder / "argus.db.segments").glob("*.db")):
        connection = sqlite.connect(path)
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        found.append(row[0])
        connection.close()
    return found


async def write(storage: Storage) -> None:
    record = a_log_record("order 9", pattern_id=PATTERN.id, time_ns=NOON + 9 * MINUTE)
    await storage.writer.write([dataclasses.replace(a_batch(record), patterns=[PATTERN])])


async def test_old_and_new_log_records_are_read_together(old: Storage, tmp_path: Path) -> None:
    await write(old)
    reader = old.reader("default")
    page = await reader.find_logs(LogQuery())
    assert (page.total, len(page.items)) == (10, 10)
    assert [record.pattern_id for record in page.items] == [PATTERN.id] + [b""] * 9
    for text, total in ((f"pattern:{PATTERN.id.hex()}", 1), ("NOT pattern:*", 9), ("order", 10)):
        assert (await reader.find_logs(LogQuery(filter=parse(text, "logs")))).total == total
    assert (await reader.find_traces(TraceQuery())).total == 3
    detail = await reader.get_trace(FIRST)
    assert detail is not None
    assert detail.logs_total == 3
    patterns = await reader.patterns(PatternQuery(TimeRange(NOON, NOON + 60 * MINUTE)))
    assert [(one.template, one.records) for one in patterns.patterns] == [("order <*>", 1)]
    numbers = await reader.dashboard(TimeRange(), ())
    assert (numbers.total_logs, numbers.total_spans) == (10, 6)
    await all_sealed(old)
    assert versions(tmp_path)[0] == 1, "a sealed segment is not rewritten at a start"


async def test_an_old_segment_that_is_cut_becomes_a_new_one(old: Storage, tmp_path: Path) -> None:
    await write(old)
    await all_sealed(old)
    purged = await old.purge(NOON + 1)
    assert (purged.spans, purged.logs) == (2, 1)
    assert versions(tmp_path) == [2] * len(versions(tmp_path))
    reader = old.reader("default")
    assert (await reader.find_logs(LogQuery(filter=parse("order", "logs")))).total == 9
    assert (await reader.find_logs(LogQuery(filter=parse("pattern:*", "logs")))).total == 1


async def test_what_is_pinned_is_copied_from_an_old_segment_and_from_a_new_one(
    old: Storage,
) -> None:
    await write(old)
    record = a_log_record(
        "order 9", pattern_id=PATTERN.id, time_ns=NOON + MINUTE, trace_id=SECOND_TRACE
    )
    await old.writer.write([dataclasses.replace(a_batch(record), patterns=[PATTERN])])
    for trace_id in (FIRST, SECOND_TRACE):
        assert await old.pin("default", trace_id)
    await old.purge(NOON + 60 * MINUTE)
    reader = old.reader("default")
    logs = (await reader.find_logs(LogQuery())).items
    assert sorted(log.pattern_id for log in logs) == [b""] * 6 + [PATTERN.id]
    assert (await reader.find_traces(TraceQuery())).total == 2
