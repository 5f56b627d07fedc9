"""Compresses large JSON answers with gzip, off the event loop when they are very large."""

import asyncio
import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIN_BYTES = 1024
_OFF_LOOP_BYTES = 64 * 1024
_LEVEL = 3
_FAST_LEVEL, _FAST_FROM_BYTES = 1, 1024 * 1024
"""Someone waits for a large answer: half the time, for a twentieth more bytes."""
_GZIP_WINDOW = 31
"""zlib's number for a 32 KiB window in gzip's frame."""

_COMPRESSIBLE = ("application/json", "text/plain")


class Compression:
    """Middleware: gzip for JSON and text answers of at least MIN_BYTES that come in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only its answer may change."""
        if scope["type"] != "http" or not accepts_gzip(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def compressing_send(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                head, start = start, None
                if not message.get("more_body", False):
                    head, message = await _compressed(head, message)
                await send(head)
            await send(message)

        await self._app(scope, receive, compressing_send)


def accepts_gzip(headers: Headers) -> bool:
    """Whether Accept-Encoding names gzip without refusing it (`q=0`)."""
    for item in ",".join(headers.getlist("accept-encoding")).split(","):
        name, _, weight = item.strip().lower().partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def _compressed(head: Message, message: Message) -> tuple[Message, Message]:
    body = message.get("body", b"")
    headers = MutableHeaders(raw=list(head["headers"]))
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type not in _COMPRESSIBLE or "content-encoding" in headers:
        return head, message
    headers.add_vary_header("Accept-Encoding")
    if len(body) >= MIN_BYTES:
        if len(body) < _OFF_LOOP_BYTES:
            body = _gzip(body)
        else:
            body = await asyncio.to_thread(_gzip, body)
        headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
    return {**head, "headers": headers.raw}, {**message, "body": body}


def _gzip(body: bytes) -> bytes:
    level = _LEVEL if len(body) < _FAST_FROM_BYTES else _FAST_LEVEL
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()
