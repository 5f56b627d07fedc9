"""Log records as answers show them."""

from enum import StrEnum

import msgspec

from argus.api.answer import (
    AnyValue,
    Attributes,
    Form,
    Scope,
    SpanId,
    Time,
    TraceId,
    hex_or_none,
)
from argus.api.times import format_time
from argus.model import SEVERITIES, UNSPECIFIED, LogRecord, log_id_text, severity_name


class Severity(StrEnum):
    """The severity of a log record, from its number, else from its text."""

    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    FATAL = "FATAL"
    UNSPECIFIED = "UNSPECIFIED"


SEVERITY_BY_NAME = {name: Severity(name) for name in (*SEVERITIES, UNSPECIFIED)}
"""The severity of each name of `argus.model`."""


class Log(msgspec.Struct, gc=False):
    """A log record. `id` is opaque and, compared as text, increases in order of arrival."""

    id: str
    timestamp: Time
    observed_time: Time | None
    severity: Severity
    severity_number: int
    severity_text: str
    body: AnyValue
    event_name: str
    service_name: str
    trace_id: TraceId | None
    span_id: SpanId | None
    flags: int
    attributes: Attributes
    dropped_attributes_count: int
    resource: Attributes
    scope: Scope
    pattern_id: str | None
    schema_url: str
    resource_schema_url: str
    resource_dropped_attributes_count: int
    ai_insight: str | None


class LogsResponse(msgspec.Struct):
    """One page of log records, newest first."""

    logs: list[Log]
    total: int
    total_is_estimate: bool
    limit: int
    offset: int
    next_cursor: str | None


def log_answer(record: LogRecord, form: Form) -> Log:
    """A log record as answers show it."""
    return Log(
        id=log_id_text(record.id),
        timestamp=format_time(record.time_ns),
        observed_time=format_time(record.observed_ns) if record.observed_ns else None,
        severity=SEVERITY_BY_NAME[severity_name(record.severity)],
        severity_number=record.severity_number,
        severity_text=record.severity_text,
        body=form.value(record.body),
        event_name=record.event_name,
        service_name=record.resource.service_name,
        trace_id=hex_or_none(record.trace_id),
        span_id=hex_or_none(record.span_id),
        flags=record.flags,
        attributes=form.attributes(record.attributes),
        dropped_attributes_count=record.dropped_attributes_count,
        resource=form.resource(record.resource),
        scope=form.scope(record.scope),
        pattern_id=hex_or_none(record.pattern_id),
        schema_url=record.scope.schema_url,
        resource_schema_url=record.resource.schema_url,
        resource_dropped_attributes_count=record.resource.dropped_attributes_count,
        ai_insight=None,
    )
