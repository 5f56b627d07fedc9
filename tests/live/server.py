"""The pieces of a server that live views need, in the test's own event loop, on a real socket."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from argus.api import HttpProtocol, SystemState, create_app
from argus.api.live import Live, compile_filter, encode_logs, events_of, health_of, live_routes
from argus.api.websocket_protocol import WebSocketProtocol
from argus.live import Seats
from argus.live.log_hub import LogHub
from argus.live.snapshot_hub import SnapshotHub
from argus.pipeline import Exporter
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.pipeline import Pipeline
from argus.receivers.letters import decode_letter
from argus.servers import HttpServer
from argus.storage import Storage
from argus.storage.open import open_storage
from argus.telemetry import Telemetry
from tests.api.doubles import parts_with
from tests.builders import a_batch, a_log_record


class Hasty(WebSocketProtocol):
    """The protocol with deadlines that a test can wait for."""

    cut_off_s = 0.3
    ping_s = 20.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.close_timeout = 2.0
        self.ping_interval = self.ping_timeout = self.ping_s


class LiveServer:
    """Storage, pipeline, hubs and web port."""

    def __init__(self, storage: Storage, telemetry: Telemetry) -> None:
        self.storage = storage
        self.telemetry = telemetry
        self.logs: LogHub
        self.events: SnapshotHub
        self.pipeline: Pipeline
        self.http: HttpServer

    async def send(self, *bodies: str, tenant: str = "default", **fields: Any) -> None:
        """Store log records with these bodies, in one batch, and return when they are acked."""
        records = [a_log_record(body, **fields) for body in bodies]
        await self.pipeline.consume(a_batch(*records, tenant=tenant))

    def connect(self, target: str = "/ws", **options: Any) -> Any:
        """A client of the web port."""
        options = {"max_size": None, "ping_interval": None, "proxy": None} | options
        return connect(f"ws://127.0.0.1:{self.http.port}{target}", **options)

    def connect_narrow(self, target: str = "/ws", **options: Any) -> Any:
        """A client whose operating system takes little that is not read, and so does itself."""
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect(("127.0.0.1", self.http.port))
        return self.connect(target, sock=narrow, max_queue=1, **options)


@asynccontextmanager
async def live_server(
    folder: Path,
    *,
    seats: Seats | None = None,
    interval_s: float = 0.5,
    **hub: Any,
) -> AsyncIterator[LiveServer]:
    """A running server whose data is in `folder`."""
    async with AsyncExitStack() as stack:
        telemetry = Telemetry()
        storage = await open_storage("sqlite", str(folder / "argus.db"), query_timeout_s=10)
        stack.push_async_callback(storage.close)
        server = LiveServer(storage, telemetry)
        server.logs = LogHub(storage.reader, encode_logs, compile_filter, telemetry.live, **hub)
        server.events = SnapshotHub(events_of(storage.reader), interval_s=interval_s)
        parts = parts_with(reader=None, telemetry=telemetry, state=_state)
        health = SnapshotHub(health_of(parts), interval_s=0.2)
        for one in (server.logs, server.events, health):
            await stack.enter_async_context(one)
        exporters: list[Exporter] = [server.logs, server.events]
        letters = DeadLetters(folder / "dlq", 2**30, telemetry)
        await stack.enter_async_context(letters)
        server.pipeline = Pipeline(
            storage.writer, letters, decode_letter, telemetry, exporters=exporters
        )
        await stack.enter_async_context(server.pipeline)
        seats = seats or Seats(1000, 1000)
        live = Live(server.logs, server.events, health, seats, telemetry)
        app = create_app(parts, extra_routes=live_routes(live))
        server.http = HttpServer(app, "127.0.0.1", 0, "HTTP_PORT", HttpProtocol, Hasty)
        await stack.enter_async_context(server.http)
        yield server


async def _state() -> SystemState:
    return SystemState("OK", 3, 0, 0, "argus.db", 1, 2)


async def next_message(client: ClientConnection, within: float = 10) -> Any:
    """The next message, decoded."""
    async with asyncio.timeout(within):
        return json.loads(await client.recv())


async def next_logs(client: ClientConnection, count: int, within: float = 20) -> list[Any]:
    """The next `count` log records; notices that come between are left out."""
    found: list[Any] = []
    async with asyncio.timeout(within):
        while len(found) < count:
            message = json.loads(await client.recv())
            if isinstance(message, list):
                found += message
    assert len(found) == count, [log["body"] for log in found]
    return found


async def next_notice(client: ClientConnection, kind: str, within: float = 20) -> Any:
    """The next notice of a kind; what comes before is left out."""
    async with asyncio.timeout(within):
        while True:
            message = json.loads(await client.recv())
            if isinstance(message, dict) and message.get("notice") == kind:
                return message


async def ask(client: ClientConnection, **request: Any) -> None:
    """Say something to the server."""
    await client.send(json.dumps(request))


async def watching(client: ClientConnection, **request: Any) -> Any:
    """Ask with notices, and return when that holds."""
    await ask(client, notices=True, **request)
    return await next_notice(client, "watching")


async def close_code_of(client: ClientConnection, within: float = 10) -> tuple[int, str]:
    """Read until the server has closed: code and reason."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(within):
            async for _ in client:
                pass
    received = client.protocol.close_rcvd
    return (received.code, received.reason) if received is not None else (1006, "")


async def until(condition: Callable[[], bool], within: float = 10) -> None:
    """Return when a condition holds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what changes tells nobody
            await asyncio.sleep(0.01)


def bodies(logs: Sequence[Any]) -> list[str]:
    return [log["body"] for log in logs]
