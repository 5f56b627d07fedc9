"""Pure decoding of OTLP protobuf requests into batches; nothing here waits or stores."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from argus.attributes import text_of_string
from argus.errors import InvalidInput
from argus.model import Batch, LogRecord, Resource, Scope, Signal, Source, Span, severity_number
from argus.receivers import lean
from argus.receivers.records import (
    MAX_TIME_NS,
    NO_SPAN,
    log_ids,
    make_resource,
    make_scope,
    span_fault,
)
from argus.receivers.values import (
    MAX_BODY_BYTES,
    OverLimit,
    attributes,
    clean,
    service_name,
    text_of,
    value_text,
)

R = TypeVar("R")

_MEMO_BYTES = 4096
_MEMO_STATUSES, _MEMO_STATUS_BYTES = 4096, 256
_new = tuple.__new__  # a NamedTuple's own __new__ only unpacks arguments on the way to it


def decode(signal: Signal, body: bytes, tenant: str, received_ns: int) -> Batch:
    """The batch of one export request.

    Records that break a rule are counted in `rejected`, by reason, and left out. Raises
    InvalidInput when the bytes are not a request of this signal at all.
    """
    batch = Batch(tenant, signal, received_ns, encoding="protobuf", body=body)
    try:
        _DECODERS[signal](body, batch)
    except DecodeError as error:
        raise InvalidInput(f"body: not an OTLP {signal} request: {error}", field="body") from None
    return batch


def _bounded(function: Callable[..., R]) -> Callable[..., R]:
    """Remember the results for small arguments: a large one would pin its bytes in the memo."""
    remembered = lru_cache(maxsize=4096)(function)

    def lookup(*raws: bytes) -> R:
        return (remembered if sum(map(len, raws)) <= _MEMO_BYTES else function)(*raws)

    return lookup


@_bounded
def _resource(raw: bytes, schema_url: bytes) -> Resource:
    message = lean.Resource.FromString(raw)
    text, _, dropped = attributes(message.attributes)
    return make_resource(
        service_name(message.attributes),
        text,
        message.dropped_attributes_count + dropped,
        clean(schema_url),
    )


@_bounded
def _scope(raw: bytes, schema_url: bytes) -> Scope:
    message = lean.Scope.FromString(raw)
    text, _, dropped = attributes(message.attributes)
    return make_scope(
        clean(message.name),
        clean(message.version),
        text,
        message.dropped_attributes_count + dropped,
        clean(schema_url),
    )


class _StatusMemo(dict[bytes, tuple[int, str]]):
    def __missing__(self, raw: bytes) -> tuple[int, str]:
        message = lean.Status.FromString(raw)
        status = message.code, text_of[message.message]
        if len(raw) <= _MEMO_STATUS_BYTES:
            if len(self) >= _MEMO_STATUSES:
                self.clear()
            self[raw] = status
        return status


_status: dict[bytes, tuple[int, str]] = _StatusMemo()


def _decode_traces(body: bytes, batch: Batch) -> None:
    spans: list[Span] = []
    sources: list[Source] = []
    refused: Any = None
    for resource_spans in lean.Traces.FromString(body).resource_spans:
        if not resource_spans.scope_spans:
            continue
        resource = _resource(resource_spans.resource, resource_spans.schema_url)
        before, rejected = len(spans), Counter[str]()
        for scope_spans in resource_spans.scope_spans:
            if not scope_spans.spans:
                continue
            scope = _scope(scope_spans.scope, scope_spans.schema_url)
            for message in scope_spans.spans:
                span = _span(resource, scope, message)
                if isinstance(span, str):
                    rejected[span] += 1
                    refused = message
                else:
                    spans.append(span)
        newest = spans[-1].end_ns if len(spans) > before else 0
        sources.append(Source(resource, len(spans) - before, rejected, newest))
    if refused is not None and not spans:
        _refuse_other_message(refused, "traces")
    batch.spans = spans
    note_sources(batch, sources)


def note_sources(batch: Batch, sources: list[Source]) -> None:
    """Say of a batch who its records come from, and what was rejected of them all."""
    batch.sources = sources
    for source in sources:
        for reason, count in source.rejected.items():
            batch.rejected[reason] = batch.rejected.get(reason, 0) + count


def _span(resource: Resource, scope: Scope, message: Any) -> Span | str:
    """The span, or the reason why it is rejected."""
    trace_id = message.trace_id
    span_id = message.span_id
    parent = message.parent_span_id
    start = message.start
    end = message.end
    if fault := span_fault(trace_id, span_id, parent, start, end):
        return fault
    text, words, over_limit = attributes(message.attributes)
    status, status_message = _status[message.status] if message.status else (0, "")
    return _new(Span, (
        resource,
        scope,
        trace_id,
        span_id,
        b"" if parent == NO_SPAN else parent,
        text_of[message.name],
        message.kind,
        start,
        end,
        status,
        status_message,
        text_of[message.trace_state],
        message.flags,
        text,
        message.dropped_attributes_count + over_limit,
        _list_text(message.events, _event_text),
        message.dropped_events_count,
        _list_text(message.links, _link_text),
        message.dropped_links_count,
        words,
    ))  # fmt: skip


def _list_text(raws: Any, text: Callable[[bytes], str]) -> str:
    return "[" + ",".join([text(raw) for raw in raws]) + "]" if raws else ""


def _event_text(raw: bytes) -> str:
    event = lean.Event.FromString(raw)
    text, _, over_limit = attributes(event.attributes)
    return event_text(
        text_of[event.name], event.time, text, event.dropped_attributes_count + over_limit
    )


def _link_text(raw: bytes) -> str:
    link = lean.Link.FromString(raw)
    text, _, over_limit = attributes(link.attributes)
    return link_text(
        link.trace_id,
        link.span_id,
        text_of[link.trace_state],
        link.flags,
        text,
        link.dropped_attributes_count + over_limit,
    )


def event_text(name: str, time_ns: int, attributes_text: str, dropped: int) -> str:
    """One event in the form that `argus.attributes` defines."""
    return (
        f'{{"name":{text_of_string(name)},"time_ns":{time_ns},'
        f'"attributes":{attributes_text},"dropped_attributes_count":{dropped}}}'
    )


def link_text(
    trace_id: bytes, span_id: bytes, state: str, flags: int, attributes_text: str, dropped: int
) -> str:
    """One link in the form that `argus.attributes` defines."""
    return (
        f'{{"trace_id":"{trace_id.hex()}","span_id":"{span_id.hex()}",'
        f'"trace_state":{text_of_string(state)},"flags":{flags},'
        f'"attributes":{attributes_text},"dropped_attributes_count":{dropped}}}'
    )


def _decode_logs(body: bytes, batch: Batch) -> None:
    logs: list[LogRecord] = []
    sources: list[Source] = []
    for resource_logs in lean.Logs.FromString(body).resource_logs:
        if not resource_logs.scope_logs:
            continue
        resource = _resource(resource_logs.resource, resource_logs.schema_url)
        before, rejected = len(logs), Counter[str]()
        for scope_logs in resource_logs.scope_logs:
            if not scope_logs.log_records:
                continue
            scope = _scope(scope_logs.scope, scope_logs.schema_url)
            for message in scope_logs.log_records:
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
    resource: Resource, scope: Scope, message: Any, received_ns: int
) -> LogRecord | str:
    observed = message.observed_time
    time = message.time or observed or received_ns
    if time > MAX_TIME_NS or observed > MAX_TIME_NS:
        return "time_out_of_range"
    if len(message.body) > MAX_BODY_BYTES:
        return "body_too_large"
    try:
        body = value_text(message.body)
    except OverLimit:
        return "body_too_deep"
    text, words, over_limit = attributes(message.attributes)
    trace_id, span_id = log_ids(message.trace_id, message.span_id)
    severity_text = text_of[message.severity_text]
    return _new(LogRecord, (
        resource,
        scope,
        time,
        observed,
        severity_number(message.severity_number, severity_text),
        message.severity_number,
        severity_text,
        body,
        text_of[message.event_name],
        trace_id,
        span_id,
        message.flags,
        text,
        message.dropped_attributes_count + over_limit,
        words,
        0,
        b"",
    ))  # fmt: skip


_POINT_KINDS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")


def _decode_metrics(body: bytes, batch: Batch) -> None:
    sources: list[Source] = []
    for resource_metrics in lean.Metrics.FromString(body).resource_metrics:
        points = 0
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                points += sum(len(getattr(metric, kind).data_points) for kind in _POINT_KINDS)
        if points:
            resource = _resource(resource_metrics.resource, b"")
            sources.append(Source(resource, 0, {"metrics_not_stored": points}, 0))
    note_sources(batch, sources)


def _refuse_other_message(message: Any, signal: Signal) -> None:
    """Raise InvalidInput when a record's id field carries another wire type: then the request is
    of another signal (its records start with a time), and no record of it is meant for us."""
    fields = UnknownFieldSet(message)
    if any(fields[index].field_number == 1 for index in range(len(fields))):
        raise DecodeError(f"these are not {signal}")


_DECODERS: dict[Signal, Callable[[bytes, Batch], None]] = {
    "traces": _decode_traces,
    "logs": _decode_logs,
    "metrics": _decode_metrics,
}
