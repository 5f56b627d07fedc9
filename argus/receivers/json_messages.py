"""The shapes of OTLP/JSON requests. Every member may be absent or null, as ProtoJSON allows.

The structs are wire types, not records: `argus.receivers.otlp_json` turns them into records.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Int64 = int | float | str | None
Int32 = Annotated[int, Meta(ge=-(2**31), lt=2**31)] | None
Uint32 = Annotated[int, Meta(ge=0, lt=2**32)] | None


class _Message(Struct, rename="camel", gc=False):
    """A JSON object with lowerCamelCase keys; unknown ones are ignored."""


class Values(_Message):
    values: list[AnyValue] | None = None


class KeyValues(_Message):
    values: list[KeyValue] | None = None


class AnyValue(_Message):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int64 = None
    double_value: float | str | None = None
    array_value: Values | None = None
    kvlist_value: KeyValues | None = None
    bytes_value: str | None = None


class KeyValue(_Message):
    key: str | None = None
    value: AnyValue | None = None


class Resource(_Message):
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None


class Scope(_Message):
    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None


class Event(_Message):
    time_unix_nano: Int64 = None
    name: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None


class Link(_Message):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None
    flags: Uint32 = None


class Status(_Message):
    message: str | None = None
    code: Int32 = None


class Span(_Message):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: Int32 = None
    start_time_unix_nano: Int64 = None
    end_time_unix_nano: Int64 = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None
    events: list[Event] | None = None
    dropped_events_count: Uint32 = None
    links: list[Link] | None = None
    dropped_links_count: Uint32 = None
    status: Status | None = None
    flags: Uint32 = None


class ScopeSpans(_Message):
    scope: Scope | None = None
    spans: list[Span] | None = None
    schema_url: str | None = None


class ResourceSpans(_Message):
    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None
    schema_url: str | None = None


class Traces(_Message):
    resource_spans: list[ResourceSpans] | None = None


class LogRecord(_Message):
    time_unix_nano: Int64 = None
    observed_time_unix_nano: Int64 = None
    severity_number: Int32 = None
    severity_text: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Uint32 = None
    flags: Uint32 = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class ScopeLogs(_Message):
    scope: Scope | None = None
    log_records: list[LogRecord] | None = None
    schema_url: str | None = None


class ResourceLogs(_Message):
    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None
    schema_url: str | None = None


class Logs(_Message):
    resource_logs: list[ResourceLogs] | None = None


class Points(_Message):
    data_points: list[dict[str, Any]] | None = None


class Metric(_Message):
    gauge: Points | None = None
    sum: Points | None = None
    histogram: Points | None = None
    exponential_histogram: Points | None = None
    summary: Points | None = None


class ScopeMetrics(_Message):
    metrics: list[Metric] | None = None


class ResourceMetrics(_Message):
    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] | None = None


class Metrics(_Message):
    resource_metrics: list[ResourceMetrics] | None = None


def data_point_count(metric: Metric) -> int:
    """How many data points a metric carries."""
    kinds = (
        metric.gauge,
        metric.sum,
        metric.histogram,
        metric.exponential_histogram,
        metric.summary,
    )
    return sum(len(points.data_points or ()) for points in kinds if points is not None)
