"""Payloads shaped like the examples of the OTLP repository, in both encodings, give equal rows."""

import base64
import json
from typing import Any

import httpx2
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.conftest import Argus

RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]}
SCOPE = {
    "name": "my.library",
    "version": "1.0.0",
    "attributes": [{"key": "my.scope.attribute", "value": {"stringValue": "some scope attribute"}}],
}
ATTRIBUTES = [
    {"key": "string.attribute", "value": {"stringValue": "some string"}},
    {"key": "boolean.attribute", "value": {"boolValue": True}},
    {"key": "int.attribute", "value": {"intValue": "10"}},
    {"key": "double.attribute", "value": {"doubleValue": 637.704}},
    {
        "key": "array.attribute",
        "value": {"arrayValue": {"values": [{"stringValue": "many"}, {"stringValue": "values"}]}},
    },
    {
        "key": "map.attribute",
        "value": {
            "kvlistValue": {
                "values": [{"key": "some.map.key", "value": {"stringValue": "some value"}}]
            }
        },
    },
]
SPAN_ID, PARENT_ID = "EEE19B7EC3C1B174", "EEE19B7EC3C1B173"


def trace_request(trace_id: str) -> dict[str, Any]:
    span = {
        "traceId": trace_id,
        "spanId": SPAN_ID,
        "parentSpanId": PARENT_ID,
        "flags": 1,
        "name": "I am a server span",
        "kind": 2,
        "startTimeUnixNano": "1544712660000000000",
        "endTimeUnixNano": "1544712661000000000",
        "attributes": ATTRIBUTES,
    }
    return {
        "resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": SCOPE, "spans": [span]}]}]
    }


def logs_request(trace_id: str) -> dict[str, Any]:
    plain = {
        "timeUnixNano": "1544712660300000000",
        "observedTimeUnixNano": "1544712660300000000",
        "severityNumber": 10,
        "severityText": "Information",
        "traceId": trace_id,
        "spanId": SPAN_ID,
        "body": {"stringValue": "Example log record"},
        "attributes": ATTRIBUTES,
    }
    event = {
        "timeUnixNano": "1544712660300000001",
        "observedTimeUnixNano": "1544712660300000001",
        "severityNumber": 9,
        "eventName": "browser.page_view",
        "traceId": trace_id,
        "body": {
            "kvlistValue": {
                "values": [
                    {"key": "type", "value": {"intValue": "0"}},
                    {"key": "url", "value": {"stringValue": "https://www.example.com/page"}},
                ]
            }
        },
    }
    return {
        "resourceLogs": [
            {"resource": RESOURCE, "scopeLogs": [{"scope": SCOPE, "logRecords": [plain, event]}]}
        ]
    }


def with_base64_ids(value: Any) -> Any:
    """ProtoJSON of an OTLP/JSON value, which has its ids in hex."""
    if isinstance(value, list):
        return [with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _base64(item)
        if key in ("traceId", "spanId", "parentSpanId")
        else with_base64_ids(item)
        for key, item in value.items()
    }


def _base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def post(argus: Argus, signal: str, body: bytes, kind: str) -> None:
    response = httpx2.post(
        f"{argus.otlp}/v1/{signal}", content=body, headers={"content-type": kind}
    )
    assert response.status_code == 200
    assert response.content in (b"", b"{}")


def normal(value: Any) -> Any:
    """An answer without what tells its records from equal ones."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {k: normal(v) for k, v in value.items() if k not in ("trace_id", "id")}
    return value


@pytest.mark.parametrize("case", ["upper", "lower"])
def test_the_same_request_as_protobuf_and_as_json_gives_the_same_rows(
    shared_argus: Argus, case: str
) -> None:
    prefix = "5B8EFFF798038103D269B633813FC6"
    as_json, as_protobuf = f"{prefix}0{case == 'upper':d}", f"{prefix}1{case == 'upper':d}"
    sent = as_json if case == "upper" else as_json.lower()
    post(shared_argus, "traces", json.dumps(trace_request(sent)).encode(), "application/json")
    post(shared_argus, "logs", json.dumps(logs_request(sent)).encode(), "application/json")
    protobuf = "application/x-protobuf"
    trace = ParseDict(with_base64_ids(trace_request(as_protobuf)), ExportTraceServiceRequest())
    logs = ParseDict(with_base64_ids(logs_request(as_protobuf)), ExportLogsServiceRequest())
    post(shared_argus, "traces", trace.SerializeToString(), protobuf)
    post(shared_argus, "logs", logs.SerializeToString(), protobuf)
    first = shared_argus.get(f"/api/traces/{as_json.lower()}", attributes="typed")
    second = shared_argus.get(f"/api/traces/{as_protobuf.lower()}", attributes="typed")
    assert normal(first) == normal(second)
    (span,) = first["spans"]
    assert span["attributes"] == ATTRIBUTES
    assert span["parent_span_id"] == PARENT_ID.lower()
    assert first["trace"]["root_missing"] is True
    assert [log["event_name"] for log in first["logs"]] == ["", "browser.page_view"]
