"""Pure decoding of OTLP/JSON requests into the same batches as their protobuf form.

Rules: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding — lowerCamelCase keys
only, ids in hex, enums as integers, 64-bit integers as strings or numbers, unknown keys ignored.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from argus.attributes import (
    index_words,
    text_of_attributes,
    text_of_bytes,
    text_of_double,
    text_of_map,
    text_of_string,
)
from argus.errors import InvalidInput
from argus.model import Batch, LogRecord, Resource, Scope, Signal, Source, Span, severity_number
from argus.receivers import json_messages as messages
from argus.receivers.otlp import event_text, link_text, note_sources
from argus.receivers.records import (
    MAX_TIME_NS,
    NO_SPAN,
    log_ids,
    make_resource,
    make_scope,
    span_fault,
)
from argus.receivers.values import (
    MAX_ATTRIBUTE_BYTES,
    MAX_ATTRIBUTES,
    MAX_BODY_BYTES,
    MAX_DEPTH,
    OverLimit,
    clean_text,
    short_text,
)

_MAX_UINT64 = 2**64 - 1


def decode_json(signal: Signal, body: bytes, tenant: str, received_ns: int) -> Batch:
    """The batch of one export request in OTLP/JSON; contract as `argus.receivers.otlp.decode`."""
    batch = Batch(tenant, signal, received_ns, encoding="json", body=body)
    try:
        if signal == "traces":
            _traces(_parse(body, messages.Traces), batch)
        elif signal == "logs":
            _logs(_parse(body, messages.Logs), batch)
        else:
            _metrics(_parse(body, messages.Metrics), batch)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"body: not an OTLP {signal} request: {error}", field="body") from None
    return batch


def _parse(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        # one invalid string must not cost the request; the protobuf path replaces it likewise
        return _parse(body.decode("utf-8", "replace").encode(), kind)
    except msgspec.DecodeError as error:
        if "surrogate" not in str(error):
            raise
        # the standard library reads a lone surrogate escape, which `clean_text` then replaces
        try:
            return msgspec.convert(json.loads(body), kind)
        except ValueError as fault:
            raise msgspec.DecodeError(str(fault)) from None


def _integer(value: int | float | str | None, field: str) -> int:
    if type(value) is int:
        return value
    if not value:
        return 0
    try:
        number = int(value)
        exact = isinstance(value, str) or number == value
    except (ValueError, OverflowError):
        exact = False
    if not exact:
        raise InvalidInput(f"{field}: expected an integer, got {str(value)[:40]!r}", field=field)
    return number


def _id(text: str | None) -> bytes:
    try:
        return bytes.fromhex(text) if text else b""
    except ValueError:
        return b"?"  # no valid id has this length: the record's own rule decides


def _value(value: messages.AnyValue | None, depth: int = 0) -> str:
    """The text of an AnyValue. Raises OverLimit."""
    if value is None:
        return "null"
    if value.string_value is not None:
        return text_of_string(clean_text(value.string_value))
    if value.int_value is not None:
        return _int64(value.int_value)
    if value.bool_value is not None:
        return "true" if value.bool_value else "false"
    if value.double_value is not None:
        return _double(value.double_value)
    if value.bytes_value is not None:
        return _bytes(value.bytes_value)
    if depth >= MAX_DEPTH:
        raise OverLimit
    if value.array_value is not None:
        inner = [_value(item, depth + 1) for item in value.array_value.values or ()]
        return "[" + ",".join(inner) + "]"
    if value.kvlist_value is not None:
        pairs = value.kvlist_value.values or ()
        return text_of_map([(clean_text(p.key or ""), _value(p.value, depth + 1)) for p in pairs])
    return "null"


def _int64(value: int | float | str) -> str:
    number = _integer(value, "intValue")
    if not -(2**63) <= number < 2**63:
        raise InvalidInput("intValue: expected a 64-bit integer", field="intValue")
    return str(number)


def _double(value: float | str) -> str:
    try:
        return text_of_double(float(value))
    except (ValueError, OverflowError):
        raise InvalidInput("doubleValue: expected a number", field="doubleValue") from None


def _bytes(value: str) -> str:
    try:
        return text_of_bytes(base64.b64decode(value.encode(), altchars=None, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidInput("bytesValue: expected base64", field="bytesValue") from None


def _attributes(pairs: Sequence[messages.KeyValue] | None) -> tuple[str, str, int]:
    """(attributes text, index words, attributes over a limit)"""
    fragments = []
    pairs = pairs or ()
    dropped = max(0, len(pairs) - MAX_ATTRIBUTES)
    for pair in pairs[:MAX_ATTRIBUTES]:
        try:
            value = _value(pair.value)
        except OverLimit:
            value = ""
        if not value or len(value) + len(pair.key or "") > MAX_ATTRIBUTE_BYTES:
            dropped += 1
            continue
        fragments.append(f"{text_of_string(clean_text(pair.key or ''))}:{value}")
    return text_of_attributes(fragments), " ".join(map(index_words, fragments)), dropped


def _resource(resource: messages.Resource | None, schema_url: str | None) -> Resource:
    resource = resource or messages.Resource()
    text, _, dropped = _attributes(resource.attributes)
    service = ""
    for pair in resource.attributes or ():
        if pair.key == "service.name":
            value = pair.value
            plain = value.string_value if value else None
            service = clean_text(plain) if plain is not None else _value(value)
            break
    count = _integer(resource.dropped_attributes_count, "droppedAttributesCount") + dropped
    return make_resource(service, text, count, clean_text(schema_url or ""))


def _scope(scope: messages.Scope | None, schema_url: str | None) -> Scope:
    scope = scope or messages.Scope()
    text, _, dropped = _attributes(scope.attributes)
    return make_scope(
        clean_text(scope.name or ""),
        clean_text(scope.version or ""),
        text,
        _integer(scope.dropped_attributes_count, "droppedAttributesCount") + dropped,
        clean_text(schema_url or ""),
    )


def _traces(request: messages.Traces, batch: Batch) -> None:
    spans: list[Span] = []
    sources: list[Source] = []
    for resource_spans in request.resource_spans or ():
        if not resource_spans.scope_spans:
            continue
        resource = _resource(resource_spans.resource, resource_spans.schema_url)
        before, rejected = len(spans), Counter[str]()
        for scope_spans in resource_spans.scope_spans or ():
            if not scope_spans.spans:
                continue
            scope = _scope(scope_spans.scope, scope_spans.schema_url)
            for message in scope_spans.spans or ():
                span = _span(resource, scope, message)
                if isinstance(span, str):
                    rejected[span] += 1
                else:
                    spans.append(span)
        newest = spans[-1].end_ns if len(spans) > before else 0
        sources.append(Source(resource, len(spans) - before, rejected, newest))
    batch.spans = spans
    note_sources(batch, sources)


def _span(resource: Resource, scope: Scope, message: messages.Span) -> Span | str:
    trace_id, span_id = _id(message.trace_id), _id(message.span_id)
    parent = _id(message.parent_span_id)
    start = _time(message.start_time_unix_nano, "startTimeUnixNano")
    end = _time(message.end_time_unix_nano, "endTimeUnixNano")
    if fault := span_fault(trace_id, span_id, parent, start, end):
        return fault
    text, words, over_limit = _attributes(message.attributes)
    status = message.status or messages.Status()
    events = [_event(event) for event in message.events or ()]
    links = [_link(link) for link in message.links or ()]
    return Span(
        resource,
        scope,
        trace_id,
        span_id,
        b"" if parent == NO_SPAN else parent,
        short_text(message.name or ""),
        message.kind or 0,
        start,
        end,
        status.code or 0,
        short_text(status.message or ""),
        short_text(message.trace_state or ""),
        message.flags or 0,
        text,
        (message.dropped_attributes_count or 0) + over_limit,
        f"[{','.join(events)}]" if events else "",
        message.dropped_events_count or 0,
        f"[{','.join(links)}]" if links else "",
        message.dropped_links_count or 0,
        words,
    )


def _time(value: int | float | str | None, field: str) -> int:
    number = _integer(value, field)
    # outside uint64 the record's own rule rejects it
    return number if 0 <= number <= _MAX_UINT64 else _MAX_UINT64


def _event(event: messages.Event) -> str:
    text, _, over_limit = _attributes(event.attributes)
    time = _time(event.time_unix_nano, "timeUnixNano")
    count = (event.dropped_attributes_count or 0) + over_limit
    return event_text(short_text(event.name or ""), time, text, count)


def _link(link: messages.Link) -> str:
    text, _, over_limit = _attributes(link.attributes)
    return link_text(
        _id(link.trace_id),
        _id(link.span_id),
        short_text(link.trace_state or ""),
        link.flags or 0,
        text,
        (link.dropped_attributes_count or 0) + over_limit,
    )


def _logs(request: messages.Logs, batch: Batch) -> None:
    logs: list[LogRecord] = []
    sources: list[Source] = []
    for resource_logs in request.resource_logs or ():
        if not resource_logs.scope_logs:
            continue
        resource = _resource(resource_logs.resource, resource_logs.schema_url)
        before, rejected = len(logs), Counter[str]()
        for scope_logs in resource_logs.scope_logs or ():
            if not scope_logs.log_records:
                continue
            scope = _scope(scope_logs.scope, scope_logs.schema_url)
            for message in scope_logs.log_records or ():
                record = _log_record(resource, scope, message, batch.received_ns)
                if isinstance(record, str):
                    rejected[record] += 1
                else:
                    logs.append(record)
        newest = logs[-1].time_ns if len(logs) > before else 0
        sources.append(Source(resource, len(logs) - before, rejected, newest))
    batch.logs = logs
    note_sources(batch, sources)


def _log_record(
    resource: Resource, scope: Scope, message: messages.LogRecord, received_ns: int
) -> LogRecord | str:
    observed = _time(message.observed_time_unix_nano, "observedTimeUnixNano")
    time = _time(message.time_unix_nano, "timeUnixNano") or observed or received_ns
    if time > MAX_TIME_NS or observed > MAX_TIME_NS:
        return "time_out_of_range"
    try:
        body = _value(message.body)
    except OverLimit:
        return "body_too_deep"
    if len(body) > MAX_BODY_BYTES:
        return "body_too_large"
    text, words, over_limit = _attributes(message.attributes)
    trace_id, span_id = log_ids(_id(message.trace_id), _id(message.span_id))
    severity_text = short_text(message.severity_text or "")
    number = message.severity_number or 0
    return LogRecord(
        resource,
        scope,
        time,
        observed,
        severity_number(number, severity_text),
        number,
        severity_text,
        body,
        short_text(message.event_name or ""),
        trace_id,
        span_id,
        message.flags or 0,
        text,
        (message.dropped_attributes_count or 0) + over_limit,
        words,
    )


def _metrics(request: messages.Metrics, batch: Batch) -> None:
    sources: list[Source] = []
    for resource_metrics in request.resource_metrics or ():
        points = 0
        for scope_metrics in resource_metrics.scope_metrics or ():
            for metric in scope_metrics.metrics or ():
                points += messages.data_point_count(metric)
        if points:
            resource = _resource(resource_metrics.resource, None)
            sources.append(Source(resource, 0, {"metrics_not_stored": points}, 0))
    note_sources(batch, sources)
