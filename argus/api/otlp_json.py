"""Writes stored records as OTLP/JSON export requests, without loss.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from argus.attributes import decode_list, typed, typed_attributes, typed_text
from argus.model import LogRecord, Resource, Scope, Span

R = TypeVar("R", Span, LogRecord)


def traces_request(spans: Sequence[Span]) -> dict[str, Any]:
    """Spans, in their order -> an ExportTraceServiceRequest."""
    return {"resourceSpans": _grouped(spans, "scopeSpans", "spans", _span)}


def logs_request(logs: Sequence[LogRecord]) -> dict[str, Any]:
    """Log records, in their order -> an ExportLogsServiceRequest."""
    return {"resourceLogs": _grouped(logs, "scopeLogs", "logRecords", _log)}


def _grouped(
    records: Iterable[R], scopes: str, name: str, one: Callable[[R], dict[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    for resource, of_resource in groupby(records, lambda record: record.resource):
        inner = [
            {"scope": _scope(scope), name: [one(r) for r in some], "schemaUrl": scope.schema_url}
            for scope, some in groupby(of_resource, lambda record: record.scope)
        ]
        found.append(
            {"resource": _resource(resource), scopes: inner, "schemaUrl": resource.schema_url}
        )
    return found


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "attributes": typed_attributes(resource.attributes),
        "droppedAttributesCount": resource.dropped_attributes_count,
    }


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "name": scope.name,
        "version": scope.version,
        "attributes": typed_attributes(scope.attributes),
        "droppedAttributesCount": scope.dropped_attributes_count,
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "parentSpanId": span.parent_span_id.hex(),
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": typed_attributes(span.attributes),
        "droppedAttributesCount": span.dropped_attributes_count,
        "events": [_event(event) for event in decode_list(span.events)],
        "droppedEventsCount": span.dropped_events_count,
        "links": [_link(link) for link in decode_list(span.links)],
        "droppedLinksCount": span.dropped_links_count,
        "status": {"code": span.status, "message": span.status_message},
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event.get("name", ""),
        "timeUnixNano": str(event.get("time_ns", 0)),
        **_attributes(event),
    }


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return {
        "traceId": link.get("trace_id", ""),
        "spanId": link.get("span_id", ""),
        "traceState": link.get("trace_state", ""),
        "flags": link.get("flags", 0),
        **_attributes(link),
    }


def _attributes(of: dict[str, Any]) -> dict[str, Any]:
    pairs = (of.get("attributes") or {}).items()
    return {
        "attributes": [{"key": key, "value": typed(value)} for key, value in pairs],
        "droppedAttributesCount": of.get("dropped_attributes_count", 0),
    }


def _log(log: LogRecord) -> dict[str, Any]:
    return {
        "timeUnixNano": str(log.time_ns),
        "observedTimeUnixNano": str(log.observed_ns),
        "severityNumber": log.severity_number,
        "severityText": log.severity_text,
        "body": typed_text(log.body),
        "eventName": log.event_name,
        "traceId": log.trace_id.hex(),
        "spanId": log.span_id.hex(),
        "flags": log.flags,
        "attributes": typed_attributes(log.attributes),
        "droppedAttributesCount": log.dropped_attributes_count,
    }
