"""The OpenTelemetry Python SDK, over each of its transports: what was sent is what is read back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JsonLogs
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonSpans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from tests.e2e.conftest import Argus
from tests.e2e.telemetry import ATTRIBUTES, by_key, typed_attributes

Exporters = Callable[[Argus], tuple[Any, Any]]

TRANSPORTS: dict[str, Exporters] = {
    "grpc": lambda argus: (
        GrpcSpans(endpoint=argus.grpc, insecure=True),
        GrpcLogs(endpoint=argus.grpc, insecure=True),
    ),
    "http/protobuf": lambda argus: (
        HttpSpans(endpoint=f"{argus.otlp}/v1/traces"),
        HttpLogs(endpoint=f"{argus.otlp}/v1/logs"),
    ),
    "http/protobuf on the web port": lambda argus: (
        HttpSpans(endpoint=f"{argus.url}/v1/traces"),
        HttpLogs(endpoint=f"{argus.url}/v1/logs"),
    ),
    "http/json": lambda argus: (
        JsonSpans(endpoint=f"{argus.otlp}/v1/traces"),
        JsonLogs(endpoint=f"{argus.otlp}/v1/logs"),
    ),
}

LINKED = SpanContext(0x5678, 0x1234, is_remote=True, trace_flags=TraceFlags(1))


@pytest.fixture(scope="module", params=TRANSPORTS)
def sent(request: pytest.FixtureRequest, shared_argus: Argus) -> tuple[Argus, Any, Any]:
    """One trace of two spans and a log, sent over one transport: (server, root, child)."""
    span_exporter, log_exporter = TRANSPORTS[request.param](shared_argus)
    resource = Resource({"service.name": "sdk-shop", "service.version": "1.2", "n": 7})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(span_exporter))
    tracer = provider.get_tracer("shop.lib", "0.9", "https://schema.example/1", {"scope": True})
    log_provider = LoggerProvider(resource=resource)
    log_provider.add_log_record_processor(SimpleLogRecordProcessor(log_exporter))
    root: Any = tracer.start_span(
        "POST /checkout",
        kind=SpanKind.SERVER,
        attributes=ATTRIBUTES,
        links=[Link(LINKED, {"l": 1})],
    )
    with trace.use_span(root, end_on_exit=True, record_exception=False):
        child: Any = tracer.start_span("charge", kind=SpanKind.CLIENT)
        with trace.use_span(child, end_on_exit=True, record_exception=False):
            child.add_event("retry", {"attempt": 2})
            child.set_status(Status(StatusCode.ERROR, "declined"))
            log_provider.get_logger("shop.lib").emit(
                timestamp=child.start_time,
                severity_number=SeverityNumber.ERROR,
                severity_text="ERROR",
                body="card 4242 declined",
                attributes={"amount": 12.5},
            )
    provider.shutdown()
    log_provider.shutdown()
    return shared_argus, root, child


def read(sent: tuple[Argus, Any, Any]) -> dict[str, Any]:
    argus, root, _ = sent
    trace_id = f"{root.context.trace_id:032x}"
    answer: dict[str, Any] = argus.get(f"/api/traces/{trace_id}", attributes="typed")
    return answer


def span_of(answer: dict[str, Any], span: Any) -> dict[str, Any]:
    span_id = f"{span.context.span_id:016x}"
    (found,) = [one for one in answer["spans"] if one["span_id"] == span_id]
    return found  # type: ignore[no-any-return]


def test_every_field_of_the_root_span_is_read_back(sent: tuple[Argus, Any, Any]) -> None:
    root = sent[1]
    found = span_of(read(sent), root)
    assert found["parent_span_id"] is None
    assert found["operation_name"] == "POST /checkout"
    assert found["service_name"] == "sdk-shop"
    assert found["kind"] == "SERVER"
    assert found["status"] == "UNSET"
    assert _nanoseconds(found["start_time"]) == root.start_time
    assert _nanoseconds(found["end_time"]) == root.end_time
    assert found["duration_us"] == pytest.approx((root.end_time - root.start_time) / 1000)
    assert by_key(found["attributes"]) == typed_attributes(ATTRIBUTES)


def test_the_link_is_read_back(sent: tuple[Argus, Any, Any]) -> None:
    (link,) = span_of(read(sent), sent[1])["links"]
    assert (link["trace_id"], link["span_id"]) == (f"{0x5678:032x}", f"{0x1234:016x}")
    assert by_key(link["attributes"]) == {"l": {"intValue": "1"}}


def test_resource_and_scope_are_read_back(sent: tuple[Argus, Any, Any]) -> None:
    found = span_of(read(sent), sent[1])
    resource = by_key(found["resource"])
    assert resource["service.version"] == {"stringValue": "1.2"}
    assert resource["n"] == {"intValue": "7"}
    assert (found["scope"]["name"], found["scope"]["version"]) == ("shop.lib", "0.9")
    assert by_key(found["scope"]["attributes"]) == {"scope": {"boolValue": True}}
    assert found["schema_url"] == "https://schema.example/1"


def test_the_child_with_its_status_and_event_is_read_back(sent: tuple[Argus, Any, Any]) -> None:
    _, root, child = sent
    found = span_of(read(sent), child)
    assert found["parent_span_id"] == f"{root.context.span_id:016x}"
    assert (found["kind"], found["status"]) == ("CLIENT", "ERROR")
    assert found["status_message"] == "declined"
    (event,) = found["events"]
    assert event["name"] == "retry"
    assert by_key(event["attributes"]) == {"attempt": {"intValue": "2"}}
    assert _nanoseconds(event["time"]) == child.events[0].timestamp


def test_the_log_is_found_from_the_trace_and_the_trace_from_the_log(
    sent: tuple[Argus, Any, Any],
) -> None:
    argus, root, child = sent
    (log,) = read(sent)["logs"]
    assert log["body"] == {"stringValue": "card 4242 declined"}
    assert (log["severity"], log["severity_number"]) == ("ERROR", 17)
    assert log["service_name"] == "sdk-shop"
    assert log["span_id"] == f"{child.context.span_id:016x}"
    assert by_key(log["attributes"])["amount"] == {"doubleValue": 12.5}
    listed = argus.get("/api/logs", span_id=log["span_id"], trace_id=log["trace_id"])
    assert [one["id"] for one in listed["logs"]] == [log["id"]]
    assert log["trace_id"] == f"{root.context.trace_id:032x}"


def test_the_summary_counts_the_trace(sent: tuple[Argus, Any, Any]) -> None:
    summary = read(sent)["trace"]
    assert (summary["root_service"], summary["root_operation"]) == ("sdk-shop", "POST /checkout")
    assert (summary["span_count"], summary["error_count"]) == (2, 1)
    assert summary["status"] == "ERROR"
    assert summary["root_missing"] is False


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0"))
