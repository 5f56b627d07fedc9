"""Services: their names, and the rate, errors and durations of each and of its operations."""

import msgspec
from starlette.responses import Response

from argus.api import params
from argus.api.answer import Time, json_response
from argus.api.endpoint import Call
from argus.api.overview import PARAMS, TrafficPoint, latency_numbers, range_of, rate, traffic_answer
from argus.api.times import format_time
from argus.api.traces import KINDS, SpanKind

OVERVIEW_PARAMS = PARAMS
OPERATION_PARAMS = (*PARAMS, params.LIMIT)


class ServiceNumbers(msgspec.Struct):
    """One service: all its spans, and its entry spans with their rate (per second), latencies and
    trend. Error rates are 0 to 1, `error_rate` is that of the entry spans."""

    service_name: str
    span_count: int
    span_error_count: int
    count: int
    error_count: int
    error_rate: float
    rate: float
    avg_latency_us: float | None
    p50_latency_us: float | None
    p95_latency_us: float | None
    p99_latency_us: float | None
    trend: list[TrafficPoint]


class ServicesResponse(msgspec.Struct):
    """Services with spans in [start, end), by name."""

    start: Time
    end: Time
    services: list[ServiceNumbers]


class OperationNumbers(msgspec.Struct):
    """The spans of one service, name and kind; `rate` is per second."""

    service_name: str
    operation_name: str
    kind: SpanKind
    count: int
    error_count: int
    error_rate: float
    rate: float
    avg_latency_us: float | None
    p50_latency_us: float | None
    p95_latency_us: float | None
    p99_latency_us: float | None


class OperationsResponse(msgspec.Struct):
    """Operations with spans in [start, end), most spans first; `total` counts all of them."""

    start: Time
    end: Time
    operations: list[OperationNumbers]
    total: int


async def list_services(call: Call) -> Response:
    """GET /api/metadata/services."""
    return json_response(await call.reader.service_names())


async def get_services(call: Call) -> Response:
    """GET /api/services."""
    found = await call.reader.services(range_of(call), call.values[params.SERVICES])
    seconds = (found.end_ns - found.start_ns) / 1e9
    answers = []
    for name, spans, span_errors, count, errors, latencies, trend in found.services:
        numbers = latency_numbers(latencies)
        answers.append(
            ServiceNumbers(
                service_name=name,
                span_count=spans,
                span_error_count=span_errors,
                count=count,
                error_count=errors,
                error_rate=rate(errors, count),
                rate=count / seconds if seconds else 0.0,
                avg_latency_us=numbers.avg_latency_us,
                p50_latency_us=numbers.p50_latency_us,
                p95_latency_us=numbers.p95_latency_us,
                p99_latency_us=numbers.p99_latency_us,
                trend=traffic_answer(trend),
            )
        )
    start, end = format_time(found.start_ns), format_time(found.end_ns)
    return json_response(ServicesResponse(start, end, answers))


async def list_operations(call: Call) -> Response:
    """GET /api/operations."""
    found = await call.reader.operations(range_of(call), call.values[params.SERVICES])
    seconds = (found.end_ns - found.start_ns) / 1e9
    answers = []
    page = found.operations[: call.values[params.LIMIT]]
    for service, name, kind, count, errors, latencies in page:
        numbers = latency_numbers(latencies)
        answers.append(
            OperationNumbers(
                service_name=service,
                operation_name=name,
                kind=KINDS.get(kind, SpanKind.UNSPECIFIED),
                count=count,
                error_count=errors,
                error_rate=rate(errors, count),
                rate=count / seconds if seconds else 0.0,
                avg_latency_us=numbers.avg_latency_us,
                p50_latency_us=numbers.p50_latency_us,
                p95_latency_us=numbers.p95_latency_us,
                p99_latency_us=numbers.p99_latency_us,
            )
        )
    start, end = format_time(found.start_ns), format_time(found.end_ns)
    return json_response(OperationsResponse(start, end, answers, len(found.operations)))
