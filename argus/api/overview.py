"""The overview: the dashboard's numbers, traffic, latencies and the service map."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from starlette.responses import Response

from argus import storage
from argus.api import params
from argus.api.answer import Time, json_response
from argus.api.endpoint import Call
from argus.api.times import format_time
from argus.storage import Latencies, TimeRange

DEFAULT_RANGE_NS = 15 * 60 * 10**9
MAX_POINTS = 2000

PARAMS = (params.START, params.END, params.SERVICES)
HEATMAP_PARAMS = (*PARAMS, params.POINTS)

SAMPLED = "X-Argus-Sampled"
"""Header of an answer that shows n of N: `n/N`."""


class LatencyNumbers(msgspec.Struct):
    """Mean and percentiles of durations, null when there is none."""

    avg_latency_us: float | None
    p50_latency_us: float | None
    p95_latency_us: float | None
    p99_latency_us: float | None


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


class TrafficPoint(msgspec.Struct):
    """Entry spans from `timestamp` to the next one."""

    timestamp: Time
    count: int
    error_count: int


class LatencyHeatmap(msgspec.Struct):
    """`counts[i][j]` entry spans began at `timestamps[i]` or after and took at least
    `bounds_us[j - 1]` and less than `bounds_us[j]`."""

    timestamps: list[Time]
    bounds_us: list[float]
    counts: list[list[int]]


class LatencyPoint(msgspec.Struct):
    """One entry span; `duration` in microseconds."""

    timestamp: Time
    duration: float


class MapNode(msgspec.Struct):
    """A node; calls of a service are its entry spans, of others those that reach it."""

    name: str
    kind: Literal["service", "database", "messaging", "external", "user"]
    total_calls: int
    error_count: int
    avg_latency_us: float | None
    p95_latency_us: float | None


class MapEdge(msgspec.Struct):
    """Calls from a node to a node."""

    source: str
    target: str
    call_count: int
    error_count: int
    avg_latency_us: float
    p95_latency_us: float


class ServiceMap(msgspec.Struct):
    """Who calls whom in [start, end)."""

    start: Time
    end: Time
    nodes: list[MapNode]
    edges: list[MapEdge]


def range_of(call: Call) -> TimeRange:
    """The range of a request for numbers: the last 15 minutes unless it says otherwise."""
    return TimeRange(*params.bounded_range(call.values, DEFAULT_RANGE_NS))


async def get_dashboard(call: Call) -> Response:
    """GET /api/metrics/dashboard."""
    numbers = await call.reader.dashboard(range_of(call), call.values[params.SERVICES])
    return json_response(dashboard_answer(numbers))


def dashboard_answer(numbers: storage.Dashboard) -> Dashboard:
    """The numbers of a range as answers show them."""
    latencies = latency_numbers(numbers.latencies)
    return Dashboard(
        start=format_time(numbers.start_ns),
        end=format_time(numbers.end_ns),
        total_traces=numbers.total_traces,
        total_spans=numbers.total_spans,
        total_logs=numbers.total_logs,
        total_errors=numbers.total_errors,
        error_rate=rate(numbers.total_errors, numbers.total_spans),
        avg_latency_us=latencies.avg_latency_us,
        p50_latency_us=latencies.p50_latency_us,
        p95_latency_us=latencies.p95_latency_us,
        p99_latency_us=latencies.p99_latency_us,
        active_services=numbers.active_services,
        top_failing_services=[
            FailingService(name, errors, total, rate(errors, total))
            for name, errors, total in numbers.top_failing_services
        ],
    )


async def get_traffic(call: Call) -> Response:
    """GET /api/metrics/traffic."""
    buckets = await call.reader.traffic(range_of(call), call.values[params.SERVICES])
    return json_response(traffic_answer(buckets))


def traffic_answer(buckets: Sequence[storage.TrafficBucket]) -> list[TrafficPoint]:
    """Traffic as answers show it."""
    return [TrafficPoint(format_time(at), *counts) for at, *counts in buckets]


async def get_latency_heatmap(call: Call) -> Response:
    """GET /api/metrics/latency_heatmap."""
    range_, services = range_of(call), call.values[params.SERVICES]
    if call.values[params.POINTS]:
        found = await call.reader.latency_points(range_, services, MAX_POINTS)
        points = [LatencyPoint(format_time(at), ns / 1000) for at, ns in found.points]
        response = json_response(points)
        response.headers[SAMPLED] = f"{len(points)}/{found.total}"
        return response
    numbers = await call.reader.latency_heatmap(range_, services)
    return json_response(
        LatencyHeatmap(
            [format_time(at) for at in numbers.starts_ns],
            [bound / 1000 for bound in numbers.bounds_ns],
            numbers.counts,
        )
    )


async def get_service_map(call: Call) -> Response:
    """GET /api/metrics/service-map."""
    found = await call.reader.service_map(range_of(call), call.values[params.SERVICES])
    return json_response(service_map_answer(found))


def service_map_answer(found: storage.ServiceMap) -> ServiceMap:
    """The service map as answers show it."""
    nodes = []
    for name, kind, calls, errors, latencies in found.nodes:
        numbers = latency_numbers(latencies)
        avg_us, p95_us = numbers.avg_latency_us, numbers.p95_latency_us
        nodes.append(MapNode(name, kind, calls, errors, avg_us, p95_us))
    edges = [
        MapEdge(source, target, calls, errors, latencies.avg_ns / 1000, latencies.p95_ns / 1000)
        for source, target, calls, errors, latencies in found.edges
    ]
    start, end = format_time(found.start_ns), format_time(found.end_ns)
    return ServiceMap(start, end, nodes, edges)


def rate(part: int, whole: int) -> float:
    """A share from 0 to 1; 0 of nothing."""
    return part / whole if whole else 0.0


def latency_numbers(found: Latencies | None) -> LatencyNumbers:
    """Latencies as answers show them."""
    if found is None:
        return LatencyNumbers(None, None, None, None)
    return LatencyNumbers(*(ns / 1000 for ns in found))
