"""What an endpoint of the API is, what it is handed, and how one path answers its methods."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from argus.api.bodies import parse_body
from argus.api.desks import DataDesk, DeadLetterDesk, InsightDesk, ReceiptRecord
from argus.api.params import Param, Values, parse_query
from argus.api.problems import method_not_allowed
from argus.api.security import require_admin
from argus.api.tenant import resolve_tenant
from argus.storage import Reader, Retention
from argus.telemetry import Telemetry

Method = Literal["GET", "POST", "PUT", "DELETE"]
WriterStatus = Literal["OK", "DELAYED", "CIRCUIT_OPEN"]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the receivers and the web port listen."""

    http: int
    grpc: int
    otlp_http: int


@dataclass(frozen=True, slots=True)
class SystemState:
    """What health shows beyond telemetry; sizes are bytes."""

    writer_status: WriterStatus
    queue_depth: int
    dlq_files: int
    dlq_bytes: int
    disk_path: str
    disk_bytes: int
    disk_free_bytes: int | None
    disk_full_in_days: float | None = None


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the API is made of. `reader` opens the data of one tenant; `ready` says whether a
    record can be persisted now; `receipts` are those of one tenant; `ui` is the folder of the web
    app's bundle."""

    reader: Callable[[str], Reader]
    telemetry: Telemetry
    state: Callable[[], Awaitable[SystemState]]
    ready: Callable[[], Awaitable[bool]]
    receipts: Callable[[str], Sequence[ReceiptRecord]]
    dead_letters: DeadLetterDesk
    data: DataDesk
    insights: InsightDesk
    ports: Ports
    version: str
    allowed_hosts: Sequence[str] = ()
    cors_origins: Sequence[str] = ()
    admin_token: str = ""
    loopback_only: bool = True
    retention: Retention = field(default_factory=Retention)
    production: bool = False
    ui: Path | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint: parsed, authorized and ready to be answered."""

    parts: ApiParts
    endpoints: tuple["Endpoint", ...]
    values: Values
    path: Mapping[str, str]
    tenant: str
    accept: str = ""
    """The Accept header."""

    @property
    def reader(self) -> Reader:
        """The reader of the tenant that asks."""
        return self.parts.reader(self.tenant)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the route table: Starlette's routes and the OpenAPI document are made from it.

    `answers` are the types of a successful answer (any one of them), none for `media_type`s that
    are not JSON. `admin` marks what changes or destroys; `tenanted` what answers for one tenant;
    `empty` what succeeds with 204 and no content; `validated` what a client may keep and ask for
    again by its ETag; `in_body` what takes its parameters as the members of a JSON object.
    """

    method: Method
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    summary: str
    answers: tuple[Any, ...] = ()
    params: tuple[Param[Any], ...] = ()
    media_type: str = "application/json"
    admin: bool = False
    tenanted: bool = False
    empty: bool = False
    validated: bool = False
    in_body: bool = False


class Resource:
    """The ASGI application of one path: picks the endpoint of the method and answers with it."""

    def __init__(self, parts: ApiParts, endpoints: tuple[Endpoint, ...], path: str) -> None:
        self._parts = parts
        self._endpoints = endpoints
        self._methods: dict[str, Endpoint] = {
            one.method: one for one in endpoints if one.path == path
        }
        self._allowed = [*self._methods, *(["HEAD"] if "GET" in self._methods else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises what the error middleware renders."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        endpoint = self._methods.get(method)
        if endpoint is None:
            await method_not_allowed(scope, self._allowed)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if endpoint.admin:
            require_admin(headers, self._parts.admin_token, self._parts.loopback_only)
        query = scope["query_string"]
        values = parse_query(() if endpoint.in_body else endpoint.params, query)
        if endpoint.in_body:
            values = await parse_body(endpoint.params, Request(scope, receive))
        tenant = resolve_tenant(headers, query) if endpoint.tenanted else ""
        accept = ",".join(headers.getlist("accept"))
        call = Call(self._parts, self._endpoints, values, scope["path_params"], tenant, accept)
        response = await endpoint.handler(call)
        if endpoint.validated:
            response = _validated(response, headers)
        await response(scope, receive, send)


def _validated(response: Response, headers: Headers) -> Response:
    """The answer with its ETag, or 304 when that is what the client has."""
    tag = f'W/"{blake2b(response.body, digest_size=12).hexdigest()}"'
    kept = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {one.strip() for one in headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=kept)
    response.headers.update(kept)
    return response
