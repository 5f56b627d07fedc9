"""Measures the web app in a real Chromium: how fast it opens, and what it costs while one looks.

    python -m bench.web [--quick] [--only NAME ...] [--json FILE] [--doc PAGE]

Without a flag about forty minutes, thirty of them live tail; `--quick` about three. Argus, the
load generator and the browser are processes on this machine. Linux only; needs Chromium. What a
step or a task costs is processor time of the page's main thread, whoever else runs.
"""

import argparse
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench import big_trace
from bench.conditions import observed
from bench.corpora import PER_CALL
from bench.generator import Generator, Job, Outcome
from bench.report import Line, Result
from bench.server import Argus

LOG_RECORDS = 100_000
SPANS = 100_000
TAIL_PER_S = 2_000
_STEP_PX = 600
_A_RECORD = "[aria-label='Log records'] > *"
_LISTS = {
    "logs": (
        "/logs?range=all",
        "document.querySelector('[aria-label=\"Log records\"]').parentElement",
    ),
    "traces": (
        "/traces?range=all",
        "document.querySelector('[aria-label=Traces]').lastElementChild",
    ),
}
_SCROLL = """async (by) => {{
  {box}.scrollTop += by;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}}"""
_TASK = "RunTask"


@dataclass(slots=True)
class Bench:
    """What every scenario needs. `tail_s` is how long the live tail is watched."""

    generator: Generator
    browser: Browser
    rounds: int
    steps: int
    tail_s: float
    cpu: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def page(self, argus: Argus) -> Iterator[tuple[Page, CDPSession]]:
        """A page with an empty cache, and the way to ask what it costs."""
        context = self.browser.new_context(
            base_url=f"http://127.0.0.1:{argus.web}", viewport={"width": 1600, "height": 1000}
        )
        page = context.new_page()
        costs = context.new_cdp_session(page)
        costs.send("Performance.enable", {"timeDomain": "threadTicks"})
        try:
            yield page, costs
        finally:
            context.close()

    def sent(self, sending: Future[Outcome]) -> Outcome:
        """What became of the load; remembers how busy the generator was."""
        outcome = sending.result()
        self.cpu.setdefault("generator", []).append(outcome.cpu_share)
        return outcome


def _numbers(costs: CDPSession) -> dict[str, float]:
    found = costs.send("Performance.getMetrics")["metrics"]
    return {one["name"]: float(one["value"]) for one in found}


