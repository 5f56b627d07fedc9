"""Builds records for tests: valid ones, in which a test names only what it is about."""

import hashlib
import itertools
import os
from collections.abc import Sequence
from typing import Any

from argus.attributes import (
    index_words,
    text_of_attributes,
    text_of_bytes,
    text_of_double,
    text_of_map,
    text_of_string,
)
from argus.model import DEFAULT_TENANT, Batch, LogRecord, Resource, Scope, Span, severity_number

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
NOON = 1_767_268_800 * SECOND
"""2026-01-01T12:00:00Z, the time records have unless a test says otherwise."""

_spans = itertools.count(1)


def a_trace_id() -> bytes:
    """A new trace id."""
    return os.urandom(16)


def text_of(value: Any) -> str:
    """A Python value -> its attribute text (`argus.attributes`)."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return text_of_double(value)
        case str():
            return text_of_string(value)
        case bytes():
            return text_of_bytes(value)
        case list():
            return f"[{','.join(map(text_of, value))}]"
        case dict():
            return text_of_map([(key, text_of(inner)) for key, inner in value.items()])
    raise TypeError(type(value).__name__)


def _fragments(attributes: dict[str, Any]) -> list[str]:
    return [f"{text_of_string(key)}:{text_of(value)}" for key, value in attributes.items()]


def a_resource(service: str = "shop", **attributes: Any) -> Resource:
    """A resource of a service, with its name among its attributes."""
    text = text_of_attributes(_fragments({"service.name": service, **attributes}))
    return Resource(hashlib.blake2b(text.encode(), digest_size=16).digest(), service, text)


def a_scope(name: str = "tests", version: str = "1.0") -> Scope:
    """An instrumentation scope without attributes."""
    key = hashlib.blake2b(f"{name}\n{version}".encode(), digest_size=16).digest()
    return Scope(key, name, version, "{}")


def a_span(
    service: str = "shop", *, attributes: dict[str, Any] | None = None, **fields: Any
) -> Span:
    """A SERVER span of one millisecond at noon; any field of `Span` may be given."""
    fragments = _fragments(attributes or {})
    start_ns = fields.get("start_ns", NOON)
    return Span(
        **{
            "resource": a_resource(service),
            "scope": a_scope(),
            "trace_id": a_trace_id(),
            "span_id": next(_spans).to_bytes(8, "big"),
            "parent_span_id": b"",
            "name": "GET /",
            "kind": 2,
            "start_ns": start_ns,
            "end_ns": start_ns + MILLISECOND,
            "status": 0,
            "status_message": "",
            "trace_state": "",
            "flags": 0,
            "attributes": text_of_attributes(fragments),
            "dropped_attributes_count": 0,
            "events": "",
            "dropped_events_count": 0,
            "links": "",
            "dropped_links_count": 0,
            "words": " ".join(map(index_words, fragments)),
            **fields,
        }
    )


def a_log_record(
    body: Any = "it happened",
    *,
    service: str = "shop",
    severity: str = "INFO",
    attributes: dict[str, Any] | None = None,
    **fields: Any,
) -> LogRecord:
    """A log record at noon, outside any trace; any field of `LogRecord` may be given."""
    fragments = _fragments(attributes or {})
    number = severity_number(0, severity)
    time_ns = fields.get("time_ns", NOON)
    return LogRecord(
        **{
            "resource": a_resource(service),
            "scope": a_scope(),
            "time_ns": time_ns,
            "observed_ns": time_ns,
            "severity": number,
            "severity_number": number,
            "severity_text": severity,
            "body": text_of(body),
            "event_name": "",
            "trace_id": b"",
            "span_id": b"",
            "flags": 0,
            "attributes": text_of_attributes(fragments),
            "dropped_attributes_count": 0,
            "words": " ".join(map(index_words, fragments)),
            **fields,
        }
    )


def a_batch(*records: Span | LogRecord, tenant: str = DEFAULT_TENANT) -> Batch:
    """A batch of the given records, spans or log records but not both; of a span without any."""
    spans: Sequence[Span] = [r for r in records if isinstance(r, Span)]
    logs: Sequence[LogRecord] = [r for r in records if isinstance(r, LogRecord)]
    if not records:
        spans = [a_span()]
    return Batch(tenant, "logs" if logs else "traces", NOON, spans, logs)
