"""A trial: one server, the oracle that feeds it, and the outcome of what it was put through."""

import asyncio
import itertools
import os
import random
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import database_servers
from bench.reliability import reading
from bench.reliability.locks import locked
from bench.reliability.oracle import Oracle
from bench.reliability.records import SPANS_PER_TRACE, Records
from bench.reliability.sending import Load, Sender
from bench.reliability.server import Server

Database = database_servers.Server | None
"""The server that a case's records are stored by; None: SQLite."""

_SAMPLES = 12
_numbers = itertools.count(1)
_CAUGHT_UP_S = 5
_HOUR_S = 3600


def shared(seconds: float) -> float:
    """A limit that holds on a machine to itself, longer by as much as others keep this one busy."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Outcome:
    """What a case found. `problems` has a line for everything that was not as promised."""

    id: str
    runs: int = 0
    acked: int = 0
    lost: int = 0
    duplicated: int = 0
    altered: int = 0
    unexplained: int = 0
    crashes: int = 0
    refused: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take in another outcome of the same case."""
        for name in (
            "runs", "acked", "lost", "duplicated", "altered", "unexplained", "crashes", "refused",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, value in other.figures.items():
            self.worst(name, value)
        self.problems += other.problems

    def worst(self, name: str, value: float) -> None:
        """Keep the largest value of a figure."""
        self.figures[name] = round(max(self.figures.get(name, value), value), 3)

    def expect(self, condition: object, problem: str) -> None:
        """Note a problem unless the condition holds."""
        if not condition:
            self.problems.append(problem)


def server_on(folder: Path, database: Database, template: str = "", **settings: str) -> Server:
    """A server in a folder; on a database server with a new database, empty or (on PostgreSQL)
    a copy of another one."""
    if database is None:
        return Server(folder, **settings)
    name = f"trial{next(_numbers)}"
    database.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    settings |= {"DB_DRIVER": database.driver, "DB_DSN": database.dsn(name)}
    server = Server(folder, **settings)
    server.data = reading.Tables(database, name)
    return server


class Trial:
    """Entered with its connections open; the server is started by the case."""

    def __init__(
        self,
        case: str,
        folder: Path,
        seed: int,
        on: Path | None = None,
        database: Database = None,
        **settings: str,
    ) -> None:
        """The oracle's file lies in `folder`; the server's lie `on` another one when given. On a
        database server the trial has a database of its own."""
        self.outcome = Outcome(case)
        self.draw = random.Random(seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.database = database
        self.server = server_on(on or folder / "server", database, **settings)
        self.oracle = Oracle(folder / "oracle.log", Records(seed))
        self.load = Load(self.oracle, self.draw)
        self._verified = 0
        self._refused = 0
        self._sender: Sender | None = None

    async def __aenter__(self) -> Self:
        self._sender = self.new_sender()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.sender.close()
        if self.server.alive:
            await asyncio.to_thread(self.server.stop)
        self.oracle.__exit__(None, None, None)

    @property
    def sender(self) -> Sender:
        """The open connections."""
        assert self._sender is not None
        return self._sender

    def new_sender(self) -> Sender:
        """Connections of their own, for the caller to close."""
        return Sender(self.server.grpc, self.server.otlp)

    async def start(self) -> float:
        """Start the server; the seconds until it was ready."""
        ready = await asyncio.to_thread(self.server.start)
        self.outcome.worst("ready s", ready)
        return ready

    def blocked(self) -> AbstractContextManager[None]:
        """The database answers nobody: files are locked by another process, a server hangs."""
        return locked(self.server.folder) if self.database is None else self.database.hanging()

    async def verify(self, within_s: float = 40, pending: bool = True) -> None:
        """Send what is pending, wait until nothing waits in the dead-letter queue, and compare
        all that was acked: by SQL, by the REST routes, and by what /metrics counts."""
        within_s = shared(within_s)
        if pending:
            await self.load.finish(self.sender, within_s)
        await asyncio.to_thread(self.server.until_settled, within_s)
        await asyncio.to_thread(self._compare)

    def expect_oldest_first(self, since: float, until: float) -> None:
        """Of the requests that were sent and acked between two moments, none may lie before one
        that was acked when it had not been sent yet."""
        began, acked = self.load.began, self.load.acked
        within = {n for n, at in acked.items() if began[n] >= since and at <= until}
        newest = {"traces": 0.0, "logs": 0.0}
        found = 0
        for row in reading.stored(self.server.data):
            if row.number in within:
                found += 1
                after = acked[row.number] >= newest[row.signal]
                self.outcome.expect(after, f"record {row.number} lies behind a later one")
                newest[row.signal] = max(newest[row.signal], began[row.number])
        self.outcome.expect(found, "no request to compare the order of")

    def _compare(self) -> None:
        outcome, oracle = self.outcome, self.oracle
        verdict = oracle.compare(self.server.data)
        outcome.acked += verdict.acked - self._verified
        self._verified = verdict.acked
        outcome.refused += oracle.refused - self._refused
        self._refused = oracle.refused
        outcome.lost += verdict.lost
        outcome.duplicated += verdict.duplicated
        outcome.altered += verdict.altered + verdict.alien
        outcome.unexplained = len(self.load.unexplained)
        outcome.problems += verdict.problems
        outcome.problems += [f"unexplained: {answer}" for answer in self.load.unexplained[:3]]
        self._ask_api()
        outcome.problems += self.server.metrics().unbalanced()

    def _ask_api(self) -> None:
        expect = self.outcome.expect
        spans, logs = reading.count(self.server.data)
        until = time.monotonic() + shared(_CAUGHT_UP_S)
        while True:
            board = self.server.get(
                "/api/metrics/dashboard", start="0", end=str(int(time.time()) + _HOUR_S)
            )
            counted = (board["total_spans"], board["total_logs"])
            if counted == (spans, logs) or time.monotonic() > until:
                break
            time.sleep(0.2)  # an answer waits some seconds for the rollups, then it is of before
        expect(counted[0] == spans, f"{counted[0]} of {spans} spans counted")
        expect(counted[1] == logs, f"{counted[1]} of {logs} logs counted")
        acked = sorted(self.oracle.some_acked(1))
        for number, signal in acked[:: max(1, len(acked) // _SAMPLES)]:
            row = self.oracle.records.row(number, signal)
            if signal == "traces":
                spans_found = self.server.get(f"/api/traces/{row.trace_id.hex()}")["spans"]
                ids = [span["span_id"] for span in spans_found]
                expect(ids.count(row.span_id.hex()) == 1, f"record {number} is not in its trace")
                expect(len(ids) <= SPANS_PER_TRACE, f"{len(ids)} spans in a trace")
            else:
                found = self.server.get("/api/logs", search=row.text.split()[-1])["logs"]
                bodies = [log["body"] for log in found]
                expect(bodies == [row.text], f"record {number} is found as {bodies}")
