"""Health: for people, for orchestrators and for Prometheus."""

from typing import Literal

import msgspec
from starlette.responses import Response

from argus.api.answer import json_response
from argus.api.endpoint import ApiParts, Call, WriterStatus
from argus.errors import Unavailable
from argus.telemetry import CONTENT_TYPE


class Disk(msgspec.Struct):
    """Where the data lies, how large it is, and what is free beside it. `full_in_days` foresees
    when there is no room left; null when retention comes first, or before there is a pace."""

    path: str
    bytes: int
    free_bytes: int | None
    full_in_days: float | None


class Kept(msgspec.Struct):
    """How long telemetry is kept and how large it may grow; 0 is no limit. `rollups_days` is how
    long the numbers of the overview outlive what they count."""

    traces_days: float
    logs_days: float
    rollups_days: float
    bytes: int


class ReceiverPorts(msgspec.Struct):
    """Where telemetry can be sent."""

    grpc_port: int
    otlp_http_port: int
    http_port: int


class Ai(msgspec.Struct):
    """How the analysis of errors is doing: `failing` while the model is left alone because it
    failed some times in a row; `problem` is what went wrong last."""

    enabled: bool
    model: str | None
    state: Literal["disabled", "ok", "failing", "budget_spent"]
    queue_depth: int
    tokens_per_hour: int
    tokens_used: int
    tokens_left: int
    problem: str | None


class Health(msgspec.Struct):
    """How Argus itself is doing; `ingestion_rate` is records per second over the last minute."""

    status: str
    version: str
    ingestion_rate: float
    ingested_total: int
    dlq_size: int
    dlq_bytes: int
    active_connections: int
    db_latency_p99_ms: float
    writer_status: WriterStatus
    queue_depth: int
    disk: Disk
    retention: Kept
    receivers: ReceiverPorts
    ai: Ai


class Probe(msgspec.Struct):
    """The answer of a probe that succeeds."""

    status: str


async def health(parts: ApiParts) -> Health:
    """The object of /api/health; `status` is "ok" while the writer is, else "degraded"."""
    state = await parts.state()
    telemetry = parts.telemetry
    return Health(
        status="ok" if state.writer_status == "OK" else "degraded",
        version=parts.version,
        ingestion_rate=telemetry.ingestion_rate(),
        ingested_total=telemetry.ingested_total,
        dlq_size=state.dlq_files,
        dlq_bytes=state.dlq_bytes,
        active_connections=telemetry.active_connections,
        db_latency_p99_ms=telemetry.db_latency_p99_ms(),
        writer_status=state.writer_status,
        queue_depth=state.queue_depth,
        disk=Disk(
            state.disk_path, state.disk_bytes, state.disk_free_bytes, state.disk_full_in_days
        ),
        retention=Kept(
            parts.retention.days_of_traces,
            parts.retention.days_of_logs,
            parts.retention.rollup_days,
            parts.retention.bytes,
        ),
        receivers=ReceiverPorts(parts.ports.grpc, parts.ports.otlp_http, parts.ports.http),
        ai=Ai(*parts.insights.state),
    )


async def get_health(call: Call) -> Response:
    """GET /api/health."""
    return json_response(await health(call.parts))


async def get_livez(call: Call) -> Response:
    """GET /livez."""
    return json_response(Probe("ok"))


async def get_readyz(call: Call) -> Response:
    """GET /readyz."""
    if not await call.parts.ready():
        raise Unavailable("no record can be persisted right now", retry_after_s=1)
    return json_response(Probe("ok"))


async def get_metrics(call: Call) -> Response:
    """GET /metrics."""
    return Response(call.parts.telemetry.render(), media_type=CONTENT_TYPE)
