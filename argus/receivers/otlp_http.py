"""OTLP over HTTP: POST /v1/traces, /v1/logs and /v1/metrics, for any port that mounts them."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from io import BytesIO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from argus.errors import (
    ArgusError,
    InvalidInput,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
    http_status,
)
from argus.model import Encoding, Signal
from argus.pipeline.budget import Hold
from argus.receivers.receive import RequestPath, invalid_body, tenant_of
from argus.receivers.status import (
    response_bytes,
    response_json,
    retry_after,
    status_bytes,
    status_json,
)
from argus.telemetry import Telemetry
from argus.tenancy import HEADER

_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"
_ENCODINGS: dict[str, Encoding] = {_PROTOBUF: "protobuf", _JSON: "json"}
_SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics")
_INFLATE_SLICE = 256 * 1024
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


class OtlpHttp:
    """The three export routes. Errors are google.rpc.Status in the request's content type."""

    def __init__(self, path: RequestPath, telemetry: Telemetry) -> None:
        self._path = path
        self._telemetry = telemetry

    def routes(self) -> list[BaseRoute]:
        """The routes, with and without a trailing slash."""
        return [
            Route(f"/v1/{signal}{slash}", self._endpoint(signal), methods=_METHODS)
            for signal in _SIGNALS
            for slash in ("", "/")
        ]

    def _endpoint(self, signal: Signal):  # type: ignore[no-untyped-def]
        async def endpoint(request: Request) -> Response:
            kind = _content_type(request)
            encoding = _ENCODINGS.get(kind)
            try:
                response = await self._export(signal, encoding, kind, request)
            except ArgusError as error:
                response = _refusal(error, kind)
            except ClientDisconnect:
                response = Response(status_code=400)
            self._telemetry.request("http", signal, str(response.status_code))
            return response

        return endpoint

    async def _export(
        self, signal: Signal, encoding: Encoding | None, kind: str, request: Request
    ) -> Response:
        if request.method != "POST":
            raise MethodNotAllowed(f"{request.method} is not allowed here; use POST")
        if encoding is None:
            raise UnsupportedMediaType(
                f"content-type: expected {_PROTOBUF} or {_JSON}, got {kind[:80]!r}"
            )
        tenant = tenant_of(request.headers.get(HEADER))
        with self._path.budget.hold() as hold:
            body = await self._body(request, hold)
            peer = request.client.host if request.client else ""
            rejected, message = await self._path.receive(
                signal, encoding, body, tenant, peer, "http"
            )
        answer = response_bytes if encoding == "protobuf" else response_json
        return Response(answer(signal, rejected, message), media_type=kind)

    async def _body(self, request: Request, hold: Hold) -> bytes:
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        limit = self._path.max_request_bytes
        length = request.headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise _too_large(limit)
        if coding in ("identity", ""):
            chunks: AsyncIterator[bytes] = request.stream()
        elif coding in ("gzip", "x-gzip"):
            chunks = _inflate(request.stream(), limit)
        else:
            raise UnsupportedMediaType(f"content-encoding: expected gzip, got {coding[:80]!r}")
        body = BytesIO()  # hands its buffer over without a copy, unlike joined chunks
        async for chunk in chunks:
            if body.tell() + len(chunk) > limit:
                raise _too_large(limit)
            hold.grow(len(chunk))
            body.write(chunk)
        return body.getvalue()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"body: over MAX_REQUEST_BYTES ({limit} bytes after decompression)")


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _inflate(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """The gzip stream inflated slice by slice, so that a bomb ends at the limit, not in memory.

    Raises InvalidInput for anything that is not one or more whole gzip members.
    """
    inflater = zlib.decompressobj(wbits=31)
    size = 0
    started = False
    try:
        async for chunk in chunks:
            pending = chunk
            while pending:
                if inflater.eof:
                    inflater = zlib.decompressobj(wbits=31)
                started = True
                data = inflater.decompress(pending, _INFLATE_SLICE)
                pending = inflater.unconsumed_tail or inflater.unused_data
                size += len(data)
                if size > limit:
                    raise _too_large(limit)
                if data:
                    yield data
                    await asyncio.sleep(0)
    except zlib.error as error:
        raise invalid_body(f"not a gzip stream: {error}") from None
    if started and not inflater.eof:
        raise invalid_body("the gzip stream is cut off")


def _refusal(error: ArgusError, kind: str) -> Response:
    if kind == _PROTOBUF:
        response = Response(status_bytes(error), http_status(error), media_type=_PROTOBUF)
    else:
        response = Response(status_json(error), http_status(error), media_type=_JSON)
    if (seconds := retry_after(error)) is not None:
        response.headers["Retry-After"] = seconds
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = "POST"
    if not isinstance(error, InvalidInput):
        # the rest of a refused body is not read
        response.headers["Connection"] = "close"
    return response
