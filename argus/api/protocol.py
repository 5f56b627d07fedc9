"""uvicorn's HTTP protocol with the bounds it lacks: on the request head, and on unread bodies."""

import asyncio
from typing import Any, Literal, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from argus.api.edge import SECURITY_HEADERS, ErrorAnswers, SecurityHeaders
from argus.api.security import Surface
from argus.errors import Overloaded

MAX_HEAD_BYTES = 128 * 1024


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise Overloaded("too many connections", retry_after_s=1)


_full: Any = SecurityHeaders(ErrorAnswers(_refuse), Surface.of((), (), production=True))


class HttpProtocol(HttpToolsProtocol):
    """Pass as `uvicorn.Config(http=HttpProtocol)`.

    A request head that is not there in `head_timeout_s`, or is over MAX_HEAD_BYTES, ends the
    connection; so does a body that nobody reads and that has not ended `linger_s` after the
    answer. The authority of an absolute-form target counts as one more Host header. What
    uvicorn answers by itself (400, and 503 over `limit_concurrency`) gets the security headers.
    """

    head_timeout_s = 10.0
    linger_s = 2.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._phase: Literal["idle", "head", "body", "over"] = "idle"
        self._head_bytes = 0
        self._limit, self.limit_concurrency = self.limit_concurrency, None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm(self.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # nothing is read here any more, and what refers to itself is memory for long
        del self.parser

    def data_received(self, data: bytes) -> None:
        if self._phase == "over":
            return
        if self._phase != "body":
            self._head_bytes += len(data)
        super().data_received(data)
        if self._phase == "head" and self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("The request head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase = "head"
        self._arm(self.head_timeout_s)

    def on_headers_complete(self) -> None:
        self._phase, self._head_bytes = "body", 0
        self._disarm()
        if not self.url.startswith(b"/") and b"://" in self.url:
            # RFC 9112, 3.2.2: the target's authority overrides Host; differing ones are an attack.
            authority = self.url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
            if authority not in [value for name, value in self.headers if name == b"host"]:
                self.headers.append((b"host", authority))
        busy = max(len(self.connections), len(self.tasks))
        full = self._limit is not None and busy > self._limit
        self.app = _full if full else self.config.loaded_app
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = cast(asyncio.Transport, _AnswerTransport(self))

    def on_message_complete(self) -> None:
        if self._phase != "over":
            self._phase = "idle"
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._phase == "over":
            self.flow.resume_reading()
            return
        super().on_response_complete()
        if not self.cycle.response_complete:
            return  # a pipelined request is being answered
        if self._phase == "body":
            self._arm(self.linger_s)
        elif self._phase == "idle":
            self._arm(self.timeout_keep_alive + self.head_timeout_s)

    def send_400_response(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        body = msg.encode()
        head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        head += [(b"content-length", str(len(body)).encode()), *SECURITY_HEADERS]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + lines + b"\r\n" + body)
        if self.cycle is not None and not self.cycle.response_complete:
            self._phase = "over"
            self.transport.close()
        else:
            self.hang_up()

    def hang_up(self) -> None:
        """End the connection once its answer is out, but read on for a while: closing under data
        that still arrives resets the connection, and the answer is lost (RFC 9112, 9.6)."""
        self._phase = "over"
        self.transport.write_eof()
        self._arm(self.linger_s)

    @property
    def unread(self) -> bool:
        """Whether the body of the request that is being answered has not ended."""
        return self._phase == "body"

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class _AnswerTransport:
    """The transport as one answer sees it: closing it leaves the client time to read."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._protocol = protocol
        self._transport = protocol.transport

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        cycle = self._protocol.cycle
        if self._protocol.unread and cycle.response_complete and not self.is_closing():
            self._protocol.hang_up()
        else:
            self._transport.close()
