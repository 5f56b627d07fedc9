"""Measures how long questions take while the data grows: at the reader, and through HTTP.

    python -m bench.query [--quick | --long] [--http] [--data DIR] [--json FILE] [--doc PAGE]

Ten days of spans and logs of 10 000, 100 000 and 1 000 000 spans; `--quick` leaves out the last,
`--long` adds ten million (some 15 GB of disk, twice that while it is copied). `--data` keeps what
was grown in a folder and finds it there the next time; without it, it lies in a temporary one.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argus import interpreter
from argus.storage import LogQuery, Reader, SegmentLimits, Storage, TimeRange, TraceQuery
from argus.storage.open import open_storage
from bench import day_drop, query_http
from bench.conditions import observed
from bench.history import DAY_NS, DAYS, LOGS_PER_SPAN, History, store
from bench.questions import QUESTIONS, Question
from bench.report import Line, Result
from bench.rollup_cost import fold_cost_us

ASKED = 40
"""Times that a question is asked at each size."""
DEEP_PAGE = 1000
PAGE = 50

_UNCOUNTED = 2
_IDLE_S = 0.03
"""Processor time of half a second in which nothing is done."""
_DATABASE, _HISTORY = "argus.db", "history.json"
_QUERY_TIMEOUT_S = 600


def main() -> None:
    """Run the benchmark and print its table."""
    chosen = _arguments()
    sizes = [10_000, 100_000]
    if not chosen.quick:
        sizes.append(1_000_000)
    if chosen.long:
        sizes.append(10_000_000)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    interpreter.set_up()  # as `argus serve` has it
    with observed() as conditions, _data_folder(chosen.data) as data:
        lines = _all(sizes, data, chosen.http)
    mode = "quick" if chosen.quick else "long" if chosen.long else "full"
    result = Result(mode, ASKED, started, conditions, lines, {})
    sys.stdout.write(result.text())
    if chosen.doc:
        result.put_into(chosen.doc, "queries")
    if chosen.json:
        result.write(chosen.json)


@contextmanager
def _data_folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="argus-query-") as folder:
        yield Path(folder)


def _all(sizes: list[int], data: Path, http: bool) -> list[Line]:
    lines: list[Line] = []
    first: dict[str, float] = {}
    for size in sizes:
        largest = size == sizes[-1]
        folder = data / str(size)
        if not (folder / _HISTORY).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            asyncio.run(_grow(folder, size))
        history = History.of(folder / _HISTORY)
        p95s = asyncio.run(_asked_of_reader(folder, history, size, largest, lines))
        for question in QUESTIONS:
            first.setdefault(question.name, p95s[question.name])
            lines += _lines(question, size, p95s[question.name], first[question.name], largest)
        if largest:
            with tempfile.TemporaryDirectory(prefix="argus-query-", dir=data) as copy:
                shutil.copytree(folder, copy, dirs_exist_ok=True)
                if http:
                    lines += query_http.lines(Path(copy) / _DATABASE, history, p95s, size)
                lines += day_drop.lines(Path(copy) / _DATABASE, size)
    lines.append(asyncio.run(_fold_cost("100 000 spans of a minute", 60 * 10**9)))
    lines.append(asyncio.run(_fold_cost("100 000 spans of ten days", DAYS * DAY_NS)))
    return sorted(lines, key=lambda line: line.name.partition(" at ")[0])


async def _opened(folder: Path, size: int) -> Storage:
    """The storage in a folder, with a segment a day, or several."""
    rows = min(1_000_000, int(size * (1 + LOGS_PER_SPAN) / DAYS))
    return await open_storage(
        "sqlite", str(folder / _DATABASE),
        query_timeout_s=_QUERY_TIMEOUT_S, limits=SegmentLimits(rows=rows, age_s=1e9),
    )  # fmt: skip


async def _grow(folder: Path, size: int) -> None:
    began = time.monotonic()
    storage = await _opened(folder, size)
    history = await store(storage, size)
    await storage.purge(0)  # seals what is stored, and deletes nothing
    await storage.reader("default").dashboard(TimeRange(history.start_ns, history.end_ns), ())
    await storage.close()
    history.write(folder / _HISTORY)
    sys.stderr.write(f"{size} spans stored and folded, {time.monotonic() - began:.0f} s\n")


async def _asked_of_reader(
    folder: Path, history: History, size: int, largest: bool, lines: list[Line]
) -> dict[str, float]:
    """p95 of each question in milliseconds; what else is measured of a size goes into `lines`."""
    _read_through(folder)
    storage = await _opened(folder, size)
    reader = storage.reader("default")
    await reader.find_traces(TraceQuery(limit=1))
    await reader.dashboard(TimeRange(history.start_ns, history.end_ns), ())
    await _settled()
    found = {question.name: await _asked(question, reader, history) for question in QUESTIONS}
    if history.logs > PAGE * DEEP_PAGE:
        lines.append(await _deep_page(reader, size))
    lines.append(await _room(storage, history, size, largest))
    await storage.close()
    return found


async def _settled() -> None:
    """Return when this process has done what is left to do after an opening: what is measured is a
    server that has been running."""
    before = -1.0
    while (now := time.process_time()) - before > _IDLE_S:
        before = now
        await asyncio.sleep(0.5)


def _read_through(folder: Path) -> None:
    """Have the files in the system's memory, as they are after they were written: what is measured
    is not the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(2**22):
                    pass


