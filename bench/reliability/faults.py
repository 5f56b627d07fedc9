"""The cases in which database or disk fail: locked, held by a reader, full."""

import asyncio
import time
from contextlib import closing
from pathlib import Path

from bench.baseline import connect
from bench.reliability.crashes import until
from bench.reliability.reading import databases
from bench.reliability.sending import Load
from bench.reliability.trial import Database, Outcome, Trial, shared
from bench.reliability.volumes import Volume, volume

ACK_S = 3.0
"""A commit or a dead letter is waited for 2 s and 1 s; an answer comes within both."""
RESUME_S = 10.0
_CHECKPOINT_BYTES = 40 * 2**20


async def database_locked(
    folder: Path, seed: int, seconds: float = 6.0, database: Database = None
) -> Outcome:
    """E1: another process holds the database's lock under load, or a server hangs; nobody is told
    about it."""
    async with Trial("E1", folder, seed, database=database) as trial:
        await trial.start()
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        await asyncio.sleep(0.5)
        before = trial.oracle.acked_records()
        with trial.blocked():
            await asyncio.sleep(seconds)
            waited = trial.oracle.acked_records() - before
            health = await asyncio.to_thread(trial.server.get, "/api/health")
        released = time.monotonic()
        await asyncio.sleep(0.5)
        stop.set()
        await loading
        outcome = trial.outcome
        outcome.expect(waited, "nothing was acked while the database was locked")
        outcome.expect(health["writer_status"] == "CIRCUIT_OPEN", "health did not tell")
        outcome.worst("slowest ack s", trial.load.slowest_ack_s)
        outcome.expect(
            trial.load.slowest_ack_s <= shared(ACK_S), f"ack {trial.load.slowest_ack_s:.1f} s"
        )
        told = [text for text in trial.load.messages if "locked" in text]
        outcome.expect(not told, f"clients were told: {told[:1]}")
        await trial.verify()
        outcome.worst("settled s", time.monotonic() - released)
        outcome.runs = 1
        return outcome


async def reader_holds(folder: Path, seed: int, longest_s: float = 30.0) -> Outcome:
    """E2: a foreign reader holds a snapshot under load, so that no checkpoint can end, until the
    log has outgrown what it has without one."""
    async with Trial("E2", folder, seed) as trial:
        await trial.start()
        await trial.load.for_seconds(trial.sender, 0.3)
        segment = databases(trial.server.folder)[-1]
        wal = Path(f"{segment}-wal")
        with closing(connect(segment, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM spans").fetchone()
            trial.load.size = 512
            stop = asyncio.Event()
            loading = asyncio.create_task(trial.load.run(trial.sender, stop))
            await until(lambda: _size(wal) > _CHECKPOINT_BYTES, longest_s)
            stop.set()
            await loading
            held = _size(wal)
            counted = trial.server.metrics().sum("argus_db_wal_bytes")
        trial.outcome.worst("-wal MiB held", held / 2**20)
        trial.outcome.expect(held > _CHECKPOINT_BYTES, "the reader did not hold the checkpoint up")
        trial.outcome.expect(counted >= held, f"-wal of {held} bytes, /metrics says {counted}")
        trial.load.size = 64
        await trial.load.for_seconds(trial.sender, 1.0)
        await trial.verify()
        trial.outcome.worst("-wal MiB after", _size(wal) / 2**20)
        trial.outcome.runs = 1
        return trial.outcome


async def disk_full(
    folder: Path, seed: int, *, letters: str = "same", cycles: int = 1, seconds: float = 3.0
) -> Outcome:
    """D1, D2: the database's volume fills under load and is freed again, with the dead letters on
    the `same` volume, on a `small` one of their own that fills too, or on one with `room`."""
    settings = {} if letters == "same" else {"DLQ_PATH": str(folder / "letters/dlq")}
    case = "D1" if letters == "room" else "D2"
    with volume(folder / "disk", 192) as disk, volume(folder / "letters", 48) as other:
        place = folder / "disk/server"
        async with Trial(case, folder, seed, place, None, **settings) as trial:
            await trial.start()
            volumes = [disk, other] if letters == "small" else [disk]
            for _ in range(cycles):
                await _fill_and_free(trial, volumes, seconds)
            await trial.verify()
            return trial.outcome


async def _fill_and_free(trial: Trial, volumes: list[Volume], seconds: float) -> None:
    outcome, load, server = trial.outcome, trial.load, trial.server
    stop = asyncio.Event()
    loading = asyncio.create_task(load.run(trial.sender, stop))
    await asyncio.sleep(0.5)
    for one in volumes:
        await asyncio.to_thread(one.fill, server)
    await asyncio.sleep(seconds)
    at_the_end = trial.oracle.acked_records()
    refused = trial.oracle.refused
    health = await asyncio.to_thread(server.get, "/api/health")
    outcome.expect(health["writer_status"] != "OK", "health says OK on a full disk")
    if outcome.id == "D2":
        outcome.expect(refused, "nothing was refused on a full disk")
    for one in volumes:
        await asyncio.to_thread(one.free, server)
    freed = time.monotonic()
    await until(lambda: trial.oracle.acked_records() > at_the_end, 2 * RESUME_S)
    outcome.worst("resumed s", time.monotonic() - freed)
    outcome.expect(time.monotonic() - freed <= shared(RESUME_S), "did not resume by itself in time")
    stop.set()
    await loading
    outcome.worst("slowest refusal s", max(load.refusals_s, default=0.0))
    _expect_fast(outcome, load)
    outcome.runs += 1


def _expect_fast(outcome: Outcome, load: Load) -> None:
    slow = max(load.refusals_s, default=0.0)
    outcome.expect(slow <= shared(ACK_S), f"a refusal took {slow:.1f} s")


def _size(path: Path) -> int:
    return path.stat().st_size
