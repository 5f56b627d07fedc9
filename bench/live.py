"""Measures live views against what the same machine does bare, in the same run.

    python -m bench.live [--quick] [--only NAME ...] [--json FILE] [--doc PAGE]

Without a flag about six minutes; `--quick` about two, with fewer and shorter rounds. Argus, the
load generator, the watching clients and the baseline (W0, `bench.broadcast`) are processes on this
machine. Linux only.
"""

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.conditions import observed
from bench.corpora import PER_CALL
from bench.generator import Generator, Job
from bench.report import Line, Result
from bench.server import Argus, Process, free_ports
from bench.watchers import Watchers

MANY = 500
_THOUSAND = 1000
LOGS_PER_S = 100.0
_LOG_CALLS_PER_S = 8.0
_SEATS = {"WS_MAX_CLIENTS": "2000", "WS_MAX_CLIENTS_PER_PEER": "2000"}
_NOTICES = [{"notices": True}]


@dataclass(slots=True)
class Bench:
    """What every scenario needs. `capacity` is spans a second, for what half load refers to."""

    generator: Generator
    watchers: Watchers
    rounds: int
    seconds: float
    capacity: float = 0.0
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def half_load(self, argus: Argus) -> Job:
        """Spans at half of what this machine reached."""
        if not self.capacity:
            reach = Job("shop", argus.grpc, seconds=self.seconds)
            self.generator.run(Job("shop", argus.grpc, requests=16))
            self.capacity = self.generator.run(reach).rate
            argus.process.settle()
        rate = self.capacity / 2 / PER_CALL
        return Job("shop", argus.grpc, seconds=self.seconds, rate=rate)

    def used(self, what: str, share: float) -> None:
        """Remember how busy a process of the bench itself was."""
        self.cpu.setdefault(what, []).append(share)


def latency(bench: Bench) -> Iterator[Line]:
    """From the ack of a log record to the client, beside spans at half load."""
    p50, p99, lost = [], [], 0.0
    with Argus(**_SEATS) as argus, ThreadPoolExecutor(1) as pool:
        spans = bench.half_load(argus)
        bench.watchers.connect(argus.web, "/ws", 100, say=_NOTICES, probes=10)
        for _ in range(bench.rounds):
            sending = pool.submit(bench.generator.run, spans)
            seen = bench.watchers.probe(argus.http, 20, bench.seconds)
            bench.used("generator", sending.result().cpu_share)
            bench.used("watchers", seen["cpu_share"])
            p50.append(seen["p50"])
            p99.append(seen["p99"])
            lost += seen["lost"]
            argus.process.settle()
        bench.watchers.leave()
    yield Line("half load: log ack to client, p50", "ms", p50, at_most=300)
    yield Line("half load: log ack to client, p99", "ms", p99, at_most=650)
    yield Line("half load: log records not shown", "", [lost], at_most=0)


def fan_out(bench: Bench) -> Iterator[Line]:
    """Messages of 100 log records to many clients, against W0 with messages of that size."""
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(bench.rounds):
        with Argus(**_SEATS) as argus, ThreadPoolExecutor(1) as pool:
            bench.watchers.connect(argus.web, "/ws", MANY, say=_NOTICES)
            logs = Job("logs", argus.grpc, seconds=bench.seconds + 2, rate=_LOG_CALLS_PER_S)
            sending = pool.submit(bench.generator.run, logs)
            time.sleep(1)
            ours.append(_counted(bench, argus.process))
            sending.result()
            bench.watchers.leave()
        with _broadcasting(int(ours[-1]["size"])) as (port, process):
            bench.watchers.connect(port, "/ws", MANY)
            time.sleep(0.5)
            theirs.append(_counted(bench, process))
            bench.watchers.leave()
    ratios = {
        name: [mine[name] / bare[name] for mine, bare in zip(ours, theirs, strict=True)]
        for name in ("messages", "cpu_us")
    }
    size = ours[-1]["size"] / 1024
    note = f"messages of {size:.0f} KiB; W0 does nothing else, Argus stores the logs meanwhile"
    yield Line(
        f"{MANY} clients: Argus / broadcast (W0)", "", ratios["messages"], at_least=0.5, note=note
    )
    yield Line(f"{MANY} clients: messages of Argus", "/s", [one["messages"] for one in ours])
    yield Line(f"{MANY} clients: messages of W0", "/s", [one["messages"] for one in theirs])
    yield Line(f"{MANY} clients: CPU of Argus / of W0, each message", "", ratios["cpu_us"])


