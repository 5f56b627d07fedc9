"""One trace of very many spans, as OTLP requests: a nightly import that calls services in loops."""

import random
import time
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from bench.spans import put, resource

TRACE_ID = "b16b00b5" * 4
_A_REQUEST = 2_000
_A_BATCH = 40
_MICRO = 1_000
_CHILDREN: tuple[tuple[str, str, Span.SpanKind.ValueType, dict[str, str | int | float | bool]], ...]
_CHILDREN = (
    ("importer", "GET /products/{id}", Span.SPAN_KIND_CLIENT, {"http.request.method": "GET"}),
    ("catalog", "GET /products/{id}", Span.SPAN_KIND_SERVER, {"http.request.method": "GET"}),
    ("catalog", "SELECT products", Span.SPAN_KIND_CLIENT, {"db.system.name": "postgresql"}),
    ("pricing", "shop.pricing.v1.Pricing/Quote", Span.SPAN_KIND_SERVER, {"rpc.system": "grpc"}),
    ("pricing", "SELECT rules", Span.SPAN_KIND_CLIENT, {"db.system.name": "redis"}),
    ("stock", "UPDATE stock", Span.SPAN_KIND_CLIENT, {"db.system.name": "postgresql"}),
)
"""Who does what for one product; each is called by the one before it, the last two by the third."""
_CALLERS = (-1, 0, 1, 0, 3, 1)


def requests(spans: int) -> Iterator[bytes]:
    """Requests that together hold a trace of exactly so many spans under one root."""
    draw = random.Random(spans)
    found: list[tuple[str, Span]] = []
    start = time.time_ns() - 60 * 10**9
    root = _span(draw, "nightly import", b"", start)
    clock = start
    batch = root
    made = 1
    while made < spans:
        if (made - 1) % (_A_BATCH * 7 + 1) == 0:
            batch = _span(draw, "import batch", root.span_id, clock)
            batch.end_time_unix_nano = clock + _A_BATCH * 500 * _MICRO
            found.append(("importer", batch))
            made += 1
            continue
        product = _product(draw, batch.span_id, clock)[: spans - made]
        clock += 500 * _MICRO
        found += product
        made += len(product)
    root.end_time_unix_nano = clock
    found.append(("importer", root))
    for at in range(0, len(found), _A_REQUEST):
        yield _request(found[at : at + _A_REQUEST])


def _span(draw: random.Random, name: str, parent: bytes, start: int) -> Span:
    return Span(
        trace_id=bytes.fromhex(TRACE_ID), span_id=draw.randbytes(8), parent_span_id=parent,
        name=name, kind=Span.SPAN_KIND_INTERNAL, start_time_unix_nano=start,
        end_time_unix_nano=start + 400 * _MICRO,
    )  # fmt: skip


def _product(draw: random.Random, batch: bytes, clock: int) -> list[tuple[str, Span]]:
    """The seven spans of one product: what it is for, and what is called for it."""
    whole = _span(draw, "import product", batch, clock)
    made = [("importer", whole)]
    spans: list[Span] = []
    for number, (service, name, kind, attributes) in enumerate(_CHILDREN):
        above = spans[_CALLERS[number]] if number else whole
        span = _span(draw, name, above.span_id, above.start_time_unix_nano + 5 * _MICRO)
        span.kind = kind
        span.end_time_unix_nano = span.start_time_unix_nano + draw.randrange(20, 200) * _MICRO
        put(span.attributes, attributes | {"product.id": draw.randrange(10**6), "attempt": 1})
        if draw.random() < 0.002:
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = "deadline exceeded"
        spans.append(span)
        made.append((service, span))
    return made


def _request(spans: list[tuple[str, Span]]) -> bytes:
    found = ExportTraceServiceRequest()
    scopes: dict[str, ScopeSpans] = {}
    for service, span in spans:
        if service not in scopes:
            group = found.resource_spans.add()
            resource(group.resource.attributes, service, 1)
            scopes[service] = group.scope_spans.add()
            scopes[service].scope.name = "import"
        scopes[service].spans.append(span)
    return found.SerializeToString()
