"""uvicorn's WebSocket protocol with the bounds it lacks, and the direct way to it for the hubs."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from argus.live import BAD_REQUEST, GOING_AWAY, NOT_UTF8, TOO_BIG, Link

_EXTENSION = "argus.link"
_KERNEL_BYTES = 256 * 1024
_MAX_FRAGMENTS = 64
_MAX_UNREAD = 32


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Pass as `uvicorn.Config(ws=WebSocketProtocol)`. It is the `Link` of `link_of(scope)`.

    Frames that are the same for many clients go straight to the transport: the ASGI way costs a
    task's turn and five calls for each client. A client is behind when anything waits for it beyond
    what the kernel holds. One that does not take its goodbye within `close_timeout` is cut off:
    closing a transport waits for the peer to read, for ever. A message of too many fragments, and
    more messages than anyone reads, end the connection. Shutting down says 1001 (uvicorn: 1012).
    """

    cut_off_s = 1.0
    """How long a client has to take the last words of a server that is leaving, or of a
    connection that broke a rule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_drained: Callable[[], None] | None = None
        self._failed = False

    @property
    def open(self) -> bool:
        """Whether what is sent may still arrive."""
        return (
            self.handshake_complete
            and not self.close_sent
            and self.conn.state is State.OPEN
            and not self.transport.is_closing()
        )

    @property
    def behind(self) -> bool:
        """Whether more waits to be sent than a client may leave unread."""
        return not self.writable.is_set()

    def send_frame(self, frame: bytes) -> None:
        """Write a whole unmasked frame."""
        if self.open:
            self.transport.write(frame)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and wait a while for the client's."""
        if not self.open:
            return
        reason = reason.encode()[:123].decode(errors="ignore")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    async def drained(self) -> None:
        """Return when the client is not behind, or gone."""
        await self.writable.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(0)
        own: socket.socket | None = transport.get_extra_info("socket")
        if own is not None:
            # left alone, the kernel keeps megabytes for each client that does not read
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast(Scope, self.scope)["extensions"][_EXTENSION] = self

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # what refers to itself is memory until a full collection, and those are rare
        self.conn.parser.close()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        cast(Scope, self.scope)["extensions"].pop(_EXTENSION, None)

    def data_received(self, data: bytes) -> None:
        if not self._failed:
            super().data_received(data)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_drained is not None:
            self.on_drained()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _MAX_FRAGMENTS:
            self._fail(TOO_BIG, f"a message has at most {_MAX_FRAGMENTS} fragments")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent:
            self.frames = []
        elif self.queue.qsize() >= _MAX_UNREAD:
            self._fail(BAD_REQUEST, "too many messages")
        elif self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            # uvicorn would write a traceback to the journal for each
            self._fail(NOT_UTF8, "text is not UTF-8")
        else:
            super().send_receive_event_to_app()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._linger()

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if not self.behind:
            self.transport.write(pong)

    def handle_parser_exception(self) -> None:
        if self._failed:
            return
        self._failed = self.close_sent = True
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._linger()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        self.stop_keepalive()
        if self.open:
            self.close(GOING_AWAY, "the server is stopping")
        elif not self.handshake_complete:
            self.send_500_response()
            self.transport.close()
        self._linger()

    def _fail(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def _linger(self) -> None:
        # Closing under data that still arrives resets the connection, and the reason is lost.
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(self.cut_off_s, self.transport.abort)


def link_of(scope: Scope) -> Link:
    """The link of an accepted WebSocket. The server must run with `WebSocketProtocol`."""
    link: Link = scope["extensions"][_EXTENSION]
    return link


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