def _counted(bench: Bench, process: Process) -> dict[str, float]:
    """What the clients are sent: `messages` a second, their `size`, and the processor time in
    microseconds that the server used for each."""
    cpu = process.cpu_s()
    seen = bench.watchers.count(bench.seconds)
    used = process.cpu_s() - cpu
    bench.used("watchers", seen["cpu_share"])
    count = max(seen["messages"], 1 / bench.seconds)  # none at all on a machine that is choked
    return {
        "messages": count,
        "size": seen["bytes"] / count,
        "cpu_us": used / (count * bench.seconds) * 1e6,
    }


@contextmanager
def _broadcasting(size: int) -> Iterator[tuple[int, Process]]:
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        process = Process(["-m", "bench.broadcast", str(port), str(size)], Path(folder), {})
        try:
            _until_it_listens(port)
            yield port, process
        finally:
            process.stop()


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the baseline did not start")


def stalled(bench: Bench) -> Iterator[Line]:
    """How late the healthy are told while one client in ten never reads."""
    without: list[float] = []
    beside: list[float] = []
    for _ in range(bench.rounds):
        for stalls, found in ((0, without), (MANY // 10, beside)):
            with Argus(**_SEATS) as argus:
                bench.watchers.connect(
                    argus.web, "/ws", MANY, say=_NOTICES, stalled=stalls, probes=10
                )
                bench.watchers.probe(argus.http, LOGS_PER_S, 2)
                found.append(bench.watchers.probe(argus.http, LOGS_PER_S, bench.seconds)["p99"])
                bench.watchers.leave()
    ratios = [there / alone for there, alone in zip(beside, without, strict=True)]
    yield Line("10 % stalled: p99 of the others / none stalled", "", ratios, at_most=1.2)
    yield Line("none stalled: log ack to client, p99", "ms", without)
    yield Line("10 % stalled: log ack to client, p99", "ms", beside)


def memory(bench: Bench) -> Iterator[Line]:
    """What an idle client costs."""
    for path in ("/ws", "/ws/events"):
        with Argus(**_SEATS) as argus:
            bench.watchers.connect(argus.web, path, 100)
            bench.watchers.leave()  # what the first ones cost, the process keeps
            before = _resident_kib(argus)
            bench.watchers.connect(argus.web, path, 1000)
            time.sleep(2)
            each = (_resident_kib(argus) - before) / 1000
            bench.watchers.leave()
            yield Line(f"idle client of {path}: resident memory", "KiB", [each], at_most=64)


def _resident_kib(argus: Argus) -> float:
    argus.process.settle()
    argus.process.forget_peak()
    return argus.process.peak_mib() * 1024


def filters(bench: Bench) -> Iterator[Line]:
    """What many clients of a few filters cost beside one client of each, under half load."""
    few, many = [], []
    with Argus(**_SEATS) as argus:
        spans = bench.half_load(argus)
        bench.generator.run(spans)
        topics = [{"service": name} for name in _services(argus)[:5]]
        for _ in range(bench.rounds):
            few.append(_cost(bench, argus, spans, "/ws/events", 5, topics))
            many.append(_cost(bench, argus, spans, "/ws/events", MANY, topics))
    ratios = [more / less for more, less in zip(many, few, strict=True)]
    yield Line(f"events: CPU with {MANY} clients / with 5", "", ratios, at_most=1.2)
    yield Line("events: CPU of Argus with 5 clients", "µs/span", few)


def watched(bench: Bench) -> Iterator[Line]:
    """What a thousand clients cost who are shown every log record, beside spans at half load."""
    alone, beside = [], []
    with Argus(**_SEATS) as argus:
        spans = bench.half_load(argus)
        for _ in range(bench.rounds):
            alone.append(_cost(bench, argus, spans, "/ws", 0, _NOTICES, LOGS_PER_S))
            beside.append(_cost(bench, argus, spans, "/ws", 1000, _NOTICES, LOGS_PER_S))
    ratios = [there / without for there, without in zip(beside, alone, strict=True)]
    yield Line("CPU beside 1 000 clients and 100 logs/s / alone", "", ratios, at_most=1.1)
    yield Line("CPU of Argus without clients, 100 logs/s", "µs/span", alone)


def beside_slow(bench: Bench) -> Iterator[Line]:
    """How much is taken in beside a thousand clients of which 10 % never read and 5 % read a
    kibibyte a second, over the same while all of them read; and over nobody watching."""
    alone: list[_Taken] = []
    reading: list[_Taken] = []
    slow: list[_Taken] = []
    mixed = {"stalled": _THOUSAND // 10, "slow": _THOUSAND // 20}
    with Argus(**_SEATS) as argus:
        bench.generator.run(Job("shop", argus.grpc, requests=16))
        for turn in range(bench.rounds):
            alone.append(_taken(bench, argus, 0, {}))
            pair = [(reading, dict[str, int]()), (slow, mixed)]
            for found, few in pair if turn % 2 else pair[::-1]:
                found.append(_taken(bench, argus, _THOUSAND, few))
    pairs = list(zip(slow, reading, strict=True))
    rates = [there.rate / without.rate for there, without in pairs]
    costs = [there.cpu_us / without.cpu_us for there, without in pairs]
    watched = [there.rate / without.rate for there, without in zip(slow, alone, strict=True)]
    yield Line("1 000 clients, 15 % slow: spans/s / none slow", "", rates, at_least=0.97)
    yield Line("1 000 clients, 15 % slow: CPU a span / none slow", "", costs, at_most=1.03)
    yield Line("1 000 clients, 15 % slow: spans/s / no client", "", watched)
    yield Line("no client, 100 logs/s: spans", "/s", [one.rate for one in alone])


@dataclass(frozen=True, slots=True)
class _Taken:
    """Spans a second that were taken in, and the processor time of Argus for each."""

    rate: float
    cpu_us: float


def _taken(bench: Bench, argus: Argus, clients: int, few: dict[str, int]) -> _Taken:
    """What a sender reaches who waits for answers, beside 100 log records a second and clients
    that are shown those."""
    bench.watchers.connect(argus.web, "/ws", clients, say=_NOTICES, **few)
    if clients:
        # what the kernel holds for a client has to be full before it counts as slow
        bench.watchers.probe(argus.http, 3 * LOGS_PER_S, 3)
    job = Job("shop", argus.grpc, seconds=bench.seconds)
    with ThreadPoolExecutor(1) as pool:
        cpu = argus.process.cpu_s()
        sending = pool.submit(bench.generator.run, job)
        bench.watchers.probe(argus.http, LOGS_PER_S, bench.seconds)
        seen = sending.result()
        argus.process.settle()
        used = argus.process.cpu_s() - cpu
    bench.watchers.leave()
    return _Taken(seen.rate, used / seen.acked_records * 1e6)


def _cost(
    bench: Bench,
    argus: Argus,
    spans: Job,
    path: str,
    clients: int,
    say: Sequence[object],
    logs_per_s: float = 0.0,
) -> float:
    """Processor microseconds of Argus for each span, while clients watch."""
    bench.watchers.connect(argus.web, path, clients, say=list(say), probes=min(clients, 1))
    argus.process.settle()
    with ThreadPoolExecutor(1) as pool:
        cpu = argus.process.cpu_s()
        sending = pool.submit(bench.generator.run, spans)
        if logs_per_s:
            bench.watchers.probe(argus.http, logs_per_s, spans.seconds)
        outcome = sending.result()
        used = argus.process.cpu_s() - cpu
    bench.watchers.leave()
    argus.process.settle()
    return used / outcome.acked_records * 1e6


def _services(argus: Argus) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", argus.web, timeout=10)
    connection.request("GET", "/api/metadata/services")
    names: list[str] = json.loads(connection.getresponse().read())
    connection.close()
    return names


SCENARIOS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "latency": latency,
    "fan-out": fan_out,
    "stalled": stalled,
    "memory": memory,
    "filters": filters,
    "watched": watched,
    "beside-slow": beside_slow,
}


def main() -> None:
    """Run the benchmark and print its table."""
    chosen = _arguments()
    rounds, seconds = (2, 4.0) if chosen.quick else (5, 8.0)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    began = time.monotonic()
    lines: list[Line] = []
    with observed() as conditions, Generator() as generator, Watchers() as watchers:
        bench = Bench(generator, watchers, rounds, seconds)
        for name in chosen.only or SCENARIOS:
            sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {name}\n")
            lines += SCENARIOS[name](bench)
    cpu = {name: sum(shares) / len(shares) for name, shares in bench.cpu.items()}
    mode = "quick" if chosen.quick else "full"
    result = Result(mode, rounds, started, conditions, lines, cpu)
    sys.stdout.write(result.text())
    if chosen.doc:
        result.put_into(chosen.doc, "live")
    if chosen.json:
        result.write(chosen.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.live", description="Live views, against what the machine does bare."
    )
    parser.add_argument("--quick", action="store_true", help="about two minutes")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="these alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--doc", type=Path, metavar="PAGE", help="replace the table in a page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
