"""Owns the load test's data: shop-like requests, encoded once, given new ids and times later."""

import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SERVICES = ("auth", "user", "order", "inventory", "shipping", "payment", "notification")
ROUTES = ("/checkout", "/orders/{id}", "/products", "/quotes", "/charges", "/sessions/{token}")
QUERIES = ("SELECT orders", "INSERT orders", "SELECT stock", "UPDATE stock", "SELECT users")
STEPS = ("validate cart", "compute rate", "render mail", "verify password", "apply discount")
REGIONS = ("eu-north", "eu-west", "us-east", "ap-south")
SCOPE = "shop.load"
ERROR_SHARE = 0.05

# Bytes that stand in an encoded request for the ids of one sending. Everything else in it is text,
# small numbers and counters, so they occur nowhere else.
TRACE_TOKEN = bytes.fromhex("feedfacedeadbeef")
SPAN_TOKEN = bytes.fromhex("fdecfbcd")
TIME_TOKEN = 0xFEED << 48


@dataclass
class Step:
    """One span of the stream, before it is encoded."""

    trace: int
    number: int
    parent: int | None
    service: str
    name: str
    kind: int
    # Nanoseconds before the moment of sending.
    start_age: int
    end_age: int
    failed: bool


@dataclass
class Template:
    """One encoded request with `records` spans or log records; `fill` makes it a new one."""

    data: bytes
    records: int
    # (offset of a fixed64, nanoseconds before the moment of sending)
    times: list[tuple[int, int]] = field(repr=False)

    def fill(self, trace_prefix: bytes, span_prefix: bytes, now_ns: int) -> bytes:
        """The request with these 8 and 4 bytes in front of its trace and span ids, as of now."""
        data = self.data.replace(TRACE_TOKEN, trace_prefix).replace(SPAN_TOKEN, span_prefix)
        buffer = bytearray(data)
        for offset, age in self.times:
            struct.pack_into("<Q", buffer, offset, now_ns - age)
        return bytes(buffer)


def templates(
    seed: int, batch: int, count: int, logs_per_span: float
) -> list[tuple[Template, Template | None]]:
    """`count` requests of `batch` spans, each with the request of its log records, if it has any.

    A trace that does not fit in one request goes on in the next one.
    """
    dice = random.Random(seed)
    stream = traces(dice)
    pairs = []
    for _ in range(count):
        steps = list(islice(stream, batch))
        logged = [step for step in steps for _ in range(copies(dice, logs_per_span))]
        pairs.append((encode_spans(dice, steps), encode_logs(dice, logged) if logged else None))
    return pairs


def copies(dice: random.Random, mean: float) -> int:
    return int(mean) + (dice.random() < mean % 1)


def traces(dice: random.Random) -> Iterator[Step]:
    """Spans of one trace after the other, 10 to 100 each, parents first, for ever."""
    trace = number = 0
    while True:
        trace += 1
        end_age = dice.randrange(1_000_000_000)
        start_age = end_age + dice.randrange(20_000_000, 800_000_000)
        root = Step(
            trace, number, None, "order-service", "POST /checkout", Span.SPAN_KIND_SERVER,
            start_age, end_age, dice.random() < ERROR_SHARE,
        )  # fmt: skip
        number += 1
        yield root
        family = [root]
        for _ in range(dice.randint(9, 99)):
            step = child(dice, family[-dice.randint(1, min(6, len(family)))], number)
            number += 1
            yield step
            if step.name not in QUERIES:
                family.append(step)


def child(dice: random.Random, parent: Step, number: int) -> Step:
    service = parent.service
    if parent.kind == Span.SPAN_KIND_CLIENT:
        service = f"{dice.choice(SERVICES)}-service"
        name, kind = parent.name, Span.SPAN_KIND_SERVER
    else:
        name, kind = dice.choice(
            (
                (f"{dice.choice(('GET', 'POST'))} {dice.choice(ROUTES)}", Span.SPAN_KIND_CLIENT),
                (dice.choice(QUERIES), Span.SPAN_KIND_CLIENT),
                (dice.choice(STEPS), Span.SPAN_KIND_INTERNAL),
            )
        )
    start_age = dice.randint(parent.end_age, parent.start_age)
    end_age = dice.randint(parent.end_age, start_age)
    failed = dice.random() < ERROR_SHARE
    return Step(
        parent.trace, number, parent.number, service, name, kind, start_age, end_age, failed
    )


