"""Log records of the corpora: templates with variables, stack traces, trace ids."""

import random

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from bench.markers import id_bytes, text, time_ns
from bench.spans import put, resource
from bench.words import paragraph, stack_trace

TRACE_SHARE = 0.6
STACK_SHARE = 0.1
_SERVICES = 10
_SEVERITIES = ["INFO", "INFO", "INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"]
_OPENINGS = (
    "accepted order {a} of customer {b} in {c} ms",
    "GET /api/v1/products/{a} answered 200 with {c} bytes to {b}",
    "cache miss for key product:{a} after {c} ms, loading from replica {b}",
    "payment {a} authorised by provider {b}, amount {c} cents",
    "retrying upstream call {a} to {b}, attempt {c}",
    "stock of item {a} at site {b} is {c}",
    "session {a} of user {b} expired after {c} s",
    "parcel {a} handed to carrier {b}, weight {c} g",
)


def request(draw: random.Random, size: int) -> ExportLogsServiceRequest:
    """`size` records of ten services: bodies of 200 to 400 bytes, one in ten a stack trace."""
    found = ExportLogsServiceRequest()
    for service in range(_SERVICES):
        group = found.resource_logs.add()
        resource(group.resource.attributes, f"shop-{service:02d}", service)
        scope = group.scope_logs.add()
        scope.scope.name = "shop.logging"
        share = size // _SERVICES + (service < size % _SERVICES)
        for _ in range(share):
            _record(draw, scope.log_records.add())
    return found


def _record(draw: random.Random, record: LogRecord) -> None:
    moment = time_ns(draw.randrange(4 * 10**9))
    record.time_unix_nano = record.observed_time_unix_nano = moment
    opening = draw.choice(_OPENINGS).format(
        a=f"{text()}{draw.randrange(1000)}", b=draw.randrange(5_000), c=draw.randrange(2_000)
    )
    severity = draw.choice(_SEVERITIES)
    if draw.random() < STACK_SHARE:
        severity = "ERROR"
        record.body.string_value = f"{opening}\n{stack_trace(draw, 10)}"
    else:
        rest = draw.randint(200, 400) - len(opening)
        record.body.string_value = f"{opening} {paragraph(draw, rest)}"
    record.severity_text = severity
    record.severity_number = SeverityNumber.Value(f"SEVERITY_NUMBER_{severity}")
    if draw.random() < TRACE_SHARE:
        record.trace_id, record.span_id = id_bytes(draw, 16), id_bytes(draw, 8)
    put(record.attributes, {
        "logger.name": f"shop.{draw.randrange(20)}", "thread.name": f"worker-{draw.randrange(8)}",
        "code.function.name": f"handle_{draw.randrange(50)}",
        "code.line.number": draw.randrange(400), "request.id": f"{text()}-{draw.randrange(1000)}",
    })  # fmt: skip
