"""The watchers: a process of its own with any number of WebSocket clients, steered by JSON lines.

Its clients do as little as they can: they find the ends of frames and count them. A few, the
probes, also read what is in them, to tell how long after its ack a log record was there.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, cast

import uvloop
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bench.load import OK, HttpSender

ROOT = Path(__file__).parent.parent
_SMALL = 4096
_SLOW_BYTES, _SLOW_EVERY_S = 1024, 1.0
_TEXT, _PING = 0x81, 0x89
_GRACE_S = 2.0
_PADDING = "x" * 200


class Watchers:
    """The process, for whoever steers it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.watchers"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def connect(
        self, port: int, path: str, count: int, *, say: list[Any] | None = None, **more: int
    ) -> None:
        """Open `count` clients; the i-th says `say[i % len(say)]` first. `stalled` of them never
        read, `slow` of them read a kibibyte a second, `probes` of them read what is in the
        messages."""
        self._ask(do="connect", port=port, path=path, count=count, say=say or [], **more)

    def count(self, seconds: float) -> dict[str, float]:
        """`messages`, `bytes`, `notices` and `cpu_share` of so many seconds."""
        return self._ask(do="count", seconds=seconds)

    def probe(self, address: str, rate: float, seconds: float) -> dict[str, float]:
        """Send log records at a rate; `p50` and `p99` are milliseconds from the ack of each to
        its arrival at each probe, `lost` how many did not arrive at one."""
        return self._ask(do="probe", address=address, rate=rate, seconds=seconds)

    def leave(self) -> None:
        """Close every client."""
        self._ask(do="leave")

    def _ask(self, **job: Any) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the watchers ended early")
        answer: dict[str, float] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class _Seen:
    """What all clients together have seen."""

    def __init__(self) -> None:
        self.messages = self.notices = self.bytes = self.open = self.lost = 0
        self.arrivals: dict[str, list[float]] = {}