def _work_ms(costs: CDPSession) -> float:
    now = _numbers(costs)
    return 1000 * sum(now[n] for n in ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration"))


def _heap_mib(costs: CDPSession) -> float:
    costs.send("HeapProfiler.collectGarbage")
    return _numbers(costs)["JSHeapUsedSize"] / 2**20


def _send(argus: Argus, spans: bytes) -> None:
    url, kind = f"http://{argus.http}/v1/traces", {"Content-Type": "application/x-protobuf"}
    urllib.request.urlopen(urllib.request.Request(url, spans, kind), timeout=60).close()


def opening(bench: Bench) -> Iterator[Line]:
    """From the address to the services of the overview, with nothing in the cache."""
    ready: list[float] = []
    with Argus() as argus:
        bench.generator.run(Job("shop", argus.grpc, requests=16))
        argus.process.settle()
        for _ in range(bench.rounds):
            with bench.page(argus) as (page, _costs):
                page.goto("/overview")
                page.get_by_role("table", name="Services by health").get_by_role(
                    "link"
                ).first.wait_for()
                ready.append(page.evaluate("performance.now()"))
    yield Line("overview: address to a service to click", "ms", ready, at_most=1500)


def scrolling(bench: Bench) -> Iterator[Line]:
    """Steps down the lists of stored records and traces, pages of which are fetched on the way."""
    with Argus() as argus:
        bench.generator.run(Job("logs", argus.grpc, requests=LOG_RECORDS // PER_CALL + 1))
        bench.generator.run(Job("shop", argus.grpc, requests=LOG_RECORDS // PER_CALL + 1))
        argus.process.settle()
        for name in _LISTS:
            yield _scrolled(bench, argus, name)


def _scrolled(bench: Bench, argus: Argus, name: str) -> Line:
    address, box = _LISTS[name]
    p95: list[float] = []
    for _ in range(bench.rounds):
        with bench.page(argus) as (page, costs):
            page.goto(address)
            page.wait_for_function(f"{box}.scrollHeight > 2000")
            page.wait_for_timeout(1_000)
            steps: list[float] = []
            for _ in range(bench.steps):
                before = _work_ms(costs)
                page.evaluate(_SCROLL.format(box=box), _STEP_PX)
                steps.append(_work_ms(costs) - before)
            p95.append(sorted(steps)[int(len(steps) * 0.95)])
            depth = page.evaluate(f"{box}.scrollTop")
    note = f"{bench.steps} steps of {_STEP_PX} px; the last round came {depth:.0f} px down"
    return Line(f"{name}: script and layout per step, p95", "ms", p95, at_most=12, note=note)


def trace(bench: Bench) -> Iterator[Line]:
    """From the address of a trace of 100 000 spans to its rows, and what the page then holds."""
    ready: list[float] = []
    heap: list[float] = []
    with Argus() as argus:
        for body in big_trace.requests(SPANS):
            _send(argus, body)
        argus.process.settle()
        for _ in range(bench.rounds):
            with bench.page(argus) as (page, costs):
                page.goto(f"/traces/{big_trace.TRACE_ID}")
                page.get_by_role("treegrid", name="Spans").get_by_role("row").first.wait_for()
                ready.append(page.evaluate("performance.now()"))
                heap.append(_heap_mib(costs))
    yield Line("trace of 100 000 spans: address to its rows", "ms", ready, at_most=2000)
    yield Line("trace of 100 000 spans: heap of the page", "MiB", heap)


def tail(bench: Bench) -> Iterator[Line]:
    """What the heap gains while records stream in, garbage aside."""
    with Argus() as argus, ThreadPoolExecutor(1) as pool, bench.page(argus) as (page, costs):
        page.goto("/logs?live=1")
        rate = TAIL_PER_S / PER_CALL
        job = Job("logs", argus.grpc, seconds=bench.tail_s + 20, rate=rate)
        sending = pool.submit(bench.generator.run, job)
        page.locator(_A_RECORD).first.wait_for()
        page.wait_for_timeout(15_000)
        before = _heap_mib(costs)
        page.wait_for_timeout(bench.tail_s * 1000)
        grown = _heap_mib(costs) - before
        outcome = bench.sent(sending)
    note = f"{outcome.rate:.0f} records/s for {bench.tail_s:.0f} s, after 15 s to fill the list"
    yield Line("live tail: growth of the heap", "MiB", [grown], at_most=20, note=note)


def overview(bench: Bench) -> Iterator[Line]:
    """The longest task of the live overview while spans come in."""
    longest: list[float] = []
    with Argus() as argus, ThreadPoolExecutor(1) as pool:
        for _ in range(bench.rounds):
            with bench.page(argus) as (page, costs):
                job = Job("shop", argus.grpc, seconds=24, rate=4)
                sending = pool.submit(bench.generator.run, job)
                page.goto("/overview?live=1")
                page.get_by_role("table", name="Services by health").get_by_role(
                    "link"
                ).first.wait_for()
                page.wait_for_timeout(2_000)
                longest.append(_longest_task_ms(page, costs, 15_000))
                bench.sent(sending)
    note = "all of a task: script, style, layout, paint; the first 2 s are left out"
    yield Line("live overview: longest task", "ms", longest, at_most=100, note=note)


def _longest_task_ms(page: Page, costs: CDPSession, wait_ms: int) -> float:
    """Processor time of the longest task of the page's main thread meanwhile."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    costs.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    costs.on("Tracing.tracingComplete", ended.append)
    categories = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]
    costs.send("Tracing.start", {"traceConfig": {"includedCategories": categories}})
    page.wait_for_timeout(wait_ms)
    costs.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    # the main thread is the one that lays out
    main = {(one["pid"], one["tid"]) for one in events if one["name"] == "Layout"}
    tasks = [
        one.get("tdur", 0)
        for one in events
        if one["name"] == _TASK and (one["pid"], one["tid"]) in main
    ]
    return max(tasks, default=0) / 1000


SCENARIOS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "opening": opening,
    "scrolling": scrolling,
    "trace": trace,
    "overview": overview,
    "tail": tail,
}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.web", description="The web app in a real Chromium."
    )
    parser.add_argument("--quick", action="store_true", help="about three minutes")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="these alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--doc", type=Path, metavar="PAGE", help="replace the table in a page")
    chosen = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("bench.web needs Chromium")
    rounds, steps, tail_s = (2, 150, 60.0) if chosen.quick else (5, 600, 1800.0)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    lines: list[Line] = []
    with observed() as conditions, Generator() as generator, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        bench = Bench(generator, browser, rounds, steps, tail_s)
        for name in chosen.only or SCENARIOS:
            sys.stderr.write(f"{name}\n")
            lines += SCENARIOS[name](bench)
        browser.close()
    cpu = {name: sum(shares) / len(shares) for name, shares in bench.cpu.items()}
    mode = "quick" if chosen.quick else "full"
    result = Result(mode, rounds, started, conditions, lines, cpu)
    sys.stdout.write(result.text())
    if chosen.json:
        result.write(chosen.json)
    if chosen.doc:
        result.put_into(chosen.doc, "web")


if __name__ == "__main__":
    main()
