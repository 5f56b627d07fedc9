"""Measures how long questions take at the reader while the data grows.

    python -m bench.query [--quick | --long] [--json FILE] [--doc PAGE]

Ten days of spans and logs of 10 000, 100 000 and 1 000 000 spans; `--quick` leaves out the last,
`--long` adds ten million (some 10 GB of disk). Every data file lies in a temporary folder.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from argus.storage import LogQuery, Reader, Storage, TimeRange, TraceQuery
from argus.storage.open import open_storage
from bench.conditions import observed
from bench.history import DAY_NS, DAYS, History, store
from bench.report import Line, Result
from bench.rollup_cost import fold_cost_us

ASKED = 40
"""Times that a question is asked at each size."""
DEEP_PAGE = 1000
PAGE = 50

_MINUTE_NS = 60 * 10**9
_HOUR_NS = 60 * _MINUTE_NS

Question = Callable[[Reader, History, random.Random], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A question, and its bounds: p95 in milliseconds at the largest size, growth since 10 000."""

    name: str
    ask: Question
    at_most_ms: float
    growth: float | None = None


async def _dashboard(reader: Reader, history: History, draw: random.Random) -> object:
    end_ns = history.end_ns - draw.randrange(_MINUTE_NS)
    return await reader.dashboard(TimeRange(end_ns - 15 * _MINUTE_NS, end_ns), ())


async def _ten_days(reader: Reader, history: History, draw: random.Random) -> object:
    range_ = TimeRange(history.start_ns + draw.randrange(_HOUR_NS), history.end_ns)
    return (
        await reader.dashboard(range_, ()),
        await reader.traffic(range_, ()),
        await reader.latency_heatmap(range_, ()),
    )


async def _map(reader: Reader, history: History, draw: random.Random) -> object:
    end_ns = history.end_ns - draw.randrange(_HOUR_NS)
    return await reader.service_map(TimeRange(end_ns - DAY_NS, end_ns), ())


async def _trace(reader: Reader, history: History, draw: random.Random) -> object:
    return await reader.get_trace(draw.choice(history.long_traces))


def _some_hour(history: History, draw: random.Random) -> TimeRange:
    start_ns = draw.randrange(history.start_ns, history.end_ns - _HOUR_NS)
    return TimeRange(start_ns, start_ns + _HOUR_NS)


async def _search(reader: Reader, history: History, draw: random.Random) -> object:
    query = TraceQuery(
        _some_hour(history, draw),
        services=("shop-cart-00",),
        search="GET api v1 orders",
        min_duration_ns=50 * 10**6,
    )
    return await reader.find_traces(query)


async def _log_words(reader: Reader, history: History, draw: random.Random) -> object:
    return await reader.find_logs(LogQuery(search=f"parcel {draw.randrange(2000)}", limit=100))


QUESTIONS = (
    Measured("dashboard, 15 min", _dashboard, 60, 1.5),
    Measured("dashboard + traffic + heatmap, 10 days", _ten_days, 250),
    Measured("service map, 24 h", _map, 150),
    Measured("trace of 100 spans by id", _trace, 10),
    Measured("service + words + duration, 1 h", _search, 20),
    Measured("log words, newest 100", _log_words, 50),
)


def main() -> None:
    """Run the benchmark and print its table."""
    chosen = _arguments()
    sizes = [10_000, 100_000]
    if not chosen.quick:
        sizes.append(1_000_000)
    if chosen.long:
        sizes.append(10_000_000)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    with observed() as conditions:
        lines = asyncio.run(_all(sizes))
    mode = "quick" if chosen.quick else "long" if chosen.long else "full"
    result = Result(mode, ASKED, started, conditions, lines, {})
    sys.stdout.write(result.text())
    if chosen.doc:
        result.put_into(chosen.doc, "queries")
    if chosen.json:
        result.write(chosen.json)


async def _all(sizes: list[int]) -> list[Line]:
    lines: list[Line] = []
    first: dict[str, float] = {}
    for size in sizes:
        largest = size == sizes[-1]
        with tempfile.TemporaryDirectory(prefix="argus-query-") as folder:
            path = Path(folder) / "argus.db"
            storage = await open_storage("sqlite", str(path), query_timeout_s=600)
            began = time.monotonic()
            history = await store(storage, size)
            reader = storage.reader("default")
            await reader.find_traces(TraceQuery(limit=1))
            await reader.dashboard(TimeRange(history.start_ns, history.end_ns), ())
            sys.stderr.write(f"{size} spans stored and folded, {time.monotonic() - began:.0f} s\n")
            for question in QUESTIONS:
                found = await _asked(question, reader, history)
                p95 = sorted(found)[int(0.95 * len(found))]
                first.setdefault(question.name, p95)
                lines += _lines(question, size, p95, first[question.name], largest)
            if history.logs > PAGE * DEEP_PAGE:
                lines.append(await _deep_page(reader, size))
            lines += await _sizes(storage, history, size, largest)
            await storage.close()
    lines.append(await _fold_cost("100 000 spans of a minute", _MINUTE_NS))
    lines.append(await _fold_cost("100 000 spans of ten days", DAYS * DAY_NS))
    return sorted(lines, key=lambda line: line.name.partition(" at ")[0])


async def _asked(question: Measured, reader: Reader, history: History) -> list[float]:
    """Milliseconds of each time a question was asked; the first two are not counted."""
    draw = random.Random(question.name)
    found = []
    for number in range(ASKED + 2):
        began = time.perf_counter()
        await question.ask(reader, history, draw)
        if number >= 2:
            found.append((time.perf_counter() - began) * 1000)
    return found


def _lines(question: Measured, size: int, p95: float, first: float, largest: bool) -> list[Line]:
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


async def _fold_cost(name: str, long_ns: int) -> Line:
    with tempfile.TemporaryDirectory(prefix="argus-query-") as folder:
        path = Path(folder) / "argus.db"
        storage = await open_storage("sqlite", str(path), query_timeout_s=600)
        await store(storage, 100_000, long_ns)
        await storage.close()
        cost = await asyncio.to_thread(fold_cost_us, path)
    return Line(f"CPU of rollups and calls, {name}", "µs", [cost])


async def _sizes(storage: Storage, history: History, size: int, largest: bool) -> list[Line]:
    stats = await storage.stats()
    ratio = stats.bytes / history.protobuf_bytes
    bound = 1.3 if largest else None
    return [
        Line(
            f"bytes on disk / protobuf at {size}", "", [ratio], at_most=bound,
            note=f"{stats.bytes} bytes for {history.spans} spans and {history.logs} log records",
        )
    ]  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.query", description="Questions to the reader, while the data grows."
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="10 000 and 100 000 spans only")
    length.add_argument("--long", action="store_true", help="ten million spans as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--doc", type=Path, metavar="PAGE", help="replace the table in a page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
