"""Dead letters as requests again: decoded like any other, or as OTLP/JSON for a person."""

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from argus.errors import InvalidInput
from argus.model import Batch, Signal
from argus.pipeline.dead_letter_file import Letter
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json

_REQUESTS: dict[Signal, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
_HEX = frozenset({"traceId", "spanId", "parentSpanId"})


def decode_letter(letter: Letter) -> Batch:
    """The batch of a dead letter, as of the time it arrived. Raises InvalidInput."""
    header = letter.header
    function = decode if header.encoding == "protobuf" else decode_json
    return function(header.signal, letter.body, header.tenant, header.received_ns)


def letter_json(letter: Letter) -> str:
    """The request of a dead letter as OTLP/JSON, indented. Raises InvalidInput.

    A request that came as JSON is shown as it came. Where OTLP/JSON differs from what protobuf
    makes of it: ids in hex (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
    """
    header = letter.header
    try:
        if header.encoding == "json":
            request = json.loads(letter.body.decode("utf-8", "replace"))
        else:
            message = _REQUESTS[header.signal].FromString(letter.body)
            request = _hex_ids(MessageToDict(message, use_integers_for_enums=True))
    except (DecodeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"body: not an OTLP {header.signal} request: {error}") from None
    return json.dumps(request, indent=2, ensure_ascii=False)


def _hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_hex_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex()
        if key in _HEX and isinstance(item, str)
        else _hex_ids(item)
        for key, item in value.items()
    }
