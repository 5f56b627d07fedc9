"""Measures what PostgreSQL takes from Argus against bare COPY of the same rows, in the same run.

    python -m bench.databases [--spans N] [--rounds N] [--driver postgres|mysql]

Argus' writer stores decoded spans of the shop corpus in commits of 8192; the baseline copies the
very rows that it stored, those of the index included, into a fresh segment with the same indexes,
in transactions of the same size. The server is one of its own, with its defaults but for a buffer
of 256 MB, and syncs (TMPDIR: put it on the disk in question). Both are timed in one process.
"""

import argparse
import asyncio
import statistics
import sys
import time
from typing import Any

from sqlalchemy import select

from argus.model import Batch
from argus.receivers import otlp
from argus.storage import SegmentLimits
from argus.storage.open import open_storage
from argus.storage.sql.bulk import Rows
from argus.storage.sql.servers.mysql import Mysql
from argus.storage.sql.servers.postgres import Postgres
from argus.storage.sql.servers.schemas import Schemas
from argus.storage.sql.tables import spans
from bench.corpora import PER_CALL, corpus
from bench.database_servers import MariadbServer, PostgresServer, running

COMMIT = 8192
_SERVERS: dict[str, tuple[type[PostgresServer | MariadbServer], Any]] = {
    "postgres": (PostgresServer, Postgres),
    "mysql": (MariadbServer, Mysql),
}


def groups(count: int) -> list[list[Batch]]:
    """Requests of the shop corpus, in the groups that are committed together."""
    shop = corpus("shop")
    return [
        [
            otlp.decode("traces", shop.fresh(number)[0], "default", time.time_ns())
            for number in range(first, first + COMMIT // PER_CALL)
        ]
        for first in range(0, count // PER_CALL, COMMIT // PER_CALL)
    ]


async def stored(driver: str, dsn: str, work: list[list[Batch]]) -> float:
    """Spans a second that Argus makes durable."""
    storage = await open_storage(
        driver, dsn, query_timeout_s=60,
        limits=SegmentLimits(rows=10**9, bytes=2**60),
    )  # fmt: skip
    began = time.perf_counter()
    for group in work:
        await storage.writer.write(group)
    took = time.perf_counter() - began
    await storage.close()
    return sum(len(batch) for group in work for batch in group) / took


def copied(backend: Schemas, number: int) -> float:
    """Spans a second that go bare into a new segment, from one that Argus wrote."""
    words = backend.index.tables["span"]  # type: ignore[attr-defined]
    ways = [Rows(spans), Rows(words)]
    with backend.reader(number, settled=True) as source:
        read = [[list(row) for row in source.execute(select(rows.table))] for rows in ways]
    steps = range(0, len(read[0]), COMMIT)
    share = len(read[1]) / len(read[0])
    fresh = number + 1
    backend.create(fresh, {"schema_version": 1})
    took = 0.0
    with backend.writer(fresh) as target:
        for first in steps:
            flat = [
                [
                    value
                    for row in rows[int(first * by) : int((first + COMMIT) * by)]
                    for value in row
                ]
                for rows, by in zip(read, (1.0, share), strict=True)
            ]
            began = time.perf_counter()
            with target.begin():
                target.exec_driver_sql("SELECT 1")
                for way, values in zip(ways, flat, strict=True):
                    way.insert(target, values)
            took += time.perf_counter() - began
    return len(read[0]) / took


def measure(driver: str, dsn: str, count: int) -> tuple[float, float]:
    """(Argus, bare), in spans a second, into an empty database."""
    argus = asyncio.run(stored(driver, dsn, groups(count)))
    backend: Schemas = _SERVERS[driver][1](dsn, 60.0)
    backend.lock()
    bare = copied(backend, max(backend.numbers()))
    backend.close()
    return argus, bare


def main() -> None:
    """Run the benchmark and print one line per round and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=20 * COMMIT)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--driver", choices=list(_SERVERS), default="postgres")
    chosen = parser.parse_args()
    ratios = []
    with running(_SERVERS[chosen.driver][0], safe=True) as server:
        for number in range(chosen.rounds):
            server.execute(f"CREATE DATABASE argus{number}")
            dsn = server.dsn(f"argus{number}")
            argus, bare = measure(chosen.driver, dsn, chosen.spans)
            ratios.append(argus / bare)
            sys.stdout.write(
                f"{chosen.driver}: Argus {argus:,.0f} spans/s, bare {bare:,.0f} spans/s, "
                f"ratio {argus / bare:.2f}\n"
            )
    sys.stdout.write(f"median ratio {statistics.median(ratios):.2f} (wanted: 0.35)\n")


if __name__ == "__main__":
    main()
