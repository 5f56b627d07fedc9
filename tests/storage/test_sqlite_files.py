"""SQLite's own promises: one process per file, crashes, refused writes, deadlines, start errors."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from argus.errors import DeadlineExceeded, StartError, Unavailable
from argus.storage import LogQuery, Storage, TimeRange, TraceQuery
from argus.storage.open import migrate, open_storage
from argus.storage.sql import driver
from argus.storage.sql.tables import CONTROL_REVISION, SCHEMA_VERSION
from tests.builders import a_batch, a_resource, a_span, a_trace_id

sqlite: Any = vars(driver)["sqlite"]
ROOT = Path(__file__).parents[2]


async def opened(path: Path, *, query_timeout_s: float = 10.0) -> Storage:
    return await open_storage("sqlite", str(path), query_timeout_s=query_timeout_s)


def segment_of(database: Path) -> Path:
    return Path(f"{database}.segments") / "000001.db"


def run_child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


async def test_a_second_process_is_refused_in_one_line_that_names_the_first(tmp_path: Path) -> None:
    storage = await opened(tmp_path / "argus.db")
    code = (
        "import asyncio, sys\nfrom argus.storage.open import open_storage\n"
        "asyncio.run(open_storage('sqlite', sys.argv[1], query_timeout_s=1))"
    )
    child = run_child(code, str(tmp_path / "argus.db"))
    _, errors = child.communicate(timeout=30)
    await storage.close()
    assert errors.strip().endswith(
        f"DB_DSN: argus.db is in use by another argus process (pid {os.getpid()})"
    )
    await (await opened(tmp_path / "argus.db")).close()


WRITER = """
import asyncio, sys
from argus.storage.open import open_storage
from tests.builders import a_batch, a_log_record, a_span
async def main():
    storage = await open_storage("sqlite", sys.argv[1], query_timeout_s=10)
    for number in range(100_000):
        spans = [a_span(f"service {number}", name=f"{number}.{i}") for i in range(20)]
        await storage.writer.write([a_batch(*spans), a_batch(a_log_record(number))])
        print(number, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("acked_before_kill", [1, 120])
async def test_every_acked_record_survives_kill_9_exactly_once(
    tmp_path: Path, acked_before_kill: int
) -> None:
    child = run_child(WRITER, str(tmp_path / "argus.db"))
    assert child.stdout is not None
    for _ in range(acked_before_kill):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    rest, errors = child.communicate(timeout=30)
    assert errors == ""
    acked = acked_before_kill + rest.count("\n")
    storage = await opened(tmp_path / "argus.db")
    reader = storage.reader("default")
    found: list[str] = []
    cursor = None
    while True:
        page = await reader.find_traces(TraceQuery(limit=1000, cursor=cursor))
        found += [trace.root_operation for trace in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    logs = await reader.find_logs(LogQuery(limit=1))
    stats = await storage.stats()
    await storage.close()
    assert len(found) == len(set(found)) == stats.spans == page.total
    assert {f"{number}.{i}" for number in range(acked) for i in range(20)} <= set(found)
    # A commit may have been cut off between its sync and its line of output, never within.
    assert stats.spans in (20 * acked, 20 * (acked + 1))
    assert logs.total == stats.logs == stats.spans // 20
    check = sqlite.connect(segment_of(tmp_path / "argus.db"))
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


async def test_summaries_resume_from_the_watermark_after_a_crash(tmp_path: Path) -> None:
    storage = await opened(tmp_path / "argus.db")
    trace_id = a_trace_id()
    await storage.writer.write([a_batch(*(a_span(trace_id=trace_id) for _ in range(3)))])
    await storage.reader("default").find_traces(TraceQuery())
    await storage.writer.write([a_batch(a_span(trace_id=trace_id))])
    await storage.close()
    storage = await opened(tmp_path / "argus.db")
    (trace,) = (await storage.reader("default").find_traces(TraceQuery())).items
    await storage.close()
    assert trace.span_count == 4


@pytest.mark.parametrize("closed_between", [False, True])
async def test_summaries_follow_by_themselves(tmp_path: Path, closed_between: bool) -> None:
    storage = await opened(tmp_path / "argus.db")
    await storage.writer.write([a_batch(*(a_span() for _ in range(5)))])
    if closed_between:
        await storage.close()
        storage = await opened(tmp_path / "argus.db")
    look = sqlite.connect(segment_of(tmp_path / "argus.db"))
    try:
        for _ in range(100):
            await asyncio.sleep(0.05)
            if look.execute("SELECT count(*) FROM traces").fetchone() == (5,):
                break
        assert look.execute("SELECT count(*) FROM traces").fetchone() == (5,)
    finally:
        look.close()
        await storage.close()


async def test_a_locked_database_refuses_and_works_again_afterwards(tmp_path: Path) -> None:
    storage = await opened(tmp_path / "argus.db")
    batch = a_batch(a_span(resource=a_resource("never seen before")))
    batch.key = b"key"
    other = sqlite.connect(segment_of(tmp_path / "argus.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as caught:
        await storage.writer.write([batch])
    assert caught.value.retry_after_s is not None
    assert "locked" in caught.value.message
    other.execute("ROLLBACK")
    other.close()
    assert [len(kept) for kept in await storage.writer.write([batch])] == [1]
    assert (await storage.stats()).spans == 1
    assert await storage.reader("default").service_names() == ["never seen before"]
    await storage.close()


DISK_FULL = """
import asyncio, resource, signal, sys
from argus.errors import Unavailable
from argus.storage import LogQuery
from argus.storage.open import open_storage
from tests.builders import a_batch, a_log_record, a_resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
async def main():
    storage = await open_storage("sqlite", sys.argv[1], query_timeout_s=10)
    new = a_resource("new")
    await storage.writer.write([a_batch(a_log_record("first"))])
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    many = [a_log_record("x" * 500, resource=new) for _ in range(3000)]
    try:
        await storage.writer.write([a_batch(*many)])
    except Unavailable as error:
        print("refused:", error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print((await storage.stats()).logs)
    await storage.writer.write([a_batch(*many)])
    page = await storage.reader("default").find_logs(LogQuery(services=("new",)))
    print(page.total, (await storage.stats()).logs)
    await storage.close()
asyncio.run(main())
"""


def test_a_full_disk_stores_nothing_and_works_again_with_room(tmp_path: Path) -> None:
    child = run_child(DISK_FULL, str(tmp_path / "argus.db"))
    output, errors = child.communicate(timeout=60)
    assert errors == ""
    refused, kept, after = output.splitlines()
    assert refused.startswith("refused: storage: ")
    assert (kept, after) == ("1", "3000 3001")


async def test_a_query_over_its_deadline_is_stopped_and_the_next_one_answers(
    tmp_path: Path,
) -> None:
    storage = await opened(tmp_path / "argus.db")
    for _ in range(3):
        await storage.writer.write([a_batch(*(a_span() for _ in range(20_000)))])
    await storage.reader("default").find_traces(TraceQuery())
    await storage.close()
    hasty = await opened(tmp_path / "argus.db", query_timeout_s=0.005)
    with pytest.raises(DeadlineExceeded) as caught:
        await hasty.reader("default").find_traces(TraceQuery(sort_by="duration"))
    assert caught.value.message == "the query took longer than 0.005 s"
    await hasty.close()
    patient = await opened(tmp_path / "argus.db")
    assert (await patient.reader("default").dashboard(TimeRange(), ())).total_spans == 60_000
    await patient.close()


async def test_a_cancelled_query_leaves_the_storage_usable(tmp_path: Path) -> None:
    storage = await opened(tmp_path / "argus.db")
    await storage.writer.write([a_batch(*(a_span() for _ in range(20_000)))])
    reader = storage.reader("default")
    for _ in range(8):
        task = asyncio.create_task(reader.dashboard(TimeRange(), ()))
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await reader.dashboard(TimeRange(), ())).total_spans == 20_000
    await storage.close()


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    path.write_text("my notes, not a database\n" * 100)
    with pytest.raises(StartError, match="not a database") as caught:
        await opened(path)
    assert "\n" not in str(caught.value)
    assert path.read_text().startswith("my notes")


async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"^DB_DSN: .*file"):
        await opened(tmp_path / "file" / "argus.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StartError, match=r"^DB_DSN: .*folder\.db"):
        await opened(tmp_path / "folder.db")


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    await (await opened(path)).close()
    for known, statement in (
        (CONTROL_REVISION, "UPDATE alembic_version SET version_num = '{}'"),
        (SCHEMA_VERSION, "UPDATE segments SET schema_version = {}"),
    ):
        connection = sqlite.connect(path, isolation_level=None)
        connection.execute(statement.format(9999))
        with pytest.raises(StartError, match="newer argus"):
            await opened(path)
        connection.execute(statement.format(known))
        connection.close()
    await (await opened(path)).close()


async def test_a_missing_segment_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    await (await opened(path)).close()
    segment_of(path).rename(tmp_path / "elsewhere.db")
    with pytest.raises(StartError, match=r"000001\.db is missing"):
        await opened(path)


async def test_segments_are_found_again_when_the_control_database_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "argus.db"
    storage = await opened(path)
    for tenant in ("red", "blue"):
        await storage.writer.write([a_batch(a_span(tenant), tenant=tenant)])
    await storage.close()
    path.unlink()
    storage = await opened(path)
    assert await storage.reader("red").service_names() == ["red"]
    assert await storage.reader("blue").service_names() == ["blue"]
    await storage.writer.write([a_batch(a_span("late"), tenant="green")])
    assert await storage.reader("green").service_names() == ["late"]
    await storage.close()


def test_migrating_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    assert migrate("sqlite", str(tmp_path / "argus.db"))
    assert not migrate("sqlite", str(tmp_path / "argus.db"))


async def test_the_write_connection_is_durable(tmp_path: Path) -> None:
    storage = await opened(tmp_path / "argus.db")
    look = sqlite.connect(segment_of(tmp_path / "argus.db"))
    assert look.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    look.close()
    await storage.close()


FALLBACK = """
import asyncio, logging, sys
sys.modules["pysqlite3"] = None
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
import sqlite3
from argus.storage import TraceQuery, LogQuery, TimeRange
from argus.storage.open import open_storage
from argus.storage.sql import driver
from tests.builders import a_batch, a_log_record, a_span
assert driver.sqlite is sqlite3
async def main():
    storage = await open_storage("sqlite", sys.argv[1], query_timeout_s=10)
    span = a_span()
    log = a_log_record("words", trace_id=span.trace_id)
    await storage.writer.write([a_batch(*(a_span() for _ in range(700))), a_batch(span),
                                a_batch(log)])
    reader = storage.reader("default")
    detail = await reader.get_trace(span.trace_id)
    print(len(detail.spans), len(detail.logs), (await reader.find_traces(TraceQuery())).total,
          (await reader.find_logs(LogQuery(search="words"))).total,
          (await reader.dashboard(TimeRange(), ())).total_spans)
    await storage.close()
asyncio.run(main())
"""


def test_the_standard_library_takes_over_and_says_so(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415  (beside pysqlite3 only to know its version)

    child = run_child(FALLBACK, str(tmp_path / "argus.db"))
    output, errors = child.communicate(timeout=60)
    assert errors == ""
    lines = output.splitlines()
    assert lines[-1] == "1 1 701 1 701"
    warned = sqlite3.sqlite_version_info < (3, 51, 3)
    assert any(line.startswith("WARNING SQLite 3.") for line in lines) == warned
