"""uvicorn's HTTP protocol with the bounds it lacks: on the request head, and on unread bodies."""

import asyncio
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from argus.api.edge import SECURITY_HEADERS

MAX_HEAD_BYTES = 128 * 1024


class HttpProtocol(HttpToolsProtocol):
    """Pass as `uvicorn.Config(http=HttpProtocol)`.

    A request head that is not there in `head_timeout_s`, or is over MAX_HEAD_BYTES, ends the
    connection; so does a body that nobody reads and that has not ended `linger_s` after the
    answer. The authority of an absolute-form target counts as one more Host header.
    """

    head_timeout_s = 10.0
    linger_s = 2.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._phase: Literal["idle", "head", "body", "over"] = "idle"
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm(self.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase == "over":
            return
        if self._phase != "body":
            self._head_bytes += len(data)
        super().data_received(data)
        too_large = self._phase == "head" and self._head_bytes > MAX_HEAD_BYTES
        if too_large:
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
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._phase = "idle"
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.cycle.response_complete:
            return  # a pipelined request is being answered
        if self._phase == "body":
            self._arm(self.linger_s)
        elif self._phase == "idle":
            self._arm(self.timeout_keep_alive + self.head_timeout_s)

    def send_400_response(self, msg: str) -> None:
        body = msg.encode()
        head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        head += [(b"content-length", str(len(body)).encode()), *SECURITY_HEADERS]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        if self.transport.is_closing():
            return
        self._phase = "over"
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + lines + b"\r\n" + body)
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
        else:
            # Closing at once would reset the connection under the answer (RFC 9112, 9.6).
            self.transport.write_eof()
            self._arm(self.linger_s)

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
