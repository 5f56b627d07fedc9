"""How errors are answered: `{"error": …}` everywhere, google.rpc.Status on the OTLP paths."""

import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from google.rpc.status_pb2 import Status
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from argus.api.security import OTLP_PREFIX
from argus.errors import (
    ArgusError,
    MethodNotAllowed,
    Unauthorized,
    grpc_status,
    http_status,
)

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


class Problem(msgspec.Struct):
    """What went wrong."""

    code: Annotated[str, msgspec.Meta(description="A fixed word, such as invalid_argument.")]
    message: Annotated[str, msgspec.Meta(description="One line for a person.")]
    field: Annotated[str | None, msgspec.Meta(description="The parameter or header at fault.")]


class ErrorResponse(msgspec.Struct):
    """The body of every answer that is not a success."""

    error: Problem


def problem_response(scope: Scope, error: ArgusError) -> Response:
    """The answer to a request that failed with `error`; also refuses a WebSocket handshake."""
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    content, media_type = _body(scope, error)
    return Response(content, http_status(error), headers, media_type)


def method_not_allowed(scope: Scope, methods: Iterable[str]) -> Response:
    """The answer to a method that a path does not have; `methods` are those it has."""
    allowed = ", ".join(methods)
    response = problem_response(scope, MethodNotAllowed(f"use {allowed}"))
    response.headers["Allow"] = allowed
    return response


def _body(scope: Scope, error: ArgusError) -> tuple[bytes, str]:
    if scope["path"].startswith(OTLP_PREFIX):
        return _status_body(scope, error)
    problem = Problem(error.code, error.message, error.field)
    return msgspec.json.encode(ErrorResponse(problem)), JSON


def _status_body(scope: Scope, error: ArgusError) -> tuple[bytes, str]:
    # https://opentelemetry.io/docs/specs/otlp/#failures-1
    code = grpc_status(error)
    if Headers(scope=scope).get("content-type", "").partition(";")[0].strip() == PROTOBUF:
        return Status(code=code, message=error.message).SerializeToString(), PROTOBUF
    return msgspec.json.encode({"code": code, "message": error.message}), JSON
