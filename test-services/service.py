"""Owns the frame of a service: SERVER spans around routes, CLIENT spans around calls."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
from network import port_of
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telemetry import Telemetry, tracer

log = logging.getLogger("shop.http")

Handler = Callable[[Request], Awaitable[Response]]
Worker = Callable[[], Awaitable[None]]


class ShopNetwork(httpx2.AsyncHTTPTransport):
    """Connects `http://NAME/...` to the loopback port of NAME, as a container network would."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=port_of(request.url.host))
        return await super().handle_async_request(request)


class Service:
    """One service of the shop: its telemetry, its routes, its HTTP client and its background work.

    `service.app` is the ASGI application that uvicorn runs.
    """

    def __init__(self, name: str, version: str) -> None:
        self.telemetry = Telemetry(name, version)
        self.client = httpx2.AsyncClient(
            transport=ShopNetwork(), headers={"user-agent": f"{name}/{version}"}, timeout=5.0
        )
        self._workers: list[Worker] = []
        self.app = Starlette(lifespan=self._lifespan)
        self.app.router.routes.append(Route("/healthz", _healthy))

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Serve `method path` with the decorated handler inside a SERVER span."""

        def register(handler: Handler) -> Handler:
            async def traced(request: Request) -> Response:
                with tracer.start_as_current_span(
                    f"{method} {path}",
                    context=extract(request.headers),
                    kind=SpanKind.SERVER,
                    attributes=_server_attributes(request, path),
                ) as span:
                    return await _answer(handler, request, span)

            self.app.router.routes.append(Route(path, traced, methods=[method]))
            return handler

        return register

    def background(self, worker: Worker) -> Worker:
        """Run the decorated coroutine from start to stop of the service."""
        self._workers.append(worker)
        return worker

    async def call(
        self,
        method: str,
        peer: str,
        template: str,
        *,
        query: dict[str, Any] | None = None,
        json: Any = None,
        timeout_seconds: float = 5.0,
        **path: Any,
    ) -> httpx2.Response:
        """Call `peer` inside a CLIENT span and return its answer, whatever its status.

        `template` is the path with `{placeholders}` that `path` fills.
        Raises httpx2.TransportError when no answer comes.
        """
        url = f"http://{peer}{template.format(**path)}" + (f"?{urlencode(query)}" if query else "")
        with tracer.start_as_current_span(
            f"{method} {template}",
            kind=SpanKind.CLIENT,
            attributes={
                "http.request.method": method,
                "url.full": url,
                "url.template": template,
                "server.address": peer,
                "server.port": 80,
                "service.peer.name": peer,
            },
        ) as span:
            headers: dict[str, str] = {}
            inject(headers)
            try:
                response = await self.client.request(
                    method, url, json=json, headers=headers, timeout=timeout_seconds
                )
            except httpx2.TransportError as error:
                span.set_attribute("error.type", type(error).__qualname__)
                raise
            _record_status(span, response.status_code, error_from=400)
            return response

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(worker()) for worker in self._workers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.client.aclose()
            self.telemetry.stop()


async def _healthy(_: Request) -> Response:
    return Response("ok")


async def _answer(handler: Handler, request: Request, span: Span) -> Response:
    try:
        response = await handler(request)
    except Exception as error:
        log.exception("%s %s failed: %s", request.method, request.url.path, error)
        span.record_exception(error)
        _record_status(span, 500, error_from=500)
        span.set_attribute("error.type", type(error).__qualname__)
        return JSONResponse({"error": "internal error"}, 500)
    _record_status(span, response.status_code, error_from=500)
    return response


def _server_attributes(request: Request, route: str) -> dict[str, str | int]:
    client = request.client
    attributes: dict[str, str | int] = {
        "http.request.method": request.method,
        "http.route": route,
        "url.scheme": request.url.scheme,
        "url.path": request.url.path,
        "server.address": request.url.hostname or "",
        "server.port": request.url.port or 80,
        "client.address": client.host if client else "",
        "network.protocol.version": request.scope["http_version"],
        "user_agent.original": request.headers.get("user-agent", ""),
    }
    if request.url.query:
        attributes["url.query"] = request.url.query
    return attributes


def _record_status(span: Span, status_code: int, error_from: int) -> None:
    # A 4xx is the caller's error and not the server's:
    # https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
    span.set_attribute("http.response.status_code", status_code)
    if status_code >= error_from:
        span.set_status(Status(StatusCode.ERROR))
        span.set_attribute("error.type", str(status_code))
