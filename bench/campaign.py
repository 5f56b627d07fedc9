"""Runs the reliability cases at full counts, for as long as it may, and adds up what was found.

    python -m bench.campaign [--minutes 15] [--json FILE] [--only ID ...] [--seed N] [--scale X]
                             [--database sqlite|postgres|mysql ...]

With `--json` the figures are written after every job, and a campaign whose file exists goes on
where it was. All cases advance evenly, so that one cut short has run some of each. Every job has a
seed of its own, derived from the campaign's, the case and its turn; it is printed when a job finds
something. Linux only; a small tmpfs is mounted for full disks, where that is allowed.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from bench.database_servers import Server, running
from bench.reliability import (
    crashes,
    databases,
    exporters,
    faults,
    fuzz,
    overload,
    repeats,
    viewers,
)
from bench.reliability.crash_points import POINTS
from bench.reliability.exporters import Fault
from bench.reliability.trial import Outcome

Job = Callable[[Path, int, int], Awaitable[Outcome]]
"""(empty folder, seed, number of the turn) -> what was found."""
OnServer = Callable[[Path, int, int, Server], Awaitable[Outcome]]
"""The same on a database server."""

_FAULTS: tuple[Fault, ...] = ("database locked", "server away", "overload")
_LETTERS = ("same", "small")
_REPLAY = ("before commit", "after commit", "before unlink", "after unlink")


@dataclass(frozen=True)
class Case:
    """One line of the table: how often its job is to be run, and the job."""

    id: str
    what: str
    turns: int
    job: Job
    database: str = "sqlite"


async def _crash_points(folder: Path, seed: int, turn: int) -> Outcome:
    names = sorted(POINTS, key=lambda name: blake2b(f"{seed}{name}".encode()).digest())
    return await crashes.crash_points(folder, seed, names, latest=20)


async def _replay(folder: Path, seed: int, turn: int) -> Outcome:
    return await crashes.replay_point(folder, seed, _REPLAY[turn % 4], times=3)


async def _fuzz(folder: Path, seed: int, turn: int) -> Outcome:
    return await asyncio.to_thread(fuzz.decoders, seed, 20_000)


async def _capacity(folder: Path, seed: int, turn: int) -> Outcome:
    return await asyncio.to_thread(overload.three_times_capacity, folder, 15.0)


_ON_SQLITE = (
    Case("C1", "kill -9 at random moments under load", 20,
         lambda f, s, t: crashes.kill_nine(f, s, cycles=10, longest_s=2.5)),
    Case("C3", "kill -9 at fourteen named points", 10, _crash_points),
    Case("C3 replay", "killed at a point of the replay, three times", 12, _replay),
    Case("C4", "SIGSTOP for 15 s", 5, lambda f, s, t: crashes.frozen(f, s, 15)),
    Case("C6", "SIGTERM under load, every second time with the database locked", 20,
         lambda f, s, t: crashes.terminated(f, s, database_down=bool(t % 2))),
    Case("D1", "the database's volume full", 5,
         lambda f, s, t: faults.disk_full(f, s, letters="room", cycles=2, seconds=8)),
    Case("D2", "the volumes of database and dead letters full", 10,
         lambda f, s, t: faults.disk_full(f, s, letters=_LETTERS[t % 2], cycles=2, seconds=5)),
    Case("E1", "the database locked for 30 s", 10,
         lambda f, s, t: faults.database_locked(f, s, 30)),
    Case("E2", "a foreign reader holds a snapshot", 3, lambda f, s, t: faults.reader_holds(f, s)),
    Case("G1", "every request three times, half the first replies dropped", 5,
         lambda f, s, t: repeats.sent_three_times(f, s, 500)),
    Case("G2", "spans batched anew, before and after a crash", 3,
         lambda f, s, t: repeats.batched_anew(f, s, 20_000)),
    Case("A9", "256 calls in flight on 1 and on 64 connections", 6,
         lambda f, s, t: overload.many_calls(f, s, (1, 64)[t % 2])),
    Case("B3", "three times its capacity", 3, _capacity),
    Case("B4", "8 requests of 63 MiB at once", 3, lambda f, s, t: overload.large_requests(f, s)),
    Case("SDK", "the stock Python SDK, on both transports, through a fault of 30 s", 6,
         lambda f, s, t: exporters.sdk(f, s, _FAULTS[t % 3], 30)),
    Case("J3", "200 viewers a second come and go for five minutes, then a restart among them", 1,
         lambda f, s, t: viewers.storm(f, s)),
    Case("H24", "mutated requests and dead letters", 50, _fuzz),
)  # fmt: skip

_ON_SERVERS: tuple[tuple[str, str, int, OnServer], ...] = (
    ("C1", "kill -9 at random moments under load", 10,
     lambda f, s, t, d: crashes.kill_nine(f, s, cycles=10, longest_s=2.5, database=d)),
    ("C3", "kill -9 at fourteen named points", 5,
     lambda f, s, t, d: crashes.crash_points(f, s, latest=20, database=d)),
    ("C3 replay", "killed at a point of the replay, three times", 4,
     lambda f, s, t, d: crashes.replay_point(f, s, _REPLAY[t % 4], times=3, database=d)),
    ("C6", "SIGTERM under load, every second time with a server that hangs", 10,
     lambda f, s, t, d: crashes.terminated(f, s, bool(t % 2), d)),
    ("E1", "a server that hangs for 30 s", 5,
     lambda f, s, t, d: faults.database_locked(f, s, 30, d)),
    ("E3", "a server stopped for a minute", 5,
     lambda f, s, t, d: databases.server_stops(f, s, d, 60)),
    ("E4", "a row that the server refuses", 5,
     lambda f, s, t, d: databases.row_refused(f, s, d)),
    ("E5", "every connection cut, for 30 s", 5,
     lambda f, s, t, d: databases.connections_cut(f, s, d, 30)),
    ("G1", "every request three times, half the first replies dropped", 3,
     lambda f, s, t, d: repeats.sent_three_times(f, s, 500, d)),
    ("G2", "spans batched anew, before and after a crash", 3,
     lambda f, s, t, d: repeats.batched_anew(f, s, 20_000, d)),
    ("B3", "three times its capacity", 2,
     lambda f, s, t, d: asyncio.to_thread(overload.three_times_capacity, f, 15.0, d)),
)  # fmt: skip


def _on_server(driver: str, job: OnServer) -> Job:
    async def on_one(folder: Path, seed: int, turn: int) -> Outcome:
        with running(databases.SERVERS[driver]) as database:
            return await job(folder, seed, turn, database)

    return on_one


CASES = (
    *_ON_SQLITE,
    *(
        Case(f"{id_} {driver}", what, turns, _on_server(driver, job), driver)
        for driver in databases.SERVERS
        for id_, what, turns, job in _ON_SERVERS
    ),
)
"""All lines of the table."""


class Campaign:
    """The sums so far, and what is still to be run."""

    def __init__(self, seed: int, file: Path | None) -> None:
        self.seed = seed
        self._file = file
        self.seconds = 0.0
        self.turns = {case.id: 0 for case in CASES}
        self.sums = {case.id: Outcome(case.id) for case in CASES}
        if file is not None and file.exists():
            kept = json.loads(file.read_text())
            self.seed, self.seconds = kept["seed"], kept["seconds"]
            self.turns.update(kept["turns"])
            self.sums.update({name: Outcome(**sums) for name, sums in kept["cases"].items()})

    def next(self, cases: list[Case], scale: float) -> Case | None:
        """The case that is furthest behind; None when all have had their turns."""
        left = [case for case in cases if self.turns[case.id] < case.turns * scale]
        return min(left, key=lambda case: self.turns[case.id] / case.turns, default=None)

    async def run(self, case: Case) -> None:
        """Run the next job of a case and add up."""
        turn = self.turns[case.id]
        key = f"{self.seed} {case.id} {turn}".encode()
        seed = int.from_bytes(blake2b(key, digest_size=4).digest(), "big")
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="argus-campaign-") as folder:
            try:
                outcome = await case.job(Path(folder) / "run", seed, turn)
            except Exception as error:
                outcome = Outcome(case.id, runs=1, crashes=1)
                outcome.problems.append(f"{type(error).__name__}: {error}"[:2000])
        outcome.problems = [f"turn {turn}, seed {seed}: {line}" for line in outcome.problems]
        self.sums[case.id].add(outcome)
        self.turns[case.id] = turn + 1
        took = time.monotonic() - began
        self.seconds += took
        for line in (f"{case.id} turn {turn} seed {seed}: {took:.0f} s", *outcome.problems):
            sys.stderr.write(line + "\n")
        self._write()

    def _write(self) -> None:
        if self._file is not None:
            state = {
                "machine": machine(),
                "seed": self.seed,
                "seconds": round(self.seconds),
                "turns": self.turns,
                "cases": {name: asdict(sums) for name, sums in self.sums.items()},
            }
            temporary = self._file.with_suffix(".unfinished")
            temporary.write_text(json.dumps(state, indent=1) + "\n")
            temporary.replace(self._file)

    def table(self) -> str:
        """The sums, a line per case that was run."""
        head = "| REL | what | runs | acked records verified | lost | duplicated | altered "
        lines = [head + "| unexplained refusals | crashes | largest seen |", "|---" * 10 + "|"]
        for case in CASES:
            sums = self.sums[case.id]
            figures = ", ".join(f"{name} {value:g}" for name, value in sums.figures.items())
            if sums.runs:
                lines.append(
                    f"| {case.id} | {case.what} | {sums.runs} | {sums.acked} | {sums.lost} "
                    f"| {sums.duplicated} | {sums.altered} | {sums.unexplained} | {sums.crashes} "
                    f"| {figures} |"
                )
        return "\n".join(lines) + "\n"

    @property
    def problems(self) -> list[str]:
        """Everything that was not as promised."""
        return [f"{name} {line}" for name, sums in self.sums.items() for line in sums.problems]


def machine() -> str:
    """What the figures were measured on."""
    system, python = f"{platform.system()} {platform.release()}", platform.python_version()
    return f"{os.cpu_count()} cores, {system}, Python {python}"


async def _campaign(chosen: argparse.Namespace) -> int:
    campaign = Campaign(chosen.seed, chosen.json)
    cases = [case for case in CASES if case.database in chosen.database]
    cases = [case for case in cases if not chosen.only or case.id in chosen.only]
    until = time.monotonic() + chosen.minutes * 60
    sys.stderr.write(f"seed {campaign.seed}\n")
    while time.monotonic() < until:
        case = campaign.next(cases, chosen.scale)
        if case is None:
            break
        await campaign.run(case)
    sys.stdout.write(f"{machine()}; {campaign.seconds / 60:.0f} minutes; seed {campaign.seed}\n\n")
    sys.stdout.write(campaign.table())
    for line in campaign.problems:
        sys.stdout.write(f"\n{line}\n")
    return 1 if campaign.problems else 0


def main() -> None:
    """Run the campaign and print its table; exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.campaign", description="Reliability cases at full counts."
    )
    parser.add_argument("--minutes", type=float, default=15, help="begin no job after so many")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write there, and go on from it")
    parser.add_argument("--only", nargs="+", choices=[case.id for case in CASES], metavar="ID")
    every = ("sqlite", *databases.SERVERS)
    parser.add_argument("--database", nargs="+", choices=every, default=every, metavar="DRIVER")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every count")
    chosen = parser.parse_args()
    raise SystemExit(asyncio.run(_campaign(chosen)))


if __name__ == "__main__":
    main()
