"""Spans of the corpora: a shop of 30 services, and calls of language models."""

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bench.markers import id_bytes, text, time_ns
from bench.words import paragraph, stack_trace

SERVICES = 30
OPERATIONS = 200
ERROR_SHARE = 0.05
_SECOND = 10**9
_METHODS = ("GET", "GET", "GET", "POST", "PUT", "DELETE")
_NOUNS = (
    "cart",
    "order",
    "product",
    "user",
    "price",
    "stock",
    "parcel",
    "payment",
    "review",
    "offer",
)
_AGENTS = tuple(f"Mozilla/5.0 (X11; Linux x86_64) Browser/{version}.0" for version in range(80, 96))


@dataclass(frozen=True, slots=True)
class Operation:
    """What a service does: 200 of these are shared out among the services."""

    service: int
    name: str
    route: str
    method: str
    kind: Span.SpanKind.ValueType


def _operations() -> list[Operation]:
    draw = random.Random(OPERATIONS)
    found = []
    for number in range(OPERATIONS):
        noun = _NOUNS[number % len(_NOUNS)]
        method = draw.choice(_METHODS)
        route = f"/api/v{1 + number // 100}/{noun}s/{{id}}/{draw.choice(_NOUNS)}s-{number}"
        kind = draw.choice((Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_INTERNAL))
        name = f"{method} {route}" if kind != Span.SPAN_KIND_CLIENT else f"SELECT {noun}s_{number}"
        found.append(Operation(number % SERVICES, name, route, method, kind))
    return found


_OPERATIONS = _operations()


def put(attributes: Any, values: dict[str, str | int | float | bool]) -> None:
    """Append values to a list of KeyValues, typed as they are."""
    for key, value in values.items():
        any_value = attributes.add(key=key).value
        match value:
            case bool():
                any_value.bool_value = value
            case int():
                any_value.int_value = value
            case float():
                any_value.double_value = value
            case str():
                any_value.string_value = value


def resource(attributes: Any, service: str, number: int) -> None:
    """What an SDK says of the process it runs in."""
    put(attributes, {
        "service.name": service, "service.version": f"1.{number}.0",
        "service.instance.id": f"{service}-{number:04d}", "deployment.environment.name": "bench",
        "host.name": f"node-{number % 6}", "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python", "telemetry.sdk.version": "1.45.0",
    })  # fmt: skip


def shop_request(draw: random.Random, size: int) -> ExportTraceServiceRequest:
    """Traces of 10 to 100 spans, `size` spans together, grouped by the service they come from."""
    by_service: dict[int, list[Span]] = defaultdict(list)
    left = size
    while left:
        for operation, span in _trace(draw, min(left, draw.randint(10, 100))):
            by_service[operation.service].append(span)
            left -= 1
    request = ExportTraceServiceRequest()
    for service, spans in by_service.items():
        group = request.resource_spans.add()
        resource(group.resource.attributes, f"shop-{_NOUNS[service % 10]}-{service:02d}", service)
        scope = group.scope_spans.add()
        scope.scope.name, scope.scope.version = "opentelemetry.instrumentation.asgi", "0.66"
        scope.spans.extend(spans)
    return request


def _trace(draw: random.Random, size: int) -> list[tuple[Operation, Span]]:
    trace_id = id_bytes(draw, 16)
    found: list[tuple[Operation, Span]] = []
    for number in range(size):
        operation = draw.choice(_OPERATIONS)
        span = Span(trace_id=trace_id, span_id=id_bytes(draw, 8), name=operation.name)
        span.kind, span.flags = operation.kind, 0x101
        if number:
            parent = draw.choice(found)[1]
            span.parent_span_id = parent.span_id
        start = draw.randrange(2 * _SECOND)
        span.start_time_unix_nano = time_ns(start)
        span.end_time_unix_nano = time_ns(start + int(draw.lognormvariate(16.5, 1.2)) % _SECOND)
        failed = draw.random() < ERROR_SHARE
        put(span.attributes, _shop_attributes(draw, operation, failed))
        if failed:
            _fail(draw, span, start)
        found.append((operation, span))
    return found


def _shop_attributes(
    draw: random.Random, operation: Operation, failed: bool
) -> dict[str, str | int | float | bool]:
    """Twelve: two that never repeat, two of a thousand values or more, eight that repeat often."""
    number = draw.randrange(10**6)
    return {
        "http.request.method": operation.method,
        "http.route": operation.route,
        "url.path": operation.route.replace("{id}", f"{text()}{number}"),
        "url.scheme": "https",
        "http.response.status_code": 500 if failed else 200,
        "http.response.body.size": draw.randrange(20_000),
        "server.address": f"shop-{operation.service:02d}.internal",
        "server.port": 8080,
        "client.address": f"10.{draw.randrange(4)}.{draw.randrange(256)}.{draw.randrange(4)}",
        "user_agent.original": draw.choice(_AGENTS),
        "request.id": f"{text()}-{number:06d}",
        "feature.sampled": number % 2 == 0,
    }


def _fail(draw: random.Random, span: Span, start: int) -> None:
    span.status.code, span.status.message = Status.STATUS_CODE_ERROR, "upstream timed out"
    event = span.events.add(name="exception", time_unix_nano=time_ns(start))
    put(event.attributes, {
        "exception.type": "TimeoutError", "exception.message": "upstream timed out",
        "exception.stacktrace": stack_trace(draw, 8),
    })  # fmt: skip


def llm_request(draw: random.Random, size: int) -> ExportTraceServiceRequest:
    """Calls of language models: five spans a trace, prompts and answers of 2 to 30 KB a span."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    resource(group.resource.attributes, "assistant", 0)
    spans = group.scope_spans.add()
    spans.scope.name = "openinference.instrumentation"
    for number in range(size):
        if number % 5 == 0:
            trace_id, parent = id_bytes(draw, 16), b""
        span = spans.spans.add(
            trace_id=trace_id, span_id=id_bytes(draw, 8), name="chat model-large"
        )
        span.kind, span.parent_span_id = Span.SPAN_KIND_CLIENT, parent
        parent = parent or span.span_id
        start = draw.randrange(_SECOND)
        span.start_time_unix_nano = time_ns(start)
        span.end_time_unix_nano = time_ns(start + draw.randrange(3 * _SECOND))
        prompt = draw.randint(1_500, 26_000)
        put(span.attributes, {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "bench",
            "gen_ai.request.model": "model-large", "gen_ai.request.temperature": 0.7,
            "gen_ai.usage.input_tokens": prompt // 4,
            "gen_ai.usage.output_tokens": draw.randrange(1_000),
            "gen_ai.input.messages": f"{text()} {paragraph(draw, prompt)}",
            "gen_ai.output.messages": f"{text()} {paragraph(draw, draw.randint(500, 4_000))}",
        })  # fmt: skip
    return request