async def _asked(question: Question, reader: Reader, history: History) -> float:
    """p95 in milliseconds of a question; the first times are not counted."""
    draw = random.Random(question.name)
    found = []
    for number in range(ASKED + _UNCOUNTED):
        requests = question.draw(history, draw)
        began = time.perf_counter()
        for request in requests:
            await request.read(reader)
        if number >= _UNCOUNTED:
            found.append((time.perf_counter() - began) * 1000)
    return sorted(found)[int(0.95 * len(found))]


def _lines(question: Question, size: int, p95: float, first: float, largest: bool) -> list[Line]:
    bound = question.at_most_ms if largest else None
    lines = [Line(f"{question.name}: p95 at {size}", "ms", [p95], at_most=bound)]
    if largest and first:
        name = f"{question.name}: growth at {size}"
        lines.append(Line(name, "", [p95 / first], at_most=question.growth))
    return lines


async def _deep_page(reader: Reader, size: int) -> Line:
    """Page 1 000 of the logs, reached by cursors, over page 1."""
    cursor: str | None = None
    for _ in range(DEEP_PAGE - 1):
        cursor = (await reader.find_logs(LogQuery(limit=PAGE, cursor=cursor))).next_cursor
    times: dict[str | None, list[float]] = {None: [], cursor: []}
    for _ in range(ASKED):
        for start, found in times.items():
            began = time.perf_counter()
            await reader.find_logs(LogQuery(limit=PAGE, cursor=start))
            found.append(time.perf_counter() - began)
    shallow, deep = (sorted(found)[int(0.95 * ASKED)] for found in times.values())
    return Line(f"log page {DEEP_PAGE} / page 1: p95 at {size}", "", [deep / shallow], at_most=1.3)


async def _room(storage: Storage, history: History, size: int, largest: bool) -> Line:
    stats = await storage.stats()
    ratio = stats.bytes / history.protobuf_bytes
    bound = 1.3 if largest else None
    return Line(
        f"bytes on disk / protobuf at {size}", "", [ratio], at_most=bound,
        note=f"{stats.bytes} bytes for {history.spans} spans and {history.logs} log records",
    )  # fmt: skip


async def _fold_cost(name: str, long_ns: int) -> Line:
    with tempfile.TemporaryDirectory(prefix="argus-query-") as folder:
        path = Path(folder) / _DATABASE
        storage = await open_storage("sqlite", str(path), query_timeout_s=_QUERY_TIMEOUT_S)
        await store(storage, 100_000, long_ns)
        await storage.close()
        cost = await asyncio.to_thread(fold_cost_us, path)
    return Line(f"CPU of rollups and calls, {name}", "µs", [cost])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.query", description="Questions, while the data grows."
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="10 000 and 100 000 spans only")
    length.add_argument("--long", action="store_true", help="ten million spans as well")
    parser.add_argument("--http", action="store_true", help="ask the largest through HTTP, too")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep what was grown here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--doc", type=Path, metavar="PAGE", help="replace the table in a page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
