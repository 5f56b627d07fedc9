"""Sends the oracle's requests over both transports, as patiently as an SDK, and sorts answers."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import grpc
import httpx2

from bench.reliability.oracle import Oracle
from bench.reliability.records import Request

_PATHS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
_TIMEOUT_S = 10.0
_HINT = "google.rpc.retryinfo-bin"
_WAIT_S = 0.05
_UNKNOWN = {"CANCELLED", "DEADLINE_EXCEEDED"}


class Answer(NamedTuple):
    """What came of one attempt. `kind` is acked, refused (with a hint when to come back), unknown
    (no answer arrived) or unexplained: an answer that valid data must not get."""

    kind: str
    code: str
    message: str
    seconds: float


class Sender:
    """One gRPC channel and one HTTP client."""

    def __init__(self, grpc_address: str, http_address: str) -> None:
        options = [("grpc.max_reconnect_backoff_ms", 200), ("grpc.use_local_subchannel_pool", 1)]
        options.append(("grpc.initial_reconnect_backoff_ms", 50))
        self._channel = grpc.aio.insecure_channel(grpc_address, options=options)
        self._calls: dict[str, Any] = {
            signal: self._channel.unary_unary(path) for signal, path in _PATHS.items()
        }
        limits = httpx2.Limits(max_connections=None)
        self._http = httpx2.AsyncClient(base_url=http_address, timeout=_TIMEOUT_S, limits=limits)

    async def close(self) -> None:
        """Give up the connections."""
        await self._channel.close()
        await self._http.aclose()

    async def send(self, request: Request, over_http: bool) -> Answer:
        """Send a request once."""
        began = time.monotonic()
        one = self._over_http if over_http else self._over_grpc
        kind, code, message = await one(request)
        return Answer(kind, code, message, time.monotonic() - began)

    async def _over_grpc(self, request: Request) -> tuple[str, str, str]:
        try:
            body: bytes = await self._calls[request.signal](request.body, timeout=_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            code, message = error.code().name, error.details() or ""
            if code == "UNAVAILABLE" and any(
                k == _HINT for k, _ in error.trailing_metadata() or ()
            ):
                return "refused", code, message
            # the client's own words for a connection that is gone have no status beside them
            ours = any(k == "grpc-status-details-bin" for k, _ in error.trailing_metadata() or ())
            lost = not ours and code in {"UNAVAILABLE", *_UNKNOWN}
            return "unknown" if lost else "unexplained", code, message
        return ("unexplained", "OK", "partial success") if body else ("acked", "OK", "")

    async def _over_http(self, request: Request) -> tuple[str, str, str]:
        kind = "application/x-protobuf"
        try:
            answer = await self._http.post(
                f"/v1/{request.signal}", content=request.body, headers={"content-type": kind}
            )
        except httpx2.TransportError as error:
            return "unknown", type(error).__name__, str(error)
        code, message = str(answer.status_code), answer.content.decode("latin-1")
        if answer.status_code in (429, 503) and "retry-after" in answer.headers:
            return "refused", code, message
        if answer.status_code != 200 or answer.content:
            return "unexplained", code, message
        return "acked", code, ""


@dataclass
class Load:
    """Workers that each send one request at a time, and try again what was not acked.

    Together they begin `rate` requests a second, or as many as are answered. What is pending when
    they are stopped is sent again by the next `run`.
    """

    oracle: Oracle
    draw: random.Random
    workers: int = 8
    size: int = 64
    rate: float | None = None
    pending: list[Request] = field(default_factory=list)
    unexplained: list[Answer] = field(default_factory=list)
    slowest_ack_s: float = 0.0
    refusals_s: list[float] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)
    began: dict[int, float] = field(default_factory=dict)
    """When a request was first sent, by its first number."""
    acked: dict[int, float] = field(default_factory=dict)
    """When it was answered with success. Both are of the clock `time.monotonic`."""
    _next: float = 0.0

    async def run(self, sender: Sender, stop: asyncio.Event) -> None:
        """Send until told to stop, and until the last answers are here."""
        await asyncio.gather(*(self._work(sender, stop) for _ in range(self.workers)))

    async def for_seconds(self, sender: Sender, seconds: float) -> None:
        """Send for so long."""
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        await self.run(sender, stop)

    async def finish(self, sender: Sender, within_s: float = 30) -> None:
        """Send again what is pending, until all of it is acked."""
        async with asyncio.timeout(within_s):
            while self.pending:
                await self._attempt(sender, self.pending.pop())

    async def _work(self, sender: Sender, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._turn()
            if self.pending:
                request = self.pending.pop()
            else:
                request = self.oracle.next_request(self.draw.randint(1, 2 * self.size))
            await self._attempt(sender, request)

    async def _turn(self) -> None:
        if self.rate is not None:
            now = time.monotonic()
            self._next = max(self._next + 1 / self.rate, now)
            await asyncio.sleep(self._next - now)

    async def _attempt(self, sender: Sender, request: Request) -> None:
        self.began.setdefault(request.first, time.monotonic())
        answer = await sender.send(request, over_http=self.draw.random() < 0.5)
        if answer.kind == "acked":
            self.acked[request.first] = time.monotonic()
            self.oracle.acked(request)
            self.slowest_ack_s = max(self.slowest_ack_s, answer.seconds)
            return
        self.messages.add(answer.message)
        self.oracle.not_acked(request, answer.code, answer.kind == "refused")
        if answer.kind == "unexplained":
            self.unexplained.append(answer)
            return
        if answer.kind == "refused":
            self.refusals_s.append(answer.seconds)
        self.pending.append(request)
        await asyncio.sleep(_WAIT_S)
