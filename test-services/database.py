"""Owns the SQLite database of one service and the CLIENT span around each of its statements."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

from chance import dice
from opentelemetry.trace import SpanKind
from telemetry import tracer


class Database:
    """A SQLite file of its own in SHOP_DATA (in memory without it), filled by `script` when opened.

    Each statement takes a few milliseconds longer than SQLite needs, as one across a network does.
    """

    def __init__(self, name: str, script: str) -> None:
        directory = os.environ.get("SHOP_DATA")
        self._name = name
        self._connection = sqlite3.connect(
            Path(directory, f"{name}.db") if directory else ":memory:", isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"PRAGMA synchronous = OFF; {script}")

    async def run(self, summary: str, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        """Execute one statement and return its rows.

        `summary` is `OPERATION table`, the span's name. Raises sqlite3.Error.
        """
        operation, table = summary.split(" ", 1)
        with tracer.start_as_current_span(
            summary,
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": "sqlite",
                "db.namespace": self._name,
                "db.collection.name": table,
                "db.operation.name": operation,
                "db.query.summary": summary,
                "db.query.text": sql,
            },
        ) as span:
            await asyncio.sleep(dice.lognormvariate(-6.2, 0.6))
            try:
                rows = self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                span.set_attribute("error.type", error.sqlite_errorname)
                raise
            if operation == "SELECT":
                span.set_attribute("db.response.returned_rows", len(rows))
            return rows
