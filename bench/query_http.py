"""Asks the questions of the benchmark through HTTP: idle, beside ingest, and what ingest feels."""

import http.client
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

from bench.corpora import PER_CALL
from bench.generator import Generator, Job
from bench.history import History
from bench.questions import QUESTIONS
from bench.report import Line
from bench.server import Argus

ASKED = 40
IN_FLIGHT = 8
INGEST_S = 5.0
ROUNDS = 3
QUERIES_PER_S = 10

_FIRST_NUMBER = 2**31
"""Requests from here on are not among those of a history."""


def lines(database: Path, history: History, reader_ms: dict[str, float], size: int) -> list[Line]:
    """Serve a database, ask, and compare with p95 at the reader; it gets more records by that."""
    with (
        Argus(DB_DSN=str(database), RETENTION_DAYS="0") as argus,
        Generator() as generator,
    ):
        client = _Client(argus.web)
        argus.process.settle()
        idle = client.p95_ms(history)
        ingest = Ingest(generator, argus)
        found = list(_through_http(idle, reader_ms, size))
        found += _beside_queries(ingest, client, history, size)
        for share, name in ((0.5, "half"), (1.0, "full")):
            sys.stderr.write(f"questions at {name} load\n")
            with ingest.at(share):
                loaded = client.p95_ms(history)
            found += _at_load(name, idle, loaded, size, bound=1.0 if share < 1 else None)
    return found


def _through_http(idle: dict[str, float], reader_ms: dict[str, float], size: int) -> Iterator[Line]:
    for name, took in idle.items():
        at_reader = reader_ms[name]
        yield Line(
            f"{name}: HTTP / (2 x reader + 3 ms) at {size}", "", [took / (2 * at_reader + 3)],
            at_most=1.0, note=f"p95 {took:.1f} ms through HTTP, {at_reader:.1f} ms at the reader",
        )  # fmt: skip


def _at_load(
    load: str, idle: dict[str, float], loaded: dict[str, float], size: int, bound: float | None
) -> Iterator[Line]:
    for name, took in loaded.items():
        yield Line(
            f"{name}: HTTP at {load} load / (2 x idle + 10 ms) at {size}", "",
            [took / (2 * idle[name] + 10)], at_most=bound,
            note=f"p95 {took:.1f} ms at {load} load, {idle[name]:.1f} ms idle",
        )  # fmt: skip


def _beside_queries(
    ingest: "Ingest", client: "_Client", history: History, size: int
) -> Iterator[Line]:
    """Spans acked per second with queries, over those without, in turn."""
    ratios, alone = [], []
    for _ in range(ROUNDS):
        sys.stderr.write("ingest alone, and beside queries\n")
        alone.append(ingest.run())
        with client.asking(history):
            ratios.append(ingest.run() / alone[-1])
    ingest.capacity = sum(alone) / len(alone)
    name = f"ingest with {QUERIES_PER_S} queries/s / alone at {size}"
    yield Line(name, "", ratios, at_least=0.85)
    yield Line(f"ingest alone at {size}", "spans/s", alone)


class Ingest:
    """Sends spans to a server: as fast as it takes them, or at a share of that."""

    def __init__(self, generator: Generator, argus: Argus) -> None:
        self._generator = generator
        self._argus = argus
        self._first = _FIRST_NUMBER
        self.capacity = 0.0
        """Spans acked per second, once known."""

    def run(self, seconds: float = INGEST_S, share: float | None = None) -> float:
        """Send for some seconds; spans acked per second."""
        rate = 0.0 if share is None else share * self.capacity / PER_CALL
        job = Job("shop", self._argus.grpc, in_flight=IN_FLIGHT, seconds=seconds, rate=rate)
        job.first = self._first
        outcome = self._generator.run(job)
        self._first += outcome.acked_requests + sum(outcome.refused.values())
        if not share:
            self._argus.process.settle()
        return outcome.rate

    @contextmanager
    def at(self, share: float) -> Iterator[None]:
        """Send at a share of what is possible as long as the context lasts."""
        over = Event()

        def send() -> None:
            while not over.is_set():
                self.run(1.0, share)

        thread = Thread(target=send)
        thread.start()
        time.sleep(1)
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._argus.process.settle()


class _Client:
    """GETs over one connection at a time, answers read whole and left as they are."""

    def __init__(self, port: int) -> None:
        self._port = port

    def p95_ms(self, history: History) -> dict[str, float]:
        """p95 in milliseconds of each question; the first times are not counted."""
        connection = self._connected()
        found = {}
        for question in QUESTIONS:
            draw = random.Random(question.name)
            times = []
            for _ in range(ASKED + 2):
                targets = [one.target for one in question.draw(history, draw)]
                began = time.perf_counter()
                for target in targets:
                    _get(connection, target)
                times.append((time.perf_counter() - began) * 1000)
            found[question.name] = sorted(times[2:])[int(0.95 * ASKED)]
        connection.close()
        return found

    @contextmanager
    def asking(self, history: History) -> Iterator[None]:
        """Ask so many questions a second in turn as long as the context lasts."""
        over = Event()

        def ask() -> None:
            connection, draw = self._connected(), random.Random(0)
            due = time.perf_counter()
            for question in cycle(QUESTIONS):
                due += 1 / QUERIES_PER_S
                if over.wait(max(0.0, due - time.perf_counter())):
                    break
                for one in question.draw(history, draw):
                    _get(connection, one.target)
            connection.close()

        thread = Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)


def _get(connection: http.client.HTTPConnection, target: str) -> None:
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{target}: {answer.status} {body.decode()[:300]}")
