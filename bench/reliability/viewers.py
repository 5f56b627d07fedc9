"""The case of viewers that come and go: a storm of WebSocket connections leaves nothing behind."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.reliability.server import Server
from bench.reliability.trial import Outcome, shared
from bench.watchers import Watchers

SHOWN_MS = 650.0
"""As late as a log record may be shown at half load: `bench.live`."""

_PATHS = ("/ws", "/ws/events", "/ws/health")
_SEATS = {"WS_MAX_CLIENTS": "2000", "WS_MAX_CLIENTS_PER_PEER": "2000"}
_HEALTHY, _LOGS_PER_S = 10, 20.0
_WARM_UP_S = 20.0
_ANSWER_S, _EXIT_S, _REST_S = 10.0, 10.0, 10.0
_MOST_AT_ONCE = 400
_MOST_BLOCKS = 10_000
_MOST_GROWTH_MIB = 64.0
_COMPLAINT = re.compile(r".*level=(?:WARN|ERROR).*|Traceback.*")
_DATABASE = re.compile(r"\.db(-wal|-shm|-journal)?$")


class Held(NamedTuple):
    """What a server holds on to when its garbage is collected: descriptors, but for those of the
    database, whose readers keep files open and may open more; tasks; blocks of memory."""

    descriptors: int
    tasks: int
    blocks: int
    mib: float

    def covers(self, other: "Held") -> bool:
        """Whether the other holds no more, but for what the records that were sent leave."""
        return (
            other.descriptors <= self.descriptors
            and other.tasks <= self.tasks
            and other.blocks <= self.blocks + _MOST_BLOCKS
        )


async def storm(folder: Path, seed: int, seconds: float = 300.0, per_s: float = 200.0) -> Outcome:
    """J3: so many viewers a second come, ask and leave, rudely or not, beside a few who stay and
    read. Then what the server holds must be what it held before, those who stayed must have been
    shown everything, and a restart within a storm must be one."""
    outcome = Outcome("J3")
    server = Server(folder / "server", **_SEATS)
    held = folder / "server" / "tasks"
    counted = ("-m", "bench.reliability.holdings", str(held))
    port = int(server.url.rpartition(":")[2])
    come_and_go = _Storm(port, random.Random(seed))
    outcome.worst("ready s", await asyncio.to_thread(server.start, counted))
    try:
        with Watchers() as healthy:
            healthy.connect(port, "/ws", _HEALTHY, say=[{"notices": True}], probes=_HEALTHY)
            # what the first viewers and records cost, the process keeps
            await _beside(come_and_go, healthy, server, min(seconds, _WARM_UP_S), per_s)
            before = await _at_rest(server, held, lambda now: True)
            come_and_go.visits = come_and_go.answered = 0
            seen = await _beside(come_and_go, healthy, server, seconds, per_s)
            after = await _at_rest(server, held, before.covers)
            cut_off = healthy.count(0)["lost"]
            healthy.leave()
        outcome.runs = come_and_go.visits
        outcome.worst("visits /s", come_and_go.per_s)
        outcome.unexplained = come_and_go.visits - come_and_go.answered
        outcome.expect(not outcome.unexplained, f"{outcome.unexplained} visits went unanswered")
        _judge(outcome, before, after)
        outcome.worst("shown p99 ms", seen["p99"])
        outcome.expect(seen["p99"] <= shared(SHOWN_MS), "those who stayed were told late")
        outcome.expect(not cut_off, f"{cut_off:.0f} of those who stayed were cut off")
        outcome.lost = round(seen["lost"])
        outcome.expect(not outcome.lost, f"{outcome.lost} records were not shown")
        await _restart(outcome, server, come_and_go, per_s)
    finally:
        server.stop()
    said = _COMPLAINT.findall(server.log.read_text())
    # on a starved machine a write may come too late; what it was to store is in a dead letter
    said = [line for line in said if "the database is not available" not in line]
    outcome.expect(not said, "\n".join(said)[:2000])
    return outcome


def _judge(outcome: Outcome, before: Held, after: Held) -> None:
    for name in ("descriptors", "tasks", "blocks"):
        outcome.worst(f"{name} more", getattr(after, name) - getattr(before, name))
    outcome.expect(before.covers(after), f"{before} before, {after} after")
    growth = after.mib - before.mib
    outcome.worst("resident MiB", after.mib)
    outcome.worst("resident MiB more", growth)
    outcome.expect(growth <= _MOST_GROWTH_MIB, f"{growth:.1f} MiB more after than before")


async def _beside(
    come_and_go: "_Storm", healthy: Watchers, server: Server, seconds: float, per_s: float
) -> dict[str, float]:
    """A storm, and what those who stay are shown meanwhile."""
    address = server.otlp.removeprefix("http://")
    probing = asyncio.create_task(asyncio.to_thread(healthy.probe, address, _LOGS_PER_S, seconds))
    await come_and_go.blow(seconds, per_s)
    return await probing


async def _at_rest(server: Server, file: Path, enough: Callable[[Held], bool]) -> Held:
    """What the server holds once those who came are gone, and until that is little enough."""
    deadline = time.monotonic() + shared(_REST_S)
    while True:
        await asyncio.sleep(2)
        clients = (await asyncio.to_thread(server.metrics)).sum("argus_active_connections")
        now = await asyncio.to_thread(_held, server, file)
        if (clients == _HEALTHY and enough(now)) or time.monotonic() > deadline:
            return now


def _held(server: Server, file: Path) -> Held:
    process = Path(f"/proc/{server.process.pid}")
    file.unlink(missing_ok=True)
    os.kill(server.process.pid, signal.SIGUSR1)
    deadline = time.monotonic() + shared(_ANSWER_S)
    while not file.exists():
        assert time.monotonic() < deadline, "the server does not say what it holds"
        time.sleep(0.02)
    tasks, blocks = map(int, file.read_text().split())
    return Held(_descriptors(process), tasks, blocks, server.rss_mib())


def _descriptors(process: Path) -> int:
    count = 0
    for one in os.listdir(process / "fd"):
        with suppress(FileNotFoundError):
            count += not _DATABASE.search(os.readlink(process / "fd" / one))
    return count


async def _restart(outcome: Outcome, server: Server, come_and_go: "_Storm", per_s: float) -> None:
    """Stop and start it while viewers come and go; then they must be answered again."""
    blowing = asyncio.create_task(come_and_go.blow(4, per_s))
    await asyncio.sleep(1)
    code, took = await asyncio.to_thread(server.stop)
    outcome.worst("exit s", took)
    outcome.expect(code == 0 and took <= shared(_EXIT_S), f"exit {code} after {took:.1f} s")
    outcome.worst("ready s", await asyncio.to_thread(server.start))
    await blowing
    come_and_go.visits = come_and_go.answered = 0
    await come_and_go.blow(1, per_s)
    unanswered = come_and_go.visits - come_and_go.answered
    outcome.expect(not unanswered, f"{unanswered} visits went unanswered after a restart")


class _Storm:
    """Viewers that come, ask and leave; `answered` counts those that were let in."""

    def __init__(self, port: int, draw: random.Random) -> None:
        self.visits = self.answered = 0
        self.per_s = 0.0
        self._port = port
        self._draw = draw

    async def blow(self, seconds: float, per_s: float) -> None:
        """Send viewers at a rate, and wait until the last has left. On a machine that others keep
        so busy that too many are there at once, the next waits."""
        began = time.monotonic()
        room = asyncio.Semaphore(_MOST_AT_ONCE)
        async with asyncio.TaskGroup() as visiting:
            for number in range(round(seconds * per_s)):
                await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
                await room.acquire()
                visit = visiting.create_task(self._visit(number))
                visit.add_done_callback(lambda _: room.release())
        self.per_s = self.visits / (time.monotonic() - began)

    async def _visit(self, number: int) -> None:
        self.visits += 1
        with suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(shared(_ANSWER_S)):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    path = _PATHS[number % 3]
                    writer.write(_handshake(path))
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.answered += b" 101 " in head[:20]
                    for _ in range(3):
                        writer.write(_frame(0x81, self._request(path)))
                        await asyncio.sleep(self._draw.uniform(0, 0.3))
                    await self._leave(number, reader, writer)
                finally:
                    writer.transport.abort()

    def _request(self, path: str) -> bytes:
        name = f"f{self._draw.randrange(7)}"
        if path == "/ws/events":
            return json.dumps({"service": name}).encode()
        since = {"since": "0" * 16} if self._draw.random() < 0.1 else {}
        return json.dumps({"filter": name, "notices": True} | since).encode()

    async def _leave(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match number // 3 % 3:
            case 0:  # reset
                own = writer.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case 1:  # as the protocol wants it
                writer.write(_frame(0x88, b"\x03\xe8"))
                await reader.read()
            case _:  # without a word
                writer.close()


def _handshake(path: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]  # fmt: skip
    return "\r\n".join(lines).encode()


def _frame(opcode: int, payload: bytes) -> bytes:
    """A masked frame of at most 125 bytes."""
    return bytes([opcode, 0x80 | len(payload)]) + bytes(4) + payload
