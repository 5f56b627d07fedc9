"""What hostile senders send: bodies built to the byte, and ways to send them."""

import zlib
from typing import Any

import grpc
import httpx2
from google.rpc import status_pb2

from bench.reliability.server import Server

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


def varint(value: int) -> bytes:
    """A protobuf varint."""
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed64(number: int, value: int) -> bytes:
    """A fixed64 protobuf field."""
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def span(n: int, start_ns: int, *extra: bytes, **fields: Any) -> bytes:
    """A span, valid unless a field is replaced; `extra` are further fields in raw bytes."""
    return field(2, b"".join((
        field(1, fields.get("trace_id", n.to_bytes(16, "big"))),
        field(2, fields.get("span_id", n.to_bytes(8, "big"))),
        field(5, fields.get("name", b"x")),
        fixed64(7, start_ns),
        fixed64(8, fields.get("end_ns", start_ns + 1)),
        *extra,
    )))  # fmt: skip


def attribute(key: bytes, value: bytes) -> bytes:
    """A span's attribute whose AnyValue is given in raw bytes."""
    return field(9, field(1, key) + field(2, value))


def resource_spans(*spans: bytes, service: bytes = b"hostile", extra: bytes = b"") -> bytes:
    """One ResourceSpans of a request with one scope."""
    name = field(1, field(1, b"service.name") + field(2, field(1, service)))
    return field(1, field(1, name) + field(2, b"".join(spans)) + extra)


def nested(depth: int, number: int) -> bytes:
    """An AnyValue that nests arrays (5) or maps (6) so deep."""
    headers: list[bytes] = []
    size = 0
    for _ in range(depth):
        if number == 6:
            headers.append(b"\x12" + varint(size))  # the value of a KeyValue
            size += len(headers[-1])
        headers.append(b"\x0a" + varint(size))  # values of an ArrayValue or a KeyValueList
        size += len(headers[-1])
        headers.append(varint(number << 3 | 2) + varint(size))
        size += len(headers[-1])
    return b"".join(reversed(headers))


def post(argus: Server, body: bytes, path: str = "/v1/traces", **headers: str) -> httpx2.Response:
    """POST a body; every refusal must be a Status in the request's content type."""
    answer = httpx2.post(
        f"{argus.otlp}{path}", content=body, headers={**PROTOBUF, **headers}, timeout=60
    )
    assert answer.status_code != 500
    if answer.status_code != 200 and answer.headers["content-type"] == PROTOBUF["content-type"]:
        status_pb2.Status.FromString(answer.content)
    return answer


def call(argus: Server, body: bytes, compressed: bool = False) -> grpc.StatusCode:
    """Export over gRPC; the status."""
    with grpc.insecure_channel(
        argus.grpc, options=[("grpc.max_send_message_length", -1)]
    ) as channel:
        export: Any = channel.unary_unary(TRACES)
        try:
            export(
                body,
                timeout=60,
                compression=grpc.Compression.Gzip if compressed else None,
            )
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


def bomb(mib: int) -> bytes:
    """So many MiB of zeros as gzip, made without holding them."""
    squeeze = zlib.compressobj(9, wbits=31)
    block = bytes(2**20)
    return b"".join(squeeze.compress(block) for _ in range(mib)) + squeeze.flush()
