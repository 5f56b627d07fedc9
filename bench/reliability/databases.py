"""The cases on a database server: it stops under load, its connections are cut."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.database_servers import MariadbServer, PostgresServer, Server, running
from bench.reliability.faults import ACK_S
from bench.reliability.trial import Outcome, Trial, shared

Case = Callable[[Path, int, str, float], Awaitable[Outcome]]
SERVERS: dict[str, type[PostgresServer | MariadbServer]] = {
    "postgres": PostgresServer,
    "mysql": MariadbServer,
}
_CUT = {
    "postgres": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = 'argus' AND pid <> pg_backend_pid()",
    "mysql": "BEGIN NOT ATOMIC DECLARE done INT DEFAULT 0; DECLARE one BIGINT; "
    "DECLARE every CURSOR FOR SELECT id FROM information_schema.processlist "
    "WHERE user = 'argus'; DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; "
    "DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; OPEN every; "
    "each_one: LOOP FETCH every INTO one; IF done THEN LEAVE each_one; END IF; "
    "KILL one; END LOOP; END",
}


async def server_stops(
    folder: Path, seed: int, driver: str, seconds: float, *, hangs: bool = False
) -> Outcome:
    """E3: the server stops (or hangs) under load and comes back; nobody is told about it."""
    with running(SERVERS[driver]) as database:
        async with _trial("E3", folder, seed, database) as trial:
            await trial.start()
            stop = asyncio.Event()
            loading = asyncio.create_task(trial.load.run(trial.sender, stop))
            await asyncio.sleep(1.0)
            before = trial.oracle.acked_records()
            if hangs:
                database.pause(True)
            else:
                await asyncio.to_thread(database.stop)  # type: ignore[call-arg]
            stopped = time.monotonic()
            await asyncio.sleep(seconds)
            waited = trial.oracle.acked_records() - before
            health = await asyncio.to_thread(trial.server.get, "/api/health")
            if hangs:
                database.pause(False)
            else:
                await asyncio.to_thread(database.start)
            live = waited / (time.monotonic() - stopped)
            stop.set()
            await loading
            outcome = trial.outcome
            outcome.expect(waited, "nothing was acked while the server was away")
            outcome.expect(health["writer_status"] == "CIRCUIT_OPEN", "health did not tell")
            outcome.worst("slowest ack s", trial.load.slowest_ack_s)
            outcome.expect(
                trial.load.slowest_ack_s <= shared(ACK_S), f"ack {trial.load.slowest_ack_s:.1f} s"
            )
            replaying = time.monotonic()
            await asyncio.to_thread(trial.server.until_settled, shared(60))
            outcome.worst("replayed/live", waited / (time.monotonic() - replaying) / live)
            await trial.verify()
            outcome.runs = 1
            return outcome


async def connections_cut(folder: Path, seed: int, driver: str, seconds: float) -> Outcome:
    """E5: every connection is cut again and again under load, at whatever it is about."""
    with running(SERVERS[driver]) as database:
        async with _trial("E5", folder, seed, database) as trial:
            await trial.start()
            stop = asyncio.Event()
            loading = asyncio.create_task(trial.load.run(trial.sender, stop))
            until = time.monotonic() + seconds
            cuts = 0
            while time.monotonic() < until:
                await asyncio.sleep(trial.draw.uniform(0.2, 1.0))
                await asyncio.to_thread(database.execute, _CUT[driver])
                cuts += 1
            stop.set()
            await loading
            await trial.verify()
            trial.outcome.worst("cuts", cuts)
            trial.outcome.runs = 1
            return trial.outcome


async def argus_killed(folder: Path, seed: int, driver: str, cycles: float) -> Outcome:
    """C1: kill -9 of Argus under load, whose last transaction the server is left with."""
    with running(SERVERS[driver]) as database:
        async with _trial("C1", folder, seed, database) as trial:
            await trial.start()
            for _ in range(int(cycles)):
                stop = asyncio.Event()
                loading = asyncio.create_task(trial.load.run(trial.sender, stop))
                await asyncio.sleep(trial.draw.uniform(0.3, 2.0))
                await asyncio.to_thread(trial.server.kill)
                stop.set()
                await loading
                await trial.start()
            await trial.verify()
            trial.outcome.runs = int(cycles)
            return trial.outcome


def _trial(case: str, folder: Path, seed: int, database: Server) -> Trial:
    database.execute("CREATE DATABASE argus")
    settings = {"DB_DRIVER": database.driver, "DB_DSN": database.dsn("argus")}
    return Trial(f"{case} {database.driver}", folder, seed, None, **settings)
