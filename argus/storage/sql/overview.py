"""Reads the numbers of a range: counts, and latencies of entry spans, from the rows themselves."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select

from argus.model import SpanKind, StatusCode
from argus.storage import Dashboard, ServiceErrors, TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.paging import BLOCK_ROWS, clamp, newest_first

TOP_FAILING = 10


def dashboard(views: Iterable[View], range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
    """The numbers of a range over the given services, all when there is none."""
    traces: set[str] = set()
    by_service: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    active: set[str] = set()
    durations: list[int] = []
    total_logs = 0
    for view in views:
        spans = _in_range(view, View.SPANS, range_, services)
        logs = _in_range(view, View.LOGS, range_, services)
        names = dict(view.rows(select(view.resources.c.id, view.resources.c.service_name)))
        for resource_id, count, failed in _by_resource(view, spans):
            by_service[names[resource_id]] += count
            errors[names[resource_id]] += failed
        for resource_id, count in _logs_by_resource(view, logs):
            active.add(names[resource_id])
            total_logs += count
        traces.update(_trace_ids(view, spans))
        durations += _entry_durations(view, spans)
    durations.sort()
    failing = sorted((name for name in by_service if errors[name]), key=lambda n: (-errors[n], n))
    return Dashboard(
        total_traces=len(traces),
        total_spans=by_service.total(),
        total_logs=total_logs,
        total_errors=errors.total(),
        avg_latency_ns=sum(durations) / len(durations) if durations else None,
        p50_latency_ns=_nearest_rank(durations, 0.50),
        p95_latency_ns=_nearest_rank(durations, 0.95),
        p99_latency_ns=_nearest_rank(durations, 0.99),
        active_services=len(active | by_service.keys()),
        top_failing_services=[
            ServiceErrors(name, errors[name], by_service[name]) for name in failing[:TOP_FAILING]
        ],
    )


def _in_range(
    view: View, signal: int, range_: TimeRange, services: tuple[str, ...]
) -> ColumnElement[bool]:
    table = view.spans if signal == View.SPANS else view.logs
    time = table.c.start_ns if signal == View.SPANS else table.c.time_ns
    ranges = [
        bounds
        for group in newest_first([view], signal, range_)
        for part in group.parts
        for bounds in part.ranges
    ]
    first = min((low for low, _ in ranges), default=BLOCK_ROWS)
    last = max((high for _, high in ranges), default=0)
    conditions = [table.c.id >= first, table.c.id <= last]
    if range_.start_ns is not None:
        conditions.append(time >= clamp(range_.start_ns))
    if range_.end_ns is not None:
        conditions.append(time < clamp(range_.end_ns))
    if services:
        named = view.resources.c.service_name.in_(services)
        conditions.append(table.c.resource_id.in_(select(view.resources.c.id).where(named)))
    return and_(*conditions)


def _by_resource(view: View, condition: ColumnElement[bool]) -> list[list[int]]:
    spans = view.spans
    failed = func.sum(spans.c.status == StatusCode.ERROR)
    statement = select(spans.c.resource_id, func.count().label("count"), failed.label("failed"))
    return view.rows(statement.where(condition).group_by(spans.c.resource_id))


def _logs_by_resource(view: View, condition: ColumnElement[bool]) -> list[list[int]]:
    logs = view.logs
    statement = select(logs.c.resource_id, func.count().label("count"))
    return view.rows(statement.where(condition).group_by(logs.c.resource_id))


def _trace_ids(view: View, condition: ColumnElement[bool]) -> list[str]:
    # One array of texts, not one array per row: there may be a million.
    found = select(view.spans.c.trace_id).where(condition).distinct().subquery()
    return _decoded(view.value(select(func.json_group_array(func.hex(found.c.trace_id)))))


def _entry_durations(view: View, condition: ColumnElement[bool]) -> list[int]:
    spans = view.spans
    entry = or_(
        spans.c.kind.in_((SpanKind.SERVER, SpanKind.CONSUMER)),
        func.length(spans.c.parent_span_id) == 0,
    )
    duration = (spans.c.end_ns - spans.c.start_ns).label("duration")
    found = select(duration).where(condition, entry).order_by(duration).subquery()
    return _decoded(view.value(select(func.json_group_array(found.c.duration))))


def _decoded(text: str) -> list[Any]:
    values: list[Any] = msgspec.json.decode(text)
    return values


def _nearest_rank(ascending: list[int], share: float) -> float | None:
    # https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
    if not ascending:
        return None
    return float(ascending[math.ceil(share * len(ascending)) - 1])
