"""Traces and spans as answers show them, and the list of traces."""

from enum import StrEnum
from typing import Any

import msgspec
from starlette.responses import Response

from argus import model
from argus.api import params
from argus.api.answer import (
    Attributes,
    Form,
    Scope,
    SpanId,
    Time,
    TraceId,
    convert,
    hex_or_none,
    json_response,
)
from argus.api.endpoint import Call
from argus.api.exports import asked_for, export, spans_of
from argus.api.times import format_time
from argus.attributes import decode_list
from argus.errors import InvalidInput
from argus.storage import TraceQuery


class Status(StrEnum):
    """The status of a span, or of a trace."""

    OK = "OK"
    ERROR = "ERROR"
    UNSET = "UNSET"


class SpanKind(StrEnum):
    """The kind of a span."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    INTERNAL = "INTERNAL"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"
    UNSPECIFIED = "UNSPECIFIED"


STATUSES = {int(code): Status(code.name) for code in model.StatusCode}
KINDS = {int(kind): SpanKind(kind.name) for kind in model.SpanKind}
"""The names of the kinds OTLP has numbers for."""


class TraceSummary(msgspec.Struct, gc=False):
    """A trace as lists show it."""

    trace_id: TraceId
    root_service: str
    root_operation: str
    root_missing: bool
    services: tuple[str, ...]
    start_time: Time
    duration_us: float
    span_count: int
    error_count: int
    status: Status


class TracesResponse(msgspec.Struct):
    """One page of traces."""

    traces: list[TraceSummary]
    total: int
    total_is_estimate: bool
    limit: int
    offset: int
    next_cursor: str | None


class SpanEvent(msgspec.Struct, gc=False):
    """Something that happened during a span."""

    name: str
    time: Time
    attributes: Attributes
    dropped_attributes_count: int


class SpanLink(msgspec.Struct, gc=False):
    """A pointer from a span to another."""

    trace_id: str
    span_id: str
    trace_state: str
    flags: int
    attributes: Attributes
    dropped_attributes_count: int


class SpanSkeleton(msgspec.Struct, gc=False):
    """What a waterfall needs of a span."""

    trace_id: TraceId
    span_id: SpanId
    parent_span_id: SpanId | None
    service_name: str
    operation_name: str
    kind: SpanKind
    start_time: Time
    end_time: Time
    duration_us: float
    status: Status


class Span(SpanSkeleton, gc=False):
    """A whole span."""

    status_message: str
    trace_state: str
    flags: int
    attributes: Attributes
    dropped_attributes_count: int
    events: list[SpanEvent]
    dropped_events_count: int
    links: list[SpanLink]
    dropped_links_count: int
    resource: Attributes
    scope: Scope
    schema_url: str
    resource_schema_url: str
    resource_dropped_attributes_count: int


def summary_answer(trace: model.TraceSummary) -> TraceSummary:
    """A trace summary as answers show it."""
    return TraceSummary(
        trace_id=trace.trace_id.hex(),
        root_service=trace.root_service,
        root_operation=trace.root_operation,
        root_missing=trace.root_missing,
        services=trace.services,
        start_time=format_time(trace.start_ns),
        duration_us=(trace.end_ns - trace.start_ns) / 1000,
        span_count=trace.span_count,
        error_count=trace.error_count,
        status=STATUSES.get(trace.status, Status.UNSET),
    )


def skeleton_answer(
    ids: tuple[str, str, str | None],
    names: tuple[str, str],
    kind: int,
    times_ns: tuple[int, int],
    status: int,
) -> SpanSkeleton:
    """A span as `view=skeleton` shows it: ids of trace, span and parent, names of service and
    operation, times of start and end."""
    start_ns, end_ns = times_ns
    return SpanSkeleton(
        *ids,
        *names,
        KINDS.get(kind, SpanKind.UNSPECIFIED),
        format_time(start_ns),
        format_time(end_ns),
        (end_ns - start_ns) / 1000,
        STATUSES.get(status, Status.UNSET),
    )


def span_answer(span: model.Span, form: Form) -> Span:
    """A span as answers show it."""
    bones = skeleton_answer(
        (span.trace_id.hex(), span.span_id.hex(), hex_or_none(span.parent_span_id)),
        (span.resource.service_name, span.name),
        span.kind,
        (span.start_ns, span.end_ns),
        span.status,
    )
    return Span(
        **{name: getattr(bones, name) for name in SpanSkeleton.__struct_fields__},
        status_message=span.status_message,
        trace_state=span.trace_state,
        flags=span.flags,
        attributes=form.attributes(span.attributes),
        dropped_attributes_count=span.dropped_attributes_count,
        events=[_event(event, form) for event in decode_list(span.events)],
        dropped_events_count=span.dropped_events_count,
        links=[_link(link, form) for link in decode_list(span.links)],
        dropped_links_count=span.dropped_links_count,
        resource=form.resource(span.resource),
        scope=form.scope(span.scope),
        schema_url=span.scope.schema_url,
        resource_schema_url=span.resource.schema_url,
        resource_dropped_attributes_count=span.resource.dropped_attributes_count,
    )


def _event(event: dict[str, Any], form: Form) -> SpanEvent:
    return SpanEvent(
        name=event.get("name", ""),
        time=format_time(event.get("time_ns", 0)),
        attributes=form.decoded_attributes(event.get("attributes")),
        dropped_attributes_count=event.get("dropped_attributes_count", 0),
    )


def _link(link: dict[str, Any], form: Form) -> SpanLink:
    return SpanLink(
        trace_id=link.get("trace_id", ""),
        span_id=link.get("span_id", ""),
        trace_state=link.get("trace_state", ""),
        flags=link.get("flags", 0),
        attributes=form.decoded_attributes(link.get("attributes")),
        dropped_attributes_count=link.get("dropped_attributes_count", 0),
    )


LIST_PARAMS = (
    params.START,
    params.END,
    params.SERVICES,
    params.STATUS,
    params.SEARCH,
    params.LIMIT,
    params.OFFSET,
    params.CURSOR,
    params.SORT_BY,
    params.ORDER_BY,
    params.MIN_DURATION,
    params.MAX_DURATION,
    params.FILTER,
)


async def list_traces(call: Call) -> Response:
    """GET /api/traces."""
    values = call.values
    limit, offset, cursor = params.paging(values)
    shortest, longest = values[params.MIN_DURATION], values[params.MAX_DURATION]
    if shortest is not None and longest is not None and longest < shortest:
        raise InvalidInput("max_duration is below min_duration", field="max_duration")
    query = TraceQuery(
        range=params.open_range(values),
        services=values[params.SERVICES],
        status=values[params.STATUS],
        search=values[params.SEARCH],
        min_duration_ns=shortest,
        max_duration_ns=longest,
        sort_by=values[params.SORT_BY],
        descending=values[params.ORDER_BY],
        filter=params.parsed_filter(values, "traces"),
        limit=limit,
        offset=offset,
        cursor=cursor,
    )
    if media_type := asked_for(call.accept):
        reader = call.reader
        return await export(
            media_type, query, reader.find_traces, TraceSummary, summary_answer, spans_of(reader)
        )
    page = await call.reader.find_traces(query)
    traces = await convert(page.items, summary_answer)
    answer = TracesResponse(
        traces, page.total, page.total_is_estimate, limit, offset, page.next_cursor
    )
    return json_response(answer)
