"""One trace: whole, as skeletons of its spans or as columns of those, and some of its spans."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from starlette.responses import Response

from argus.api import params
from argus.api.answer import Form, convert, json_response
from argus.api.endpoint import Call
from argus.api.insights import log_answers
from argus.api.logs import Log
from argus.api.traces import (
    KINDS,
    STATUSES,
    Span,
    SpanSkeleton,
    TraceSummary,
    skeleton_answer,
    span_answer,
    summary_answer,
)
from argus.errors import NotFound
from argus.storage import TraceOutline

_ID_DIGITS = 16
_SPAN_IDS_AT_MOST = 200


class TraceResponse(msgspec.Struct):
    """A whole trace; `logs` are the first 1000 of `logs_total`."""

    trace: TraceSummary
    spans: list[Span]
    logs: list[Log]
    logs_total: int


class TraceSkeleton(msgspec.Struct):
    """A trace with the skeletons of its spans; `logs` is empty and `logs_total` still counts."""

    trace: TraceSummary
    spans: list[SpanSkeleton]
    logs: tuple[()]
    logs_total: int


Ids = Annotated[str, msgspec.Meta(description="16 hex digits for each id, without separators.")]


class SpanColumns(msgspec.Struct):
    """What skeletons say, a place for each span in every list; the earliest first, of those the
    longest."""

    span_ids: Ids
    parents: Annotated[
        list[int],
        msgspec.Meta(
            description="The place of the parent. -1: has none. The number of spans and more: "
            "places in `missing_ids`, counted from there."
        ),
    ]
    missing_ids: Ids
    services: Annotated[list[int], msgspec.Meta(description="Places in `service_names`.")]
    service_names: list[str]
    operations: Annotated[list[int], msgspec.Meta(description="Places in `operation_names`.")]
    operation_names: list[str]
    kinds: Annotated[list[int], msgspec.Meta(description="OTLP's numbers, 0 to 5.")]
    statuses: Annotated[list[int], msgspec.Meta(description="OTLP's numbers, 0 to 2.")]
    starts_ns: Annotated[
        list[int], msgspec.Meta(description="Nanoseconds after the start of the trace.")
    ]
    durations_ns: list[int]


class TraceColumns(msgspec.Struct):
    """A trace with the skeletons of its spans as columns: a seventh of the size."""

    trace: TraceSummary
    columns: SpanColumns
    logs_total: int


class SpansResponse(msgspec.Struct):
    """Some spans of a trace, whole; ids that are not known are left out."""

    spans: list[Span]


def _span_ids(texts: Sequence[str]) -> tuple[bytes, ...]:
    if len(texts) > _SPAN_IDS_AT_MOST:
        raise ValueError(f"at most {_SPAN_IDS_AT_MOST} at once")
    return tuple(params.parse_id(text, 16) for text in texts)


VIEW = params.Param[str](
    "view",
    params.choice({name: name for name in ("full", "skeleton", "columns")}),
    "full",
    "`skeleton` leaves out attributes, events, links, resources and logs; `columns` holds the "
    "same as one list for each field, for traces of very many spans.",
    {"type": "string", "enum": ["full", "skeleton", "columns"], "default": "full"},
)
SPAN_IDS = params.Param[tuple[bytes, ...]](
    "span_id",
    _span_ids,
    (),
    f"The spans, at most {_SPAN_IDS_AT_MOST}; repeat it for several.",
    {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"},
    repeats=True,
    required=True,
)
DETAIL_PARAMS = (VIEW, params.TYPED)
SPANS_PARAMS = (SPAN_IDS, params.TYPED)


async def get_trace(call: Call) -> Response:
    """GET /api/traces/{trace_id}."""
    trace_id = params.path_id(call.path, "trace_id", 32)
    view = call.values[VIEW]
    if view == "full":
        return json_response(await _whole(call, trace_id))
    outline = await call.reader.get_outline(trace_id)
    if outline is None:
        raise _unknown()
    summary = summary_answer(outline.summary)
    if view == "columns":
        columns = await asyncio.to_thread(_columns, outline)
        return json_response(TraceColumns(summary, columns, outline.logs_total))
    spans = await _skeletons(outline)
    return json_response(TraceSkeleton(summary, spans, (), outline.logs_total))


async def get_spans(call: Call) -> Response:
    """GET /api/traces/{trace_id}/spans."""
    trace_id = params.path_id(call.path, "trace_id", 32)
    span_ids = call.values[SPAN_IDS]
    form = Form(call.values[params.TYPED])
    spans = await call.reader.get_spans(trace_id, span_ids)
    return json_response(SpansResponse(await convert(spans, lambda span: span_answer(span, form))))


def _unknown() -> NotFound:
    return NotFound("no span of this trace is known", field="trace_id")


async def _whole(call: Call, trace_id: bytes) -> TraceResponse:
    detail = await call.reader.get_trace(trace_id)
    if detail is None:
        raise _unknown()
    form = Form(call.values[params.TYPED])
    spans = await convert(detail.spans, lambda span: span_answer(span, form))
    logs = await log_answers(call, detail.logs, form)
    return TraceResponse(summary_answer(detail.summary), spans, logs, detail.logs_total)


async def _skeletons(outline: TraceOutline) -> list[SpanSkeleton]:
    trace_id = outline.summary.trace_id.hex()
    ids = outline.span_ids + outline.missing_ids

    def id_at(place: int) -> str:
        return ids[place * _ID_DIGITS : (place + 1) * _ID_DIGITS]

    def skeleton(at: int) -> SpanSkeleton:
        parent = outline.parents[at]
        return skeleton_answer(
            (trace_id, id_at(at), id_at(parent) if parent >= 0 else None),
            (
                outline.service_names[outline.services[at]],
                outline.operation_names[outline.operations[at]],
            ),
            outline.kinds[at],
            (outline.starts_ns[at], outline.ends_ns[at]),
            outline.statuses[at],
        )

    return await convert(range(len(outline.parents)), skeleton)


def _columns(outline: TraceOutline) -> SpanColumns:
    first_ns = outline.summary.start_ns
    return SpanColumns(
        span_ids=outline.span_ids,
        parents=outline.parents,
        missing_ids=outline.missing_ids,
        services=outline.services,
        service_names=outline.service_names,
        operations=outline.operations,
        operation_names=outline.operation_names,
        kinds=[kind if kind in KINDS else 0 for kind in outline.kinds],
        statuses=[status if status in STATUSES else 0 for status in outline.statuses],
        starts_ns=[start_ns - first_ns for start_ns in outline.starts_ns],
        durations_ns=list(map(int.__sub__, outline.ends_ns, outline.starts_ns)),
    )
