"""The two HTTP servers inside the one event loop: bound before anything is announced, stopped
without touching the process' signal handlers."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from argus.errors import StartError

_DRAIN_S = 3
_MAX_CONNECTIONS = 2048
_MAX_WS_FRAME = 64 * 1024


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise SIGTERM again after serving, and nothing after it would run
        yield


class HttpServer:
    """One ASGI application on one port. Entered when it listens; leaving it drains for 3 s."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        key: str,
        protocol: type[asyncio.Protocol],
        ws_protocol: type[asyncio.Protocol],
    ) -> None:
        """`key` is the setting to name when the port cannot be had; the protocols are uvicorn's
        `http` and `ws`."""
        self._host = host
        self._key = key
        self.port = port
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                http=protocol,
                ws=ws_protocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_DRAIN_S,
                limit_concurrency=_MAX_CONNECTIONS,
                ws_max_size=_MAX_WS_FRAME,
                ws_per_message_deflate=False,
            )
        )
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        listener = self._listen()
        self.port = listener.getsockname()[1]
        self.task = asyncio.create_task(
            self._server.serve(sockets=[listener]), name=f"http server {self.port}"
        )
        while not self._server.started:
            if self.task.done():
                self.task.result()
                raise StartError(f"{self._key}: the server on port {self.port} did not start")
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self.task is not None:
            await self.task

    def _listen(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._host, self.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, address = found[0]
            listener = socket.socket(family, kind, protocol)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
                listener.listen(2048)
            except OSError:
                listener.close()
                raise
        except OSError as error:
            raise StartError(
                f"{self._key}: cannot listen on {self._host} port {self.port}: {error.strerror}"
            ) from None
        listener.setblocking(False)
        return listener
