"""The web port: REST API, web app and probes, behind the guards that keep them safe."""

from collections.abc import Sequence

import msgspec
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from argus import __version__
from argus.api.compression import Compression
from argus.api.edge import secure
from argus.api.endpoint import ApiParts, Endpoint, Ports, Resource, SystemState
from argus.api.openapi import document
from argus.api.protocol import HttpProtocol
from argus.api.routes import ENDPOINTS
from argus.api.security import Surface
from argus.api.ui import WebApp

__all__ = [
    "ApiParts",
    "HttpProtocol",
    "Ports",
    "Surface",
    "SystemState",
    "create_app",
    "openapi_json",
    "secure",
]


def create_app(
    parts: ApiParts,
    *,
    extra_routes: Sequence[BaseRoute] = (),
    endpoints: tuple[Endpoint, ...] = ENDPOINTS,
) -> ASGIApp:
    """The ASGI application of the web port.

    `extra_routes` (OTLP over HTTP, WebSockets) come first and stand behind the same guards; what
    no route takes is the web app's. Run it with `uvicorn.Config(http=HttpProtocol)`.
    """
    paths = dict.fromkeys(endpoint.path for endpoint in endpoints)
    routes: list[BaseRoute] = [*extra_routes]
    routes += [Route(path, Resource(parts, endpoints, path)) for path in paths]
    router = Router(routes, redirect_slashes=False, default=WebApp(parts.ui))
    surface = Surface.of(parts.allowed_hosts, parts.cors_origins, parts.production)
    return secure(Compression(router), surface)


def openapi_json() -> str:
    """The OpenAPI document as indented JSON text, the same for every server of this version."""
    text = msgspec.json.encode(document(ENDPOINTS, __version__))
    return msgspec.json.format(text, indent=2).decode()
