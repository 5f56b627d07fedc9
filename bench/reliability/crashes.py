"""The cases in which the server's process ends: killed, killed at a point, stopped, terminated."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.reliability.crash_points import POINTS
from bench.reliability.trial import Database, Outcome, Trial, shared

READY_S = 5.0
EXIT_S = 10.0
_SELDOM = {n for n in POINTS if n.split()[1] in ("summaries", "rollups")}
_LETTER_POINTS = {n for n in POINTS if n.split()[1] in ("letter", "folder", "unlink")}


async def kill_nine(
    folder: Path,
    seed: int,
    cycles: int = 20,
    longest_s: float = 1.2,
    verify_every: int = 10,
    database: Database = None,
) -> Outcome:
    """C1: SIGKILL at random moments under load, and a restart on what it left."""
    async with Trial("C1", folder, seed, database=database) as trial:
        await trial.start()
        for cycle in range(1, cycles + 1):
            stop = asyncio.Event()
            loading = asyncio.create_task(trial.load.run(trial.sender, stop))
            await asyncio.sleep(trial.draw.uniform(0.05, longest_s))
            await asyncio.to_thread(trial.server.kill)
            stop.set()
            await loading
            ready = await trial.start()
            trial.outcome.expect(
                ready <= shared(READY_S), f"cycle {cycle}: ready after {ready:.1f} s"
            )
            trial.outcome.runs += 1
            if cycle % verify_every == 0 or cycle == cycles:
                await trial.verify()
        return trial.outcome


async def crash_points(
    folder: Path,
    seed: int,
    points: Sequence[str] = tuple(POINTS),
    latest: int = 3,
    database: Database = None,
) -> Outcome:
    """C3: the process kills itself at each point in turn, when it passes there for the `latest`th
    time or earlier, under load; each start is the recovery from the crash before."""
    async with Trial("C3", folder, seed, database=database) as trial:
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        for point in points:
            nth = trial.draw.randint(1, min(latest, 3) if point in _SELDOM else latest)
            command = ("-m", "bench.reliability.crash_points", point, str(nth))
            await asyncio.to_thread(trial.server.launch, command)
            await _pass(trial, point, nth)
            trial.outcome.expect(not trial.server.alive, f"{point}: never passed for time {nth}")
            if trial.server.alive:
                await asyncio.to_thread(trial.server.kill)
            trial.outcome.runs += 1
        stop.set()
        await loading
        await trial.start()
        await trial.verify()
        return trial.outcome


async def _pass(trial: Trial, point: str, nth: int) -> None:
    """Do what brings the process to a point so many times, and wait for its end."""
    if point in _LETTER_POINTS:
        before = trial.oracle.acked_records()
        await until(lambda: trial.oracle.acked_records() > before)
        letters = trial.server.folder / "data/dlq"
        with trial.blocked():
            await until(
                lambda: (
                    not trial.server.alive
                    or ("unlink" in point and len(list(letters.glob("*.letter"))) >= nth)
                )
            )
    await _ended(trial, shared(20))


async def replay_point(
    folder: Path, seed: int, point: str, times: int = 2, database: Database = None
) -> Outcome:
    """C3, F4: killed at a point of the replay, again and again, before it may end."""
    async with Trial("C3 replay", folder, seed, database=database) as trial:
        await trial.start()
        with trial.blocked():
            await trial.load.for_seconds(trial.sender, 2.5)
            await asyncio.to_thread(trial.server.kill)
        letters = len(list((trial.server.folder / "data/dlq").glob("*.letter")))
        trial.outcome.expect(letters, "nothing was put into the dead-letter queue")
        for _ in range(times):
            command = ("-m", "bench.reliability.crash_points", point, "1")
            await asyncio.to_thread(trial.server.launch, command)
            trial.outcome.expect(await _ended(trial, shared(15)), f"{point}: never passed")
            if trial.server.alive:
                await asyncio.to_thread(trial.server.kill)
        await trial.start()
        await trial.verify()
        trial.outcome.runs = 1
        return trial.outcome


async def frozen(folder: Path, seed: int, seconds: float = 3.0) -> Outcome:
    """C4: SIGSTOP under load, and SIGCONT after a while."""
    async with Trial("C4", folder, seed) as trial:
        await trial.start()
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        await asyncio.sleep(0.5)
        trial.server.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        trial.server.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(1)
        stop.set()
        await loading
        await trial.verify()
        trial.outcome.runs = 1
        return trial.outcome


async def terminated(
    folder: Path, seed: int, database_down: bool, database: Database = None
) -> Outcome:
    """C6: SIGTERM under load, with a database that answers or not."""
    async with Trial("C6", folder, seed, database=database) as trial:
        await trial.start()
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        await asyncio.sleep(trial.draw.uniform(0.5, 1.0))
        down = trial.blocked() if database_down else contextlib.nullcontext()
        with down:
            await asyncio.sleep(trial.draw.uniform(0.0, 3.0) if database_down else 0)
            code, took = await asyncio.to_thread(trial.server.stop)
        stop.set()
        await loading
        outcome = trial.outcome
        outcome.worst("exit s", took)
        outcome.expect(code == 0, f"exit code {code}")
        outcome.expect(took <= shared(EXIT_S), f"took {took:.1f} s to end")
        await trial.start()
        await trial.verify()
        outcome.runs = 1
        return outcome


async def _ended(trial: Trial, within_s: float) -> bool:
    await until(lambda: not trial.server.alive, within_s)
    return not trial.server.alive


async def until(condition: Callable[[], object], within_s: float = 20) -> None:
    """Return when a condition holds, or the time is over."""
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - any condition
        await asyncio.sleep(0.02)
