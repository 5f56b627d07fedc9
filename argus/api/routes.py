"""The route table: every endpoint of the API, once."""

from argus.api import health, logs, openapi, overview, services, traces
from argus.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/api/traces",
        traces.list_traces,
        "Traces that match every condition.",
        answers=(traces.TracesResponse,),
        params=traces.LIST_PARAMS,
        tenanted=True,
    ),
    Endpoint(
        "GET",
        "/api/traces/{trace_id}",
        traces.get_trace,
        "One trace with its spans and logs.",
        answers=(traces.TraceResponse, traces.TraceSkeleton),
        params=traces.DETAIL_PARAMS,
        tenanted=True,
    ),
    Endpoint(
        "GET",
        "/api/logs",
        logs.list_logs,
        "Log records that match every condition, newest first.",
        answers=(logs.LogsResponse,),
        params=logs.PARAMS,
        tenanted=True,
    ),
    Endpoint(
        "GET",
        "/api/metadata/services",
        services.list_services,
        "Names of all services, sorted.",
        answers=(list[str],),
        tenanted=True,
    ),
    Endpoint(
        "GET",
        "/api/metrics/dashboard",
        overview.get_dashboard,
        "Numbers of a range, the last 15 minutes by default.",
        answers=(overview.Dashboard,),
        params=overview.PARAMS,
        tenanted=True,
    ),
    Endpoint(
        "GET",
        "/api/health",
        health.get_health,
        "How Argus itself is doing.",
        answers=(health.Health,),
    ),
    Endpoint(
        "GET",
        "/api/openapi.json",
        openapi.get_openapi,
        "This document.",
        answers=(dict,),
    ),
    Endpoint(
        "GET",
        "/livez",
        health.get_livez,
        "200 while the process runs.",
        answers=(health.Probe,),
    ),
    Endpoint(
        "GET",
        "/readyz",
        health.get_readyz,
        "200 while a record can be persisted, 503 otherwise.",
        answers=(health.Probe,),
    ),
    Endpoint(
        "GET",
        "/metrics",
        health.get_metrics,
        "Argus' own metrics in Prometheus' text format.",
        media_type="text/plain",
    ),
)
