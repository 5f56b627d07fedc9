"""A writer on a real SQLite file that stores every key once, and that can be made to fail."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from argus.errors import Unavailable
from argus.model import Batch


class Ledger:
    """Keeps the text of each log record (and the name of each span) beside the keys.

    `down` makes every write fail, `poison` those that carry one of these texts; while `gate` is
    not set, a write waits before it begins, and each record takes `record_s` seconds.
    `together` is the most writes ever seen at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.down = False
        self.poison: Collection[str] = ()
        self.gate = asyncio.Event()
        self.gate.set()
        self.record_s = 0.0
        self.writes = 0
        self.together = 0
        self._running = 0
        with closing(self._connect()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS keys (key BLOB PRIMARY KEY)")
            connection.execute("CREATE TABLE IF NOT EXISTS records (text TEXT)")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        self.writes += 1
        self._running += 1
        self.together = max(self.together, self._running)
        try:
            await self.gate.wait()
            await asyncio.sleep(self.record_s * sum(map(len, batches)))
            return await asyncio.to_thread(self._write, batches)
        finally:
            self._running -= 1

    def _write(self, batches: Sequence[Batch]) -> list[Batch]:
        if self.down:
            raise Unavailable("storage: database is locked", retry_after_s=1)
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            stored = []
            for batch in batches:
                found = connection.execute(
                    "INSERT INTO keys VALUES (?) ON CONFLICT DO NOTHING", (batch.key,)
                )
                if batch.key and found.rowcount == 0:
                    stored.append(replace(batch, spans=(), logs=()))
                    continue
                stored.append(batch)
                texts = self.texts_of(batch)
                if not set(self.poison).isdisjoint(texts):
                    raise OverflowError("Python int too large to convert to SQLite INTEGER")
                connection.executemany("INSERT INTO records VALUES (?)", [(t,) for t in texts])
            connection.execute("COMMIT")
            return stored

    @staticmethod
    def texts_of(batch: Batch) -> list[str]:
        return [log.body.strip('"') for log in batch.logs] + [span.name for span in batch.spans]

    def stored(self) -> Counter[str]:
        """How often each text is stored."""
        with closing(self._connect()) as connection:
            return Counter(text for (text,) in connection.execute("SELECT text FROM records"))
