"""google.rpc.Status for refused requests, and the responses of accepted ones, in both encodings.

Shapes: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
"""

import math
from typing import Any

import msgspec
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from argus.errors import ArgusError, grpc_status
from argus.model import Signal

_TYPE = "type.googleapis.com/google.rpc."

_RESPONSES: dict[Signal, tuple[Any, str]] = {
    "traces": (trace_service_pb2.ExportTraceServiceResponse, "rejected_spans"),
    "logs": (logs_service_pb2.ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (metrics_service_pb2.ExportMetricsServiceResponse, "rejected_data_points"),
}
_JSON_NAMES: dict[Signal, str] = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


def response_bytes(signal: Signal, rejected: int, message: str) -> bytes:
    """The protobuf response of an accepted request; without rejections it is empty."""
    kind, count_name = _RESPONSES[signal]
    response = kind()
    if rejected:
        setattr(response.partial_success, count_name, rejected)
        response.partial_success.error_message = message
    return bytes(response.SerializeToString())


def response_json(signal: Signal, rejected: int, message: str) -> bytes:
    """The same response in OTLP/JSON (64-bit integers are strings)."""
    if not rejected:
        return b"{}"
    return msgspec.json.encode(
        {"partialSuccess": {_JSON_NAMES[signal]: str(rejected), "errorMessage": message}}
    )


def status_bytes(error: ArgusError) -> bytes:
    """A serialized google.rpc.Status with RetryInfo or BadRequest in its details."""
    status = status_pb2.Status(code=grpc_status(error), message=error.message)
    if error.retry_after_s is not None:
        status.details.add().Pack(retry_info(error.retry_after_s))
    elif error.code == "invalid_argument":
        detail = error_details_pb2.BadRequest()
        detail.field_violations.add(field=error.field or "body", description=error.message)
        status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


def retry_info(seconds: float) -> Any:
    """A google.rpc.RetryInfo."""
    delay = Duration()
    delay.FromNanoseconds(int(seconds * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def status_json(error: ArgusError) -> bytes:
    """The same Status in ProtoJSON."""
    details: list[dict[str, Any]] = []
    if error.retry_after_s is not None:
        delay = f"{error.retry_after_s:.3f}s"
        details.append({"@type": _TYPE + "RetryInfo", "retryDelay": delay})
    elif error.code == "invalid_argument":
        violation = {"field": error.field or "body", "description": error.message}
        details.append({"@type": _TYPE + "BadRequest", "fieldViolations": [violation]})
    status: dict[str, Any] = {"code": grpc_status(error), "message": error.message}
    if details:
        status["details"] = details
    return msgspec.json.encode(status)


def retry_after(error: ArgusError) -> str | None:
    """The Retry-After header of a refusal that may be retried, in whole seconds, at least 1."""
    return None if error.retry_after_s is None else str(max(1, math.ceil(error.retry_after_s)))
