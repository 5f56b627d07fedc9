"""The load generator: a process of its own that takes jobs as JSON lines and answers each with one.

It sends requests of a corpus, either a fixed number at a time (the next as soon as one is
answered) or at a fixed rate whatever the answers do, and reports what was acked, how long it took
and how much processor time it used itself.
"""

import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.corpora import Corpus, corpus
from bench.load import OK, GrpcSender, HttpSender, Sender

ROOT = Path(__file__).parent.parent
_GZIP_LEVEL = 6  # what the SDKs use: the default of their language's library


@dataclass(slots=True)
class Job:
    """What to send. Ends after `seconds` or `requests`, whichever is given, and then waits for
    the answers. With `rate` (calls a second) it does not wait before it sends the next."""

    corpus: str
    address: str
    transport: str = "grpc"
    in_flight: int = 8
    seconds: float = 0.0
    requests: int = 0
    rate: float = 0.0
    gzip: bool = False
    prepare: bool = False
    """Build all requests before the clock starts; needs `requests`."""
    mark_every: int = 0
    """Note the time at each so many acked records."""
    first: int = 0
    """Number the requests from here on; 0: on from those of the job before."""


@dataclass(slots=True)
class Outcome:
    """What became of a job. Latencies are milliseconds, [p50, p99, max]."""

    acked_requests: int = 0
    acked_records: int = 0
    acked_bytes: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    ack_ms: list[float] = field(default_factory=list)
    refusal_ms: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    marks_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Acked records per second."""
        return self.acked_records / self.seconds

    @property
    def cpu_share(self) -> float:
        """Processor time of the generator per second: 1.0 is a whole core."""
        return self.cpu_s / self.seconds


class Generator:
    """The generator process, for whoever steers it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.generator"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: Job) -> Outcome:
        """Do one job to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the load generator ended early")
        return Outcome(**json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class _Run:
    """One job in progress."""

    def __init__(self, job: Job, source: Corpus, first: int) -> None:
        self.job = job
        self.next = first
        self._source = source
        self._ready: list[tuple[bytes, int]] = []
        self._acks: list[float] = []
        self._refusals: list[float] = []
        self._codes: Counter[str] = Counter()
        self._outcome = Outcome()
        self._sent = 0
        self._sender = _sender(job, source)
        if job.prepare:
            self._ready = [self._build() for _ in range(job.requests)][::-1]

    def _build(self) -> tuple[bytes, int]:
        body, records = self._source.fresh(self.next)
        self.next += 1
        return gzip.compress(body, _GZIP_LEVEL) if self.job.gzip else body, records

    def _more(self) -> bool:
        if self.job.requests:
            return self._sent < self.job.requests
        return time.perf_counter() - self._began < self.job.seconds

    async def run(self) -> Outcome:
        """Send everything, wait for every answer."""
        self._began, cpu = time.perf_counter(), time.process_time()
        await (self._at_rate() if self.job.rate else self._in_turn())
        outcome = self._outcome
        outcome.seconds = time.perf_counter() - self._began
        outcome.cpu_s = time.process_time() - cpu
        outcome.ack_ms, outcome.refusal_ms = _spread(self._acks), _spread(self._refusals)
        outcome.refused = dict(self._codes)
        await self._sender.close()
        return outcome

    async def _in_turn(self) -> None:
        async def worker() -> None:
            while self._more():
                await self._one()

        await asyncio.gather(*(worker() for _ in range(self.job.in_flight)))

    async def _at_rate(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        due = self._began
        while self._more():
            task = asyncio.create_task(self._one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            due += 1 / self.job.rate
            # behind schedule it sends at once, and lets the answers in between
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while tasks:
            await asyncio.wait(tasks)

    async def _one(self) -> None:
        self._sent += 1
        body, records = self._ready.pop() if self._ready else self._build()
        began = time.perf_counter()
        code = await self._sender.send(body)
        took = time.perf_counter() - began
        if code != OK:
            self._codes[code] += 1
            self._refusals.append(took)
            return
        outcome = self._outcome
        outcome.acked_requests += 1
        before, outcome.acked_records = outcome.acked_records, outcome.acked_records + records
        outcome.acked_bytes += len(body)
        self._acks.append(took)
        every = self.job.mark_every
        if every and outcome.acked_records // every > before // every:
            outcome.marks_s.append(time.perf_counter() - self._began)


def _sender(job: Job, source: Corpus) -> Sender:
    if job.transport == "grpc":
        return GrpcSender(job.address, source.signal)
    kind = "application/json" if job.corpus.endswith("-json") else "application/x-protobuf"
    return HttpSender(job.address, source.signal, kind, "gzip" if job.gzip else "")


def _spread(seconds: list[float]) -> list[float]:
    if not seconds:
        return []
    ordered = sorted(seconds)
    rank99 = -(-len(ordered) * 99 // 100) - 1
    return [round(s * 1000, 3) for s in (ordered[len(ordered) // 2], ordered[rank99], ordered[-1])]


def main() -> None:
    """Do the jobs on standard input until it ends."""
    known: dict[str, Corpus] = {}
    number = 0
    for line in sys.stdin:
        job = Job(**json.loads(line))
        if job.corpus not in known:
            known[job.corpus] = corpus(job.corpus)
        outcome, number = asyncio.run(_job(job, known[job.corpus], number))
        answer: dict[str, Any] = asdict(outcome)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def _job(job: Job, source: Corpus, first: int) -> tuple[Outcome, int]:
    run = _Run(job, source, job.first or first)
    return await run.run(), run.next


if __name__ == "__main__":
    main()