def attribute(key: str, value: str | bool | int | float) -> KeyValue:
    if isinstance(value, str):
        return KeyValue(key=key, value=AnyValue(string_value=value))
    if isinstance(value, bool):
        return KeyValue(key=key, value=AnyValue(bool_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(double_value=value))


def attributes_of(dice: random.Random, step: Step) -> list[KeyValue]:
    """Twelve attributes: some always the same, some from a few values, some nearly unique."""
    order = dice.randrange(10**6)
    values: dict[str, str | bool | int | float] = {
        "http.request.method": step.name.split(" ")[0] if "/" in step.name else "POST",
        "http.route": dice.choice(ROUTES),
        "url.path": f"/orders/{order}",
        "http.response.status_code": 500 if step.failed else 200,
        "server.address": f"{dice.choice(SERVICES)}-service",
        "server.port": 80,
        "user.id": str(dice.randrange(10_000)),
        "order.id": f"order-{order}",
        "cart.value": round(dice.uniform(5, 500), 2),
        "cache.hit": dice.random() < 0.7,
        "thread.name": f"worker-{dice.randrange(16)}",
        "cloud.region": dice.choice(REGIONS),
    }
    return [attribute(key, value) for key, value in values.items()]


def trace_id(step: Step) -> bytes:
    return TRACE_TOKEN + step.trace.to_bytes(8, "big")


def span_id(number: int | None) -> bytes:
    return b"" if number is None else SPAN_TOKEN + number.to_bytes(4, "big")


def resource_of(service: str) -> Resource:
    return Resource(
        attributes=[
            attribute("service.name", service),
            attribute("service.version", "1.0.0"),
            attribute("service.instance.id", f"{service}-1"),
            attribute("deployment.environment.name", "load-test"),
        ]
    )


def by_service(steps: list[Step]) -> dict[str, list[Step]]:
    groups = defaultdict(list)
    for step in steps:
        groups[step.service].append(step)
    return groups


class Clock:
    """Hands out marked times and finds their places in the encoded request, in the same order."""

    def __init__(self) -> None:
        self._ages: list[int] = []

    def mark(self, age: int) -> int:
        self._ages.append(age)
        return TIME_TOKEN + len(self._ages) - 1

    def places(self, data: bytes) -> list[tuple[int, int]]:
        places = []
        offset = 0
        for index, age in enumerate(self._ages):
            offset = data.index(struct.pack("<Q", TIME_TOKEN + index), offset)
            places.append((offset, age))
        return places


def encode_spans(dice: random.Random, steps: list[Step]) -> Template:
    request = ExportTraceServiceRequest()
    clock = Clock()
    for service, group in by_service(steps).items():
        resource_spans = request.resource_spans.add(resource=resource_of(service))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = SCOPE
        for step in group:
            span = scope_spans.spans.add(
                trace_id=trace_id(step),
                span_id=span_id(step.number),
                parent_span_id=span_id(step.parent),
                name=step.name,
                kind=step.kind,
                start_time_unix_nano=clock.mark(step.start_age),
                end_time_unix_nano=clock.mark(step.end_age),
                attributes=attributes_of(dice, step),
            )
            if step.failed:
                span.status.code = Status.STATUS_CODE_ERROR
                event = span.events.add(time_unix_nano=clock.mark(step.end_age), name="exception")
                event.attributes.append(attribute("exception.type", "TimeoutError"))
                event.attributes.append(attribute("exception.message", f"{step.name} timed out"))
    data = request.SerializeToString()
    return Template(data, len(steps), clock.places(data))


def encode_logs(dice: random.Random, steps: list[Step]) -> Template:
    request = ExportLogsServiceRequest()
    clock = Clock()
    for service, group in by_service(steps).items():
        resource_logs = request.resource_logs.add(resource=resource_of(service))
        scope_logs = resource_logs.scope_logs.add()
        scope_logs.scope.name = SCOPE
        for step in group:
            verb = "failed" if step.failed else "took"
            text = f"{step.name} {verb} {(step.start_age - step.end_age) // 1000} us"
            record = LogRecord(
                time_unix_nano=clock.mark(step.end_age),
                observed_time_unix_nano=clock.mark(step.end_age),
                severity_number=17 if step.failed else 9,  # type: ignore[arg-type]
                severity_text="ERROR" if step.failed else "INFO",
                body=AnyValue(string_value=text),
                trace_id=trace_id(step),
                span_id=span_id(step.number),
            )
            record.attributes.append(attribute("user.id", str(dice.randrange(10_000))))
            record.attributes.append(attribute("thread.name", f"worker-{dice.randrange(16)}"))
            scope_logs.log_records.append(record)
    data = request.SerializeToString()
    return Template(data, len(steps), clock.places(data))
