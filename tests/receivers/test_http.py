"""OTLP over HTTP, on a real socket."""

import gzip
import json
import zlib
from typing import Any

import httpx2
import pytest
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from argus.errors import Overloaded, Unavailable
from tests.doubles import Failing, Sink
from tests.receivers.conftest import LIMIT
from tests.receivers.test_decoding import otlp_json, request_with_span

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


async def send(
    receivers: Any, body: bytes, headers: dict[str, str], path: str = "/v1/traces"
) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=receivers.http_url) as client:
        return await client.post(path, content=body, headers=headers)


async def test_protobuf_and_json_are_answered_in_kind(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    request = request_with_span()
    first = await send(receivers, request.SerializeToString(), PROTOBUF)
    second = await send(receivers, otlp_json(request), JSON)
    assert (first.status_code, first.content) == (200, b"")
    assert first.headers["content-type"] == "application/x-protobuf"
    assert (second.status_code, second.json()) == (200, {})
    assert sink.spans[0] == sink.spans[1]


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "/v1/traces/"])
async def test_an_empty_request_is_a_success(start: Any, path: str) -> None:
    receivers = await start(Sink())
    response = await send(receivers, b"", PROTOBUF, path)
    assert (response.status_code, response.content) == (200, b"")


async def test_partial_success_is_exact_in_both_encodings(start: Any) -> None:
    receivers = await start(Sink())
    request = request_with_span(trace_id=b"")
    response = await send(receivers, request.SerializeToString(), PROTOBUF)
    answer = trace_service_pb2.ExportTraceServiceResponse.FromString(response.content)
    assert answer.partial_success.rejected_spans == 1
    response = await send(receivers, otlp_json(request), JSON)
    assert response.json()["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-protobuf; charset=utf-8",
        "APPLICATION/X-PROTOBUF",
        "application/x-protobuf ; v=1",
    ],
)
async def test_content_types_are_read_whatever_their_case_and_parameters(
    start: Any, kind: str
) -> None:
    receivers = await start(Sink())
    body = request_with_span().SerializeToString()
    assert (await send(receivers, body, {"content-type": kind})).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}])
async def test_another_content_type_is_415(start: Any, headers: dict[str, str]) -> None:
    receivers = await start(Sink())
    response = await send(receivers, b"x", headers)
    assert response.status_code == 415
    assert response.json()["message"].startswith("content-type: expected application/x-protobuf")


async def test_an_unknown_content_encoding_is_415(start: Any) -> None:
    receivers = await start(Sink())
    response = await send(receivers, b"x", PROTOBUF | {"content-encoding": "br"})
    assert response.status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_another_method_is_405(start: Any, method: str) -> None:
    receivers = await start(Sink())
    async with httpx2.AsyncClient(base_url=receivers.http_url) as client:
        response = await client.request(method, "/v1/logs", headers=JSON)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.json()["code"] == 12


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"\xff garbage", PROTOBUF),
        (b"{", JSON),
        (b"[]", JSON),
        (b'{"resourceSpans": 3}', JSON),
        (b"not gzip", PROTOBUF | {"content-encoding": "gzip"}),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], PROTOBUF | {"content-encoding": "gzip"}),
    ],
)
async def test_garbage_is_400_with_a_decodable_status_and_nothing_is_kept(
    start: Any, body: bytes, headers: dict[str, str]
) -> None:
    sink = Sink()
    receivers = await start(sink)
    response = await send(receivers, body, headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == headers["content-type"]
    if headers["content-type"] == "application/json":
        assert response.json()["details"][0]["fieldViolations"][0]["field"]
    else:
        status = status_pb2.Status.FromString(response.content)
        detail = error_details_pb2.BadRequest()
        assert status.code == 3
        assert status.details[0].Unpack(detail)
    assert not sink.batches


async def test_gzip_of_one_and_of_several_members_is_read(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    body = request_with_span().SerializeToString()
    headers = PROTOBUF | {"content-encoding": "gzip"}
    one = gzip.compress(body)
    two = gzip.compress(body[:10]) + gzip.compress(body[10:])
    for packed in (one, two):
        assert (await send(receivers, packed, headers)).status_code == 200
    assert len(sink.spans) == 2


async def test_a_body_over_the_limit_is_413_plain_inflated_or_chunked(start: Any) -> None:
    receivers = await start(Sink())
    big = bytes(LIMIT + 1)

    async def chunks() -> Any:
        for start_ in range(0, len(big), 1 << 16):
            yield big[start_ : start_ + (1 << 16)]

    bodies: list[tuple[Any, dict[str, str]]] = [
        (big, PROTOBUF),
        (chunks(), PROTOBUF),
        (zlib.compress(bytes(100 * LIMIT), wbits=31), PROTOBUF | {"content-encoding": "gzip"}),
    ]
    for body, headers in bodies:
        response = await send(receivers, body, headers)
        assert response.status_code == 413
        status = status_pb2.Status.FromString(response.content)
        assert status.code == 8
        assert not status.details


@pytest.mark.parametrize(
    "error", [Overloaded("busy", retry_after_s=0.2), Unavailable("no disk", retry_after_s=1)]
)
async def test_overload_is_503_with_retry_after(start: Any, error: Exception) -> None:
    receivers = await start(Failing(error))
    body = otlp_json(request_with_span())
    response = await send(receivers, body, JSON)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert json.loads(response.content)["code"] == 14


async def test_the_tenant_header_names_the_tenant(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    body = request_with_span().SerializeToString()
    await send(receivers, body, PROTOBUF | {"x-scope-orgid": "team-a"})
    assert sink.batches[0].tenant == "team-a"
    response = await send(receivers, body, PROTOBUF | {"x-scope-orgid": "a/b"})
    assert response.status_code == 400
