"""What is measured: each scenario runs its rounds, Argus and baseline in turn, and yields lines."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import baseline
from bench.corpora import PER_CALL, corpus
from bench.generator import Generator, Job, Outcome
from bench.report import Line
from bench.server import Argus, Process, free_ports, lag_p99_ms

IN_FLIGHT = 8
_MIB = 2**20
_OVERLOAD = {"MAX_REQUEST_BYTES": "4MiB", "MAX_INFLIGHT_BYTES": "16MiB"}
_NAMES = {"shop": "spans", "llm": "LLM spans", "logs": "logs"}


@dataclass(slots=True)
class Bench:
    """What every scenario needs: the generator, how long to measure, and what was seen so far."""

    generator: Generator
    rounds: int
    seconds: float
    sample_requests: int
    generator_cpu: dict[str, list[float]] = field(default_factory=dict)
    capacity: float = 0.0
    """Records a second that the shop corpus reached: what half load and overload refer to."""

    def send(self, what: str, job: Job) -> Outcome:
        """Run a job, and remember how busy the generator itself was."""
        outcome = self.generator.run(job)
        if not outcome.acked_records:
            raise SystemExit(f"{what}: nothing was acked: {outcome.refused}")
        self.generator_cpu.setdefault(what, []).append(outcome.cpu_share)
        return outcome


class Ledger:
    """Counts what was acked by one server, and holds it to what is in its files."""

    def __init__(self, argus: Argus) -> None:
        self._argus = argus
        self._acked = 0

    def add(self, outcome: Outcome) -> Outcome:
        """Count an outcome in."""
        self._acked += outcome.acked_records
        return outcome

    def line(self, name: str) -> Line:
        """Stored records per acked one: exactly 1."""
        stored = sum(self._argus.stored().values())
        note = f"{stored} stored, {self._acked} acked"
        return Line(f"{name}: stored / acked", "", [stored / self._acked], 1, 1, note)


def throughput(bench: Bench, name: str) -> Iterator[Line]:
    """A corpus over gRPC, eight calls in flight, against S0 and P1."""
    job = Job(name, "", in_flight=IN_FLIGHT, seconds=bench.seconds)
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as folder:
        rows = _stored_rows(bench, name)
        with Argus() as argus:
            job.address = argus.grpc
            ledger = Ledger(argus)
            ledger.add(bench.send(name, Job(name, argus.grpc, requests=2 * IN_FLIGHT)))
            seen = [
                _round(bench, argus, ledger, job, rows, Path(folder)) for _ in range(bench.rounds)
            ]
            peak = argus.process.peak_mib()
            checked = ledger.line(_NAMES[name])
    yield from _throughput_lines(bench, name, seen)
    yield checked
    yield Line(f"{_NAMES[name]}: peak resident memory", "MiB", [peak])


def _stored_rows(bench: Bench, name: str) -> baseline.Rows:
    with Argus() as argus:
        requests = bench.sample_requests
        bench.send(name, Job(name, argus.grpc, in_flight=IN_FLIGHT, requests=requests))
        argus.process.settle()
        return baseline.Rows(argus.segments()[-1], "logs" if name == "logs" else "spans")


@dataclass(frozen=True, slots=True)
class _Seen:
    outcome: Outcome
    server_cpu_us: float
    lag_ms: float
    bare: baseline.Cost
    parsed: baseline.Cost


def _round(
    bench: Bench, argus: Argus, ledger: Ledger, job: Job, rows: baseline.Rows, folder: Path
) -> _Seen:
    cpu, lag = argus.process.cpu_s(), argus.loop_lag()
    outcome = ledger.add(bench.send(job.corpus, job))
    late = lag_p99_ms(lag, argus.loop_lag())
    argus.process.settle()  # derived tables are part of the price
    server_cpu_us = (argus.process.cpu_s() - cpu) / outcome.acked_records * 1e6
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        bare = rows.insert(Path(fresh) / "bare.db")
    parsed = baseline.parse(corpus(job.corpus), 0, 50)
    return _Seen(outcome, server_cpu_us, late, bare, parsed)


def _throughput_lines(bench: Bench, name: str, seen: list[_Seen]) -> Iterator[Line]:
    what = _NAMES[name]
    rates = [one.outcome.rate for one in seen]
    shop = name == "shop"
    if shop:
        bench.capacity = Line("", "", rates).median
    ratios = [one.outcome.rate / one.bare.rate for one in seen]
    costs = [one.server_cpu_us / (one.parsed.cpu_us + one.bare.cpu_us) for one in seen]
    yield Line(f"{what}: Argus / bare insert (S0)", "", ratios, None if name == "llm" else 0.5)
    yield Line(f"{what}: acked and durable", "/s", rates, 50_000 if shop else None)
    sizes = [one.outcome.acked_bytes / one.outcome.seconds / _MIB for one in seen]
    yield Line(f"{what}: acked and durable", "MiB/s", sizes)
    yield Line(f"{what}: bare insert (S0)", "/s", [one.bare.rate for one in seen])
    yield Line(
        f"{what}: CPU of Argus / (parse + S0)", "", costs, at_most=None if name == "llm" else 2.5
    )
    yield Line(f"{what}: CPU of Argus", "µs each", [one.server_cpu_us for one in seen])
    yield Line(f"{what}: CPU of parse (P1)", "µs each", [one.parsed.cpu_us for one in seen])
    yield Line(f"{what}: CPU of S0", "µs each", [one.bare.cpu_us for one in seen])
    late = [one.lag_ms for one in seen]
    note = "upper bound of the histogram bucket" if shop else ""
    yield Line(f"{what}: event loop late, p99", "ms", late, None, 50 if shop else None, note)


def half_load(bench: Bench) -> Iterator[Line]:
    """How long an ack takes at half of what was reached, beside how long a sync takes."""
    acks, syncs, ratios = [], [], []
    with Argus() as argus:
        ledger = Ledger(argus)
        ledger.add(bench.send("half load", Job("shop", argus.grpc, requests=2 * IN_FLIGHT)))
        rate = bench.capacity / 2 / PER_CALL
        for _ in range(bench.rounds):
            job = Job("shop", argus.grpc, seconds=bench.seconds, rate=rate)
            acks.append(ledger.add(bench.send("half load", job)).ack_ms[1])
            argus.process.settle()
            syncs.append(baseline.fsync_p99_ms(argus.folder))
            ratios.append(acks[-1] / syncs[-1])
        checked = ledger.line("half load")
    bound = max(150.0, 5 * Line("", "", syncs).median)
    yield Line("half load: ack p99", "ms", acks, at_most=bound)
    yield Line("half load: ack p99 / fsync p99", "", ratios)
    yield Line("fsync of 64 KiB, p99", "ms", syncs)
    yield checked


def overload(bench: Bench) -> Iterator[Line]:
    """Three times what it can take, from a sender that does not wait for answers."""
    goodput, offered, refusals, acks, peaks, shares = [], [], [], [], [], []
    with Argus(**_OVERLOAD) as argus:
        ledger = Ledger(argus)
        closed = Job("shop", argus.grpc, in_flight=IN_FLIGHT, seconds=bench.seconds)
        ledger.add(bench.send("overload", Job("shop", argus.grpc, requests=2 * IN_FLIGHT)))
        for _ in range(bench.rounds):
            reached = ledger.add(bench.generator.run(closed)).rate
            argus.process.settle()
            argus.process.forget_peak()
            rate = 3 * reached / PER_CALL
            # made beforehand, or the generator could not offer that much from the same cores
            requests = round(rate * max(4.0, bench.seconds))
            job = Job("shop", argus.grpc, rate=rate, requests=requests, prepare=True)
            seen = ledger.add(bench.send("overload", job))
            peaks.append(argus.process.peak_mib())
            argus.process.settle()
            goodput.append(seen.rate / reached)
            offered.append(requests * PER_CALL / seen.seconds / reached)
            acks.append(seen.ack_ms[1])
            refused = sum(seen.refused.values())
            if refused != seen.refused.get("UNAVAILABLE"):
                raise SystemExit(f"overload: expected refusals as UNAVAILABLE, got {seen.refused}")
            shares.append(refused / (refused + seen.acked_requests))
            refusals.append(seen.refusal_ms[1])
        checked = ledger.line("overload")
    limits = ", ".join(f"{key}={value}" for key, value in _OVERLOAD.items())
    yield Line("3x overload: offered / reached without", "", offered)
    yield Line("3x overload: acked / reached without", "", goodput, at_least=0.9, note=limits)
    yield Line("3x overload: refusal p99", "ms", refusals, at_most=2_000)
    yield Line("3x overload: ack p99", "ms", acks)
    yield Line("3x overload: share refused", "", shares)
    yield Line("3x overload: peak resident memory", "MiB", peaks, at_most=400)
    yield Line("3x overload: memory of last round / first", "", [peaks[-1] / peaks[0]], at_most=1.1)
    yield checked


def one_span_calls(bench: Bench) -> Iterator[Line]:
    """One span a call, 256 calls in flight, against a handler that discards (G0)."""
    ratios, ours, theirs = [], [], []
    seconds = bench.seconds / 2
    with Argus() as argus, _discarding() as address:
        ledger = Ledger(argus)
        for _ in range(bench.rounds):
            job = Job("single", argus.grpc, in_flight=256, seconds=seconds)
            ours.append(ledger.add(bench.send("one span", job)).rate)
            argus.process.settle()
            discard = Job("single", address, in_flight=256, seconds=seconds)
            theirs.append(bench.send("one span, G0", discard).rate)
            ratios.append(ours[-1] / theirs[-1])
        checked = ledger.line("one-span calls")
    yield Line("one-span calls: Argus / discarding (G0)", "", ratios, at_least=0.6)
    yield Line("one-span calls: Argus", "/s", ours)
    yield Line("one-span calls: discarding (G0)", "/s", theirs)
    yield checked


@contextmanager
def _discarding() -> Iterator[str]:
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as folder:
        process = Process(["-m", "bench.discard", str(port)], Path(folder), {})
        try:
            process.settle()
            yield f"127.0.0.1:{port}"
        finally:
            process.stop()


def encodings(bench: Bench) -> Iterator[Line]:
    """The same spans over HTTP: protobuf, protobuf in gzip, JSON. Bodies are made beforehand."""
    rates: dict[str, list[float]] = {"plain": [], "gzip": [], "json": []}
    requests = max(32, int(bench.seconds * bench.capacity / PER_CALL / 2))
    with Argus() as argus:
        ledger = Ledger(argus)
        for _ in range(bench.rounds):
            for kind, found in rates.items():
                source = "shop-json" if kind == "json" else "shop"
                job = Job(source, argus.http, "http", IN_FLIGHT, requests=requests, prepare=True)
                job.gzip = kind == "gzip"
                found.append(ledger.add(bench.send(f"HTTP {kind}", job)).rate)
                argus.process.settle()
        checked = ledger.line("HTTP")
    plain = rates["plain"]
    for kind, least in (("gzip", 0.85), ("json", 0.35)):
        ratios = [one / other for one, other in zip(rates[kind], plain, strict=True)]
        yield Line(f"HTTP: {kind} / plain protobuf", "", ratios, at_least=least)
    yield Line("HTTP: plain protobuf", "/s", plain)
    yield checked


def long_run(bench: Bench, million: int = 10) -> Iterator[Line]:
    """Whether the last million of many goes in as fast as the first."""
    total = million * 1_000_000
    with Argus() as argus:
        ledger = Ledger(argus)
        job = Job("shop", argus.grpc, in_flight=IN_FLIGHT, mark_every=1_000_000)
        job.requests = -(-total // PER_CALL)
        marks = ledger.add(bench.send("long", job)).marks_s
        checked = ledger.line("long")
        argus.process.settle()
        size = argus.disk_bytes() / total
        peak = argus.process.peak_mib()
    took = [after - before for before, after in zip([0.0, *marks], marks, strict=False)]
    rates = ", ".join(f"{1000 / seconds:.1f}" for seconds in took)
    note = f"thousand spans/s in each million: {rates}"
    yield Line(f"million {million} / million 1", "", [took[0] / took[-1]], at_least=0.9, note=note)
    yield Line("long: bytes on disk per span", "B", [size])
    yield Line("long: peak resident memory", "MiB", [peak])
    yield checked