class _Client(asyncio.Protocol):
    def __init__(self, seen: _Seen, path: str, say: str, probe: bool, stalled: bool) -> None:
        """One that is stalled reads nothing by itself once it was let in."""
        self._seen = seen
        self._path, self._say = path, say
        self._probe, self._stalled = probe and path == "/ws", stalled
        self._buffer = bytearray()
        self._upgraded = False
        self.transport: asyncio.Transport
        self.leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        lines = [f"GET {self._path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
                 "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""]  # fmt: skip
        self.transport.write("\r\n".join(lines).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self._seen.open -= self._upgraded
        self._seen.lost += not self.leaving

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                raise SystemExit(f"refused: {head[:80]!r}")
            self._buffer = bytearray(rest)
            self._upgraded = True
            self._seen.open += 1
            if self._say:
                self._send(_TEXT, self._say.encode())
            if self._stalled:
                self.transport.pause_reading()
        self._frames()

    def _frames(self) -> None:
        buffer = self._buffer
        start = 0
        while len(buffer) - start >= 2:
            coded, head = buffer[start + 1], 2
            length = coded
            if coded >= 126:
                head = 4 if coded == 126 else 10
                length = int.from_bytes(buffer[start + 2 : start + head], "big")
            if len(buffer) - start < max(head + 1, head + length):
                break
            self._frame(buffer[start], start + head, length)
            start += head + length
        del buffer[:start]

    def _frame(self, opcode: int, start: int, length: int) -> None:
        seen = self._seen
        if opcode == _PING:
            self._send(0x8A, bytes(self._buffer[start : start + length]))
        elif opcode == _TEXT and self._buffer[start] == ord("{") and self._path == "/ws":
            seen.notices += 1
        elif opcode == _TEXT:
            seen.messages += 1
            seen.bytes += length
            if self._probe:
                self._read(self._buffer[start : start + length])

    def _read(self, payload: bytearray) -> None:
        now = time.perf_counter()
        for log in json.loads(payload):
            if isinstance(log["body"], str) and log["body"].startswith("probe "):
                self._seen.arrivals.setdefault(log["body"].split()[1], []).append(now)

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
        self.transport.write(bytes([opcode]) + size + bytes(4) + payload)


async def _read_slowly(client: _Client, own: socket.socket) -> None:
    """Read a little of what has come, now and then, until the other end closes."""
    while True:
        await asyncio.sleep(_SLOW_EVERY_S)
        with suppress(BlockingIOError):
            data = os.read(own.fileno(), _SLOW_BYTES)
            if not data:
                return
            client.data_received(data)


class _Process:
    def __init__(self) -> None:
        self._seen = _Seen()
        self._clients: list[_Client] = []
        self._reading: list[asyncio.Task[None]] = []
        self._probes = 0
        self._number = 0

    async def connect(
        self,
        port: int,
        path: str,
        count: int,
        say: list[Any],
        stalled: int = 0,
        slow: int = 0,
        probes: int = 0,
    ) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        wanted = self._seen.open + count
        self._probes += probes
        for number in range(count):
            said = json.dumps(say[number % len(say)]) if say else ""
            last = number >= count - stalled - slow
            own = socket.socket()
            if last:
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            own.setblocking(False)
            await loop.sock_connect(own, ("127.0.0.1", port))
            client = _Client(self._seen, path, said, number < probes, last)
            await loop.create_connection(lambda client=client: client, sock=own)  # type: ignore[misc]
            self._clients.append(client)
            if last and number < count - stalled:
                self._reading.append(asyncio.create_task(_read_slowly(client, own)))
        deadline = time.monotonic() + 30
        while self._seen.open < wanted:
            if time.monotonic() > deadline:
                raise SystemExit(f"{wanted - self._seen.open} of {count} clients did not connect")
            await asyncio.sleep(0.01)
        return {"open": self._seen.open}

    async def count(self, seconds: float) -> dict[str, float]:
        seen = self._seen
        before = (seen.messages, seen.bytes, seen.notices)
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        return {
            "messages": (seen.messages - before[0]) / took,
            "bytes": (seen.bytes - before[1]) / took,
            "notices": seen.notices - before[2],
            "cpu_share": (time.process_time() - cpu) / took,
            "lost": seen.lost,
        }

    async def probe(self, address: str, rate: float, seconds: float) -> dict[str, float]:
        sender = HttpSender(address, "logs", "application/x-protobuf")
        acks: dict[str, float] = {}
        self._seen.arrivals.clear()
        due = began = time.perf_counter()
        cpu = time.process_time()
        sending: set[asyncio.Task[None]] = set()
        while due < began + seconds:
            task = asyncio.create_task(self._send(sender, acks))
            sending.add(task)
            task.add_done_callback(sending.discard)
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await asyncio.gather(*sending)
        share = (time.process_time() - cpu) / (time.perf_counter() - began)
        await asyncio.sleep(_GRACE_S)
        await sender.close()
        arrivals = self._seen.arrivals
        took = sorted(
            (at - acked) * 1000 for number, acked in acks.items() for at in arrivals.get(number, ())
        )
        arrived = len(took)
        took = took or [0.0]  # without a probe nobody looks
        return {
            "p50": took[len(took) // 2],
            "p99": took[-(-len(took) * 99 // 100) - 1],
            "lost": len(acks) * self._probes - arrived,
            "cpu_share": share,
        }

    async def _send(self, sender: HttpSender, acks: dict[str, float]) -> None:
        self._number += 1
        number = str(self._number)
        request = ExportLogsServiceRequest()
        record = request.resource_logs.add().scope_logs.add().log_records.add()
        record.time_unix_nano = time.time_ns()
        record.severity_number = 9  # type: ignore[assignment]
        record.body.string_value = f"probe {number} {_PADDING}"
        if await sender.send(request.SerializeToString()) == OK:
            acks[number] = time.perf_counter()

    async def leave(self) -> dict[str, float]:
        for task in self._reading:
            task.cancel()
        self._reading.clear()
        for client in self._clients:
            client.leaving = True
            client.transport.abort()
        self._clients.clear()
        self._probes = 0
        while self._seen.open:  # noqa: ASYNC110 - what changes tells nobody
            await asyncio.sleep(0.01)
        return {}


async def _main() -> None:
    process = _Process()
    while line := await asyncio.to_thread(sys.stdin.readline):
        job = json.loads(line)
        answer = await getattr(process, job.pop("do"))(**job)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_main())
