"""Wire-compatible OTLP messages that leave alone what Argus does not read field by field.

Same field numbers as the official protocol, but attributes, resources, scopes, events, links and
status are `bytes`, and so is every string: the parser then touches a few scalars per record, one
invalid UTF-8 string cannot cost a request, and nesting is bounded by whoever opens the bytes.
Field numbers: https://github.com/open-telemetry/opentelemetry-proto (trace, logs, metrics, common).
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_F = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bytes": _F.TYPE_BYTES,
    "bool": _F.TYPE_BOOL,
    "double": _F.TYPE_DOUBLE,
    "fixed32": _F.TYPE_FIXED32,
    "fixed64": _F.TYPE_FIXED64,
    "int32": _F.TYPE_INT32,
    "int64": _F.TYPE_INT64,
    "uint32": _F.TYPE_UINT32,
}
_PACKAGE = "argus.lean"

# message -> "number type name"; a type in capitals is another message here, "*" marks repeated,
# "|" marks a member of the message's oneof.
_MESSAGES: dict[str, tuple[str, ...]] = {
    "Traces": ("1 *ResourceSpans resource_spans",),
    "ResourceSpans": ("1 bytes resource", "2 *ScopeSpans scope_spans", "3 bytes schema_url"),
    "ScopeSpans": ("1 bytes scope", "2 *Span spans", "3 bytes schema_url"),
    "Span": (
        "1 bytes trace_id",
        "2 bytes span_id",
        "3 bytes trace_state",
        "4 bytes parent_span_id",
        "5 bytes name",
        "6 int32 kind",
        "7 fixed64 start",
        "8 fixed64 end",
        "9 *bytes attributes",
        "10 uint32 dropped_attributes_count",
        "11 *bytes events",
        "12 uint32 dropped_events_count",
        "13 *bytes links",
        "14 uint32 dropped_links_count",
        "15 bytes status",
        "16 fixed32 flags",
    ),
    "Event": (
        "1 fixed64 time",
        "2 bytes name",
        "3 *bytes attributes",
        "4 uint32 dropped_attributes_count",
    ),
    "Link": (
        "1 bytes trace_id",
        "2 bytes span_id",
        "3 bytes trace_state",
        "4 *bytes attributes",
        "5 uint32 dropped_attributes_count",
        "6 fixed32 flags",
    ),
    "Status": ("2 bytes message", "3 int32 code"),
    "Logs": ("1 *ResourceLogs resource_logs",),
    "ResourceLogs": ("1 bytes resource", "2 *ScopeLogs scope_logs", "3 bytes schema_url"),
    "ScopeLogs": ("1 bytes scope", "2 *LogRecord log_records", "3 bytes schema_url"),
    "LogRecord": (
        "1 fixed64 time",
        "2 int32 severity_number",
        "3 bytes severity_text",
        "5 bytes body",
        "6 *bytes attributes",
        "7 uint32 dropped_attributes_count",
        "8 fixed32 flags",
        "9 bytes trace_id",
        "10 bytes span_id",
        "11 fixed64 observed_time",
        "12 bytes event_name",
    ),
    "Metrics": ("1 *ResourceMetrics resource_metrics",),
    "ResourceMetrics": ("1 bytes resource", "2 *ScopeMetrics scope_metrics"),
    "ScopeMetrics": ("1 bytes scope", "2 *Metric metrics"),
    "Metric": (
        "5 Points gauge",
        "7 Points sum",
        "9 Points histogram",
        "10 Points exponential_histogram",
        "11 Points summary",
    ),
    "Points": ("1 *bytes data_points",),
    "Resource": ("1 *bytes attributes", "2 uint32 dropped_attributes_count"),
    "Scope": (
        "1 bytes name",
        "2 bytes version",
        "3 *bytes attributes",
        "4 uint32 dropped_attributes_count",
    ),
    "KeyValue": ("1 bytes key", "2 bytes value"),
    "AnyValue": (
        "1 |bytes string_value",
        "2 |bool bool_value",
        "3 |int64 int_value",
        "4 |double double_value",
        "5 |bytes array_value",
        "6 |bytes kvlist_value",
        "7 |bytes bytes_value",
    ),
    "Values": ("1 *bytes values",),
}


def _field(message: descriptor_pb2.DescriptorProto, spec: str) -> None:
    number, kind, name = spec.split()
    field = message.field.add(name=name, number=int(number), label=_F.LABEL_OPTIONAL)
    if kind.startswith("*"):
        field.label = _F.LABEL_REPEATED
    if kind.startswith("|"):
        field.oneof_index = 0
    base = kind.lstrip("*|")
    if base in _SCALARS:
        field.type = _SCALARS[base]
    else:
        field.type = _F.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{base}"


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="argus/lean.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if any("|" in spec for spec in fields):
            message.oneof_decl.add(name="value")
        for spec in fields:
            _field(message, spec)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_classes = _build()

Traces = _classes["Traces"]
Logs = _classes["Logs"]
Metrics = _classes["Metrics"]
Event = _classes["Event"]
Link = _classes["Link"]
Status = _classes["Status"]
Resource = _classes["Resource"]
Scope = _classes["Scope"]
KeyValue = _classes["KeyValue"]
AnyValue = _classes["AnyValue"]
Values = _classes["Values"]
