"""The shell around a port: security headers, errors to answers, and bounds on request bodies."""

import asyncio
import logging
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from argus.api.problems import problem_response
from argus.api.security import OTLP_PREFIX, HostGuard, OriginGuard, Surface
from argus.errors import ArgusError, DeadlineExceeded, InvalidInput, TooLarge

MAX_BODY_BYTES = 1024 * 1024
"""Largest request body of the API; the OTLP paths have the receivers' own limit."""

BODY_TIMEOUT_S = 30.0
"""How long a request body may take to arrive, from the first byte that is asked for."""

SECURITY_HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_SECURITY_NAMES = frozenset(name for name, _ in SECURITY_HEADERS)
logger = logging.getLogger(__name__)


def secure(
    app: ASGIApp,
    surface: Surface,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    body_timeout_s: float = BODY_TIMEOUT_S,
) -> ASGIApp:
    """`app` behind every guard of this package; for the web port and for OTLP over HTTP alike."""
    guarded: ASGIApp = BodyGuard(app, max_body_bytes, body_timeout_s)
    guarded = HostGuard(OriginGuard(guarded, surface), surface)
    return SecurityHeaders(ErrorAnswers(guarded), surface)


class SecurityHeaders:
    """Middleware: puts the security headers on every answer, refused handshakes included."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only its answer changes."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        extra = [*SECURITY_HEADERS, *self._sharing(scope)]
        accepted = False

        async def send_with_headers(message: Message) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = [h for h in message.get("headers", ()) if h[0] not in _SECURITY_NAMES]
                message = {**message, "headers": [*headers, *extra]}
            elif message["type"] == "websocket.close" and not accepted and _can_deny(scope):
                # Servers turn a close before accept into a bare 403 without our headers.
                await send(_denial(extra))
                message = {"type": "websocket.http.response.body", "body": b""}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _sharing(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        origin = self._surface.shared_with(scope)
        if origin is None:
            return []
        name = b"access-control-allow-origin"
        return [(name, origin.encode("latin-1")), (b"vary", b"Origin")]


def _can_deny(scope: Scope) -> bool:
    return "websocket.http.response" in (scope.get("extensions") or {})


def _denial(headers: list[tuple[bytes, bytes]]) -> Message:
    body_headers = [(b"content-length", b"0"), *headers]
    return {"type": "websocket.http.response.start", "status": 403, "headers": body_headers}


class ErrorAnswers:
    """Middleware: the one place where an exception becomes an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer ArgusErrors as they are, and anything else with a bare 500 that is logged."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if started and scope["type"] == "http":
                # Half an answer is out: the server cuts the connection, or it would look whole.
                raise
            if not isinstance(error, ArgusError):
                logger.error("request failed", exc_info=error, extra={"path": scope["path"]})
                error = ArgusError("internal error")
            if scope["type"] == "http" or (_can_deny(scope) and not started):
                await problem_response(scope, error)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1011 if started else 1008})


class BodyGuard:
    """Middleware: bounds how large a request body may be and how long it may take to arrive.

    The size bound is not for the OTLP paths, where receivers count decompressed bytes.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises TooLarge, and lets the application's `receive` raise TooLarge and
        DeadlineExceeded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = None if scope["path"].startswith(OTLP_PREFIX) else self._max_bytes
        self._check_length(scope, limit)
        taken, complete, deadline = 0, False, 0.0

        async def bounded_receive() -> Message:
            nonlocal taken, complete, deadline
            if complete:
                return await receive()
            deadline = deadline or asyncio.get_running_loop().time() + self._timeout_s
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                text = f"the request body did not arrive within {self._timeout_s:g} s"
                raise DeadlineExceeded(text) from None
            complete = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if limit is not None and taken > limit:
                raise TooLarge(f"the request body is over {limit} bytes")
            return message

        await self._app(scope, bounded_receive, send)

    def _check_length(self, scope: Scope, limit: int | None) -> None:
        length = Headers(scope=scope).get("content-length")
        if limit is None or length is None:
            return
        if not (length.isascii() and length.isdigit()):
            raise InvalidInput("Content-Length is no number", field="Content-Length")
        if len(length) > 18 or int(length) > limit:
            raise TooLarge(f"the request body is over {limit} bytes")
