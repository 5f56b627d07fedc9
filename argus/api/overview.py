"""The overview: the dashboard's numbers."""

import msgspec
from starlette.responses import Response

from argus import storage
from argus.api import params
from argus.api.answer import Time, json_response
from argus.api.endpoint import Call
from argus.api.times import format_time
from argus.storage import TimeRange

DEFAULT_RANGE_NS = 15 * 60 * 10**9

PARAMS = (params.START, params.END, params.SERVICES)


class FailingService(msgspec.Struct):
    """A service with failing spans; `error_rate` is 0 to 1."""

    service_name: str
    error_count: int
    total_count: int
    error_rate: float


class Dashboard(msgspec.Struct):
    """Numbers of [start, end). Latencies are of entry spans, null when there is none."""

    start: Time
    end: Time
    total_traces: int
    total_spans: int
    total_logs: int
    total_errors: int
    error_rate: float
    avg_latency_us: float | None
    p50_latency_us: float | None
    p95_latency_us: float | None
    p99_latency_us: float | None
    active_services: int
    top_failing_services: list[FailingService]


async def get_dashboard(call: Call) -> Response:
    """GET /api/metrics/dashboard."""
    start, end = params.bounded_range(call.values, DEFAULT_RANGE_NS)
    services = call.values[params.SERVICES]
    numbers = await call.reader.dashboard(TimeRange(start, end), services)
    return json_response(dashboard_answer(numbers, start, end))


def dashboard_answer(numbers: storage.Dashboard, start: int, end: int) -> Dashboard:
    """The numbers of [start, end), in Unix nanoseconds, as answers show them."""
    return Dashboard(
        start=format_time(start),
        end=format_time(end),
        total_traces=numbers.total_traces,
        total_spans=numbers.total_spans,
        total_logs=numbers.total_logs,
        total_errors=numbers.total_errors,
        error_rate=_rate(numbers.total_errors, numbers.total_spans),
        avg_latency_us=_microseconds(numbers.avg_latency_ns),
        p50_latency_us=_microseconds(numbers.p50_latency_ns),
        p95_latency_us=_microseconds(numbers.p95_latency_ns),
        p99_latency_us=_microseconds(numbers.p99_latency_ns),
        active_services=numbers.active_services,
        top_failing_services=[
            FailingService(name, errors, total, _rate(errors, total))
            for name, errors, total in numbers.top_failing_services
        ],
    )


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _microseconds(ns: float | None) -> float | None:
    return None if ns is None else ns / 1000
