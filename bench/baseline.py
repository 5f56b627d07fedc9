"""What the same machine does without Argus: bare inserts (S0), bare parsing (P1), fsync, spinning.

S0 takes the very rows that a server stored, every table and index of its segment, and inserts them
into an empty file of the same schema. The words of the contentless index are read back from the
index itself, so nothing here knows what the server does to make them.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool

from argus.storage.sql import driver
from bench.corpora import Corpus

connect: Any = driver.sqlite.connect  # type: ignore[attr-defined]
"""Of the one SQLite library of argus."""


COMMIT_ROWS = 5_000
STATEMENT_VALUES = 10_000
"""Bound in one statement: longer ones hardly gain, and each statement makes FTS5 flush."""
_SPIN_S = 0.5
_SPIN = f"""
import time
began, cpu, loops = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - began < {_SPIN_S}:
    for _ in range(10_000): pass
    loops += 1
cpu = time.process_time() - cpu
print(cpu / (time.perf_counter() - began), loops / cpu)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Records handled, and the wall and processor seconds that took."""

    records: int
    seconds: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor microseconds per record."""
        return self.cpu_s / self.records * 1e6


class Rows:
    """The content of one segment file, as statements ready to run."""

    def __init__(self, path: Path, main: str) -> None:
        """`main` is the table whose rows are counted."""
        connection = connect(f"file:{path}?mode=ro", uri=True)
        schema = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        ).fetchall()
        indexes = {name for name, sql in schema if sql.startswith("CREATE VIRTUAL")}
        shadows = tuple(f"{name}_" for name in indexes)
        self._schema = [sql for name, sql in schema if not name.startswith(shadows)]
        tables = [
            name
            for name, sql in schema
            if sql.startswith("CREATE TABLE") and not name.startswith(shadows)
        ]
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        columns = {name: "" for name in tables}
        for name in indexes:
            connection.execute(
                f"CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {name}, instance)"
            )
            rows[name] = connection.execute(
                "SELECT doc, group_concat(term, ' ') FROM temp.v GROUP BY doc"
            ).fetchall()
            columns[name] = "(rowid, words)"
            connection.execute("DROP TABLE temp.v")
        connection.close()
        self.count = len(rows[main])
        commits = max(1, -(-self.count // COMMIT_ROWS))
        self._commits: list[list[tuple[str, list[Any]]]] = [
            [
                statement
                for name, found in rows.items()
                for statement in _statements(name, columns[name], _share(found, number, commits))
            ]
            for number in range(commits)
        ]

    def insert(self, path: Path) -> Cost:
        """S0: insert everything into an empty file and leave it there, with the pragmas of the
        server's own connection; the clock runs from the first transaction to the last commit."""
        engine = driver.sqlite_engine(path, writable=True, poolclass=NullPool)
        held = engine.raw_connection()
        connection: Any = held.driver_connection
        for sql in self._schema:
            connection.execute(sql)
        began, cpu = time.perf_counter(), time.process_time()
        for statements in self._commits:
            connection.execute("BEGIN IMMEDIATE")
            for text, values in statements:
                connection.execute(text, values)
            connection.execute("COMMIT")
        cost = Cost(self.count, time.perf_counter() - began, time.process_time() - cpu)
        held.close()
        return cost


def _share(rows: list[Any], number: int, parts: int) -> list[Any]:
    return rows[len(rows) * number // parts : len(rows) * (number + 1) // parts]


def _statements(table: str, columns: str, rows: list[Any]) -> list[tuple[str, list[Any]]]:
    found = []
    size = STATEMENT_VALUES // len(rows[0]) if rows else 1
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        row = f"({', '.join('?' * len(chunk[0]))})"
        text = f"INSERT INTO {table}{columns} VALUES {', '.join([row] * len(chunk))}"
        found.append((text, [value for one in chunk for value in one]))
    return found


def parse(source: Corpus, first: int, requests: int) -> Cost:
    """P1: only parse, with the official messages."""
    bodies = [source.fresh(first + number) for number in range(requests)]
    from_string = source.message.FromString
    began, cpu = time.perf_counter(), time.process_time()
    for body, _ in bodies:
        from_string(body)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return Cost(sum(records for _, records in bodies), seconds, cpu_s)


def fsync_p99_ms(folder: Path, samples: int = 200) -> float:
    """99th percentile of appending 64 KiB to a file and syncing it."""
    took = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(samples):
            file.write(bytes(64 * 1024))
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    (folder / "fsync").unlink()
    return sorted(took)[-(-samples * 99 // 100) - 1] * 1000


def spin() -> tuple[float, float]:
    """(least share of a core, mean loops a processor second) of one spinning process per core."""
    children = [
        subprocess.Popen([sys.executable, "-c", _SPIN], stdout=subprocess.PIPE, text=True)
        for _ in range(os.cpu_count() or 1)
    ]
    found = [tuple(map(float, child.communicate()[0].split())) for child in children]
    return min(share for share, _ in found), sum(loops for _, loops in found) / len(found)
