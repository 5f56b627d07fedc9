"""Owns the shop's message queue: a SQLite file, its PRODUCER and CONSUMER spans, their context."""

import asyncio
import contextlib
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Link, SpanKind
from telemetry import tracer

SYSTEM = "sqlite-queue"
POLL_SECONDS = 0.05


class MessageQueue:
    """One named destination, shared by all processes with the same SHOP_DATA."""

    def __init__(self, destination: str) -> None:
        self._destination = destination
        self._connection = sqlite3.connect(
            Path(os.environ.get("SHOP_DATA", "."), "queue.db"), isolation_level=None
        )
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
            "CREATE TABLE IF NOT EXISTS messages"
            " (id INTEGER PRIMARY KEY AUTOINCREMENT, destination TEXT, headers TEXT, body TEXT)"
        )

    def depth(self) -> int:
        """How many messages are not processed yet."""
        sql = "SELECT count(*) FROM messages WHERE destination = ?"
        return int(self._connection.execute(sql, (self._destination,)).fetchone()[0])

    def send(self, body: dict[str, Any]) -> None:
        """Append one message inside a PRODUCER span whose context travels with it."""
        text = json.dumps(body)
        with tracer.start_as_current_span(
            f"send {self._destination}",
            kind=SpanKind.PRODUCER,
            attributes={
                **self._attributes("send", "send"),
                "messaging.message.body.size": len(text),
            },
        ) as span:
            headers: dict[str, str] = {}
            inject(headers)
            cursor = self._connection.execute(
                "INSERT INTO messages (destination, headers, body) VALUES (?, ?, ?)",
                (self._destination, json.dumps(headers), text),
            )
            span.set_attribute("messaging.message.id", str(cursor.lastrowid))

    async def consume(self, process: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Process messages one after the other, for ever; a message is removed when it was tried.

        Each is processed in a CONSUMER span that is a child of its PRODUCER span and links to it.
        """
        while True:
            row = self._connection.execute(
                "SELECT id, headers, body FROM messages WHERE destination = ? ORDER BY id LIMIT 1",
                (self._destination,),
            ).fetchone()
            if row is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            message_id, headers, body = row
            with contextlib.suppress(Exception):
                await self._process(process, message_id, json.loads(headers), json.loads(body))
            self._connection.execute("DELETE FROM messages WHERE id = ?", (message_id,))

    async def _process(
        self,
        process: Callable[[dict[str, Any]], Awaitable[None]],
        message_id: int,
        headers: dict[str, str],
        body: dict[str, Any],
    ) -> None:
        producer = extract(headers)
        with tracer.start_as_current_span(
            f"process {self._destination}",
            context=producer,
            kind=SpanKind.CONSUMER,
            links=[Link(trace.get_current_span(producer).get_span_context())],
            attributes={
                **self._attributes("process", "process"),
                "messaging.message.id": str(message_id),
            },
        ) as span:
            try:
                await process(body)
            except Exception as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise

    def _attributes(self, name: str, kind: str) -> dict[str, str]:
        return {
            "messaging.system": SYSTEM,
            "messaging.destination.name": self._destination,
            "messaging.operation.name": name,
            "messaging.operation.type": kind,
        }
