"""The cases on a database server: it stops, its connections are cut, it refuses a row."""

import asyncio
import time
from pathlib import Path
from typing import Any

from bench.database_servers import MariadbServer, PostgresServer, Server
from bench.reliability.faults import ACK_S
from bench.reliability.reading import Tables
from bench.reliability.trial import Outcome, Trial, shared

SERVERS: dict[str, type[PostgresServer | MariadbServer]] = {
    "postgres": PostgresServer,
    "mysql": MariadbServer,
}
LIVE_OVER_REPLAY = 0.5
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
_BYTES = {"postgres": "decode('{}', 'hex')", "mysql": "x'{}'"}


async def server_stops(folder: Path, seed: int, database: Any, seconds: float) -> Outcome:
    """E3: the server stops under a quarter of the load that is too much, and comes back; nobody is
    told about it. What waited is stored oldest first, beside what goes on coming in."""
    async with Trial(f"E3 {database.driver}", folder, seed, database=database) as trial:
        await trial.start()
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        await asyncio.sleep(2)
        trial.load.rate = trial.oracle.acked_records() / 2 / trial.load.size / 4
        await asyncio.sleep(0.5)
        await asyncio.to_thread(database.stop)
        stopped, before = time.monotonic(), trial.oracle.acked_records()
        await asyncio.sleep(seconds)
        health = await asyncio.to_thread(trial.server.get, "/api/health")
        starting, waited = time.monotonic(), trial.oracle.acked_records() - before
        await asyncio.to_thread(database.start)
        outcome = trial.outcome
        outcome.expect(waited, "nothing was acked while the server was away")
        outcome.expect(health["writer_status"] == "CIRCUIT_OPEN", "health did not tell")
        replay = await asyncio.to_thread(_replayed, trial)
        stop.set()
        await loading
        share = waited / (starting - stopped) / replay
        outcome.worst("live / replay", share)
        outcome.expect(share <= shared(LIVE_OVER_REPLAY), f"live / replay {share:.2f}")
        outcome.worst("slowest ack s", trial.load.slowest_ack_s)
        outcome.expect(
            trial.load.slowest_ack_s <= shared(ACK_S), f"ack {trial.load.slowest_ack_s:.1f} s"
        )
        await trial.verify()
        await asyncio.to_thread(trial.expect_oldest_first, stopped, starting)
        outcome.runs = 1
        return outcome


def _replayed(trial: Trial) -> float:
    """Wait until nothing waits; the records a second from when the database took writes again."""
    back = time.monotonic()
    while trial.server.get("/api/health")["writer_status"] == "CIRCUIT_OPEN":
        time.sleep(0.05)
    trial.outcome.worst("back s", time.monotonic() - back)
    began, replayed = time.monotonic(), "argus_dlq_replayed_records_total"
    trial.server.until_settled(shared(60))
    return trial.server.metrics().sum(replayed) / (time.monotonic() - began)


async def connections_cut(folder: Path, seed: int, database: Server, seconds: float) -> Outcome:
    """E5: every connection is cut again and again under load, at whatever it is about."""
    async with Trial(f"E5 {database.driver}", folder, seed, database=database) as trial:
        await trial.start()
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        until = time.monotonic() + seconds
        cuts = 0
        while time.monotonic() < until:
            await asyncio.sleep(trial.draw.uniform(0.2, 1.0))
            await asyncio.to_thread(database.execute, _CUT[database.driver])
            cuts += 1
        stop.set()
        await loading
        await trial.verify()
        trial.outcome.worst("cuts", cuts)
        trial.outcome.runs = 1
        return trial.outcome


async def row_refused(folder: Path, seed: int, database: Server) -> Outcome:
    """E4: the server refuses one row of a request, by a constraint; it alone goes to quarantine,
    and what is sent beside it is stored."""
    async with Trial(f"E4 {database.driver}", folder, seed, database=database) as trial:
        await trial.start()
        outcome, data = trial.outcome, trial.server.data
        assert isinstance(data, Tables)
        request = trial.oracle.request("traces", 64)
        poison = trial.oracle.records.row(request.first + 20, "traces")
        trial.oracle.set_aside.add(poison.number)
        refused = _BYTES[database.driver].format(poison.span_id.hex())
        constraint = f"ADD CONSTRAINT poison CHECK (span_id <> {refused})"
        await asyncio.to_thread(data.ask, f"ALTER TABLE {data.segments()[-1]}spans {constraint}")
        stop = asyncio.Event()
        loading = asyncio.create_task(trial.load.run(trial.sender, stop))
        await asyncio.sleep(0.3)
        answer = await trial.sender.send(request, over_http=False)
        outcome.expect(answer.kind == "acked", f"not acked: {answer}")
        trial.oracle.acked(request)
        await asyncio.sleep(0.5)
        stop.set()
        await loading
        await trial.verify()
        counted = trial.server.metrics().sum("argus_dlq_quarantined_records_total")
        outcome.expect(counted == 1, f"{counted:.0f} records in quarantine")
        outcome.runs = 1
        return outcome
