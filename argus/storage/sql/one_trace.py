"""Reads one trace: whole with its log records, some of its spans, or its outline."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, desc, select

from argus.model import Span, StatusCode, TraceSummary
from argus.storage import TraceDetail, TraceOutline
from argus.storage.sql.engine import View
from argus.storage.sql.index import INT64_MAX
from argus.storage.sql.logs import count_of_trace, logs_of_trace
from argus.storage.sql.rows import select_spans, spans_of
from argus.storage.sql.words import Among, trace_word

_SPANS_AT_ONCE = 5_000


def get_trace(views: Iterable[View], trace_id: bytes, max_logs: int) -> TraceDetail | None:
    """A trace with all its spans, or None."""
    spans: list[Span] = []
    logs, logs_total = [], 0
    for view in reversed(list(views)):
        for step in _steps(view, trace_id):
            rows = select_spans(view).where(step).order_by(view.spans.c.id)
            spans += spans_of(view, view.rows(rows))
        found, total = logs_of_trace(view, trace_id, max_logs)
        logs += found
        logs_total += total
    if not spans:
        return None
    spans.sort(key=lambda span: span.start_ns)
    logs.sort(key=lambda log: (log.time_ns, log.id))
    facts = _Facts(
        [span.resource.service_name for span in spans],
        [span.name for span in spans],
        [bool(span.parent_span_id) for span in spans],
        [span.start_ns for span in spans],
        [span.end_ns for span in spans],
        [span.status for span in spans],
    )
    return TraceDetail(_summarize(trace_id, facts), spans, logs[:max_logs], logs_total)


def get_spans(views: Iterable[View], trace_id: bytes, span_ids: Sequence[bytes]) -> list[Span]:
    """Of the spans of a trace those with these ids, by start time."""
    found: list[Span] = []
    word = Among((trace_word(trace_id),))
    for view in views:
        c = view.spans.c
        wanted = select_spans(view).where(
            c.id.in_(view.span_ids(word)), c.trace_id == trace_id, c.span_id.in_(span_ids)
        )
        found += spans_of(view, view.rows(wanted))
    return sorted(found, key=lambda span: span.start_ns)


def latest_spans(
    views: Iterable[View], trace_id: bytes, limit: int, before: int | None
) -> tuple[list[Span], int | None]:
    """The last spans of a trace with an id below a number, by id, and the first of those ids; None
    in its place when there are no others. There may be fewer, as tenants share trace ids."""
    word, last = Among((trace_word(trace_id),)), INT64_MAX if before is None else before - 1
    places: list[tuple[int, int]] = []
    segments = list(views)
    for index, view in enumerate(segments):
        if view.matches("span", word, 1, (0, last)) != 0:
            latest = view.span_ids(word, 0, last).order_by(desc("id")).limit(limit + 1)
            places += ((id_, index) for id_ in view.columns(latest)[0])
    places.sort(reverse=True)
    of_segment: dict[int, list[int]] = {}
    for id_, index in places[:limit]:
        of_segment.setdefault(index, []).append(id_)
    found: list[Span] = []
    for index, ids in sorted(of_segment.items(), key=lambda one: one[1][-1]):
        view, c = segments[index], View.spans.c
        among = c.id.in_(view.span_ids(word, ids[-1], ids[0]))
        rows = select_spans(view).where(among, c.trace_id == trace_id).order_by(c.id)
        found += spans_of(view, view.rows(rows))
    return found, places[limit - 1][0] if len(places) > limit else None


_COLUMNS = (
    "resource_id", "span_id", "parent_span_id", "name", "kind", "status", "start_ns", "end_ns",
)  # fmt: skip


def get_outline(views: Iterable[View], trace_id: bytes) -> TraceOutline | None:
    """The outline of a trace, or None. Nothing is done for one span at a time, as a trace may have
    very many: whole columns are read, sorted and numbered."""
    columns: list[list[Any]] = [[] for _ in _COLUMNS]
    logs_total = 0
    for view in reversed(list(views)):
        for column, more in zip(columns, _columns(view, trace_id), strict=True):
            column += more
        logs_total += count_of_trace(view, trace_id)
    services, _, parent_ids, names, _, statuses, starts, ends = columns
    if not starts:
        return None
    facts = _Facts(services, names, parent_ids, starts, ends, statuses)
    keys = [(start << 64) - end for start, end in zip(starts, ends, strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    services, span_ids, parent_ids, names, kinds, statuses, starts, ends = (
        list(map(column.__getitem__, order)) for column in columns
    )
    parents, missing_ids = _parents(span_ids, parent_ids)
    return TraceOutline(
        _summarize(trace_id, facts),
        "".join(span_ids).lower(),
        "".join(missing_ids).lower(),
        parents,
        *_numbered(services),
        *_numbered(names),
        kinds,
        statuses,
        starts,
        ends,
        logs_total,
    )


def _columns(view: View, trace_id: bytes) -> list[list[Any]]:
    """The columns of the spans of a trace in one segment, with services in place of resources."""
    columns: list[list[Any]] = [[] for _ in _COLUMNS]
    wanted = select(*(view.spans.c[name] for name in _COLUMNS)).order_by(view.spans.c.id)
    for step in _steps(view, trace_id):
        for column, more in zip(columns, view.columns(wanted.where(step)), strict=True):
            column += more
    if resource_ids := columns[0]:
        c = view.resources.c
        known = select(c.id, c.service_name).where(c.id.in_(sorted(set(resource_ids))))
        service_of = {id_: name for id_, name in view.rows(known)}
        columns[0] = list(map(service_of.__getitem__, resource_ids))
    return columns


def _parents(span_ids: list[str], parent_ids: list[str]) -> tuple[list[int], list[str]]:
    """The place of the parent of each span, and the ids of those beyond the last place."""
    count = len(span_ids)
    places = dict(zip(reversed(span_ids), reversed(range(count)), strict=True))
    places[""] = -1
    missing = [id_ for id_ in dict.fromkeys(parent_ids) if id_ not in places]
    places.update(zip(missing, range(count, count + len(missing)), strict=True))
    return list(map(places.__getitem__, parent_ids)), missing


def _numbered(names: list[str]) -> tuple[list[int], list[str]]:
    """For each name its place among the different ones, and those."""
    different = list(dict.fromkeys(names))
    places = dict(zip(different, range(len(different)), strict=True))
    return list(map(places.__getitem__, names)), different


def _steps(view: View, trace_id: bytes) -> Iterator[ColumnElement[bool]]:
    """Conditions that together hold for the spans of a trace, in parts of bounded size, by id."""
    c = view.spans.c
    word, first = Among((trace_word(trace_id),)), 0
    if view.matches("span", word, 1) == 0:
        return
    while True:
        matching = view.span_ids(word, first).order_by("id").limit(_SPANS_AT_ONCE)
        (ids,) = view.columns(matching)
        if not ids:
            return
        first = ids[-1] + 1
        yield and_(c.id.in_(view.span_ids(word, ids[0], ids[-1])), c.trace_id == trace_id)


class _Facts(NamedTuple):
    """What a summary is made of, a place for each span in every column; `parents` are true ones
    for spans that have one."""

    services: list[str]
    names: list[str]
    parents: Sequence[Any]
    starts: list[int]
    ends: list[int]
    statuses: list[int]


def _summarize(trace_id: bytes, facts: _Facts) -> TraceSummary:
    """The summary of a whole trace; same meaning as `summaries`."""
    services, names, parents, starts, ends, statuses = facts
    places = range(len(starts))
    roots = [at for at in places if not parents[at]]
    stands_in = min(roots or places, key=starts.__getitem__)
    errors = statuses.count(StatusCode.ERROR)
    return TraceSummary(
        trace_id=trace_id,
        root_service=services[stands_in],
        root_operation=names[stands_in],
        root_missing=not roots,
        services=tuple(sorted(set(services))),
        start_ns=min(starts),
        end_ns=max(ends),
        span_count=len(starts),
        error_count=errors,
        status=StatusCode.ERROR if errors else statuses[stands_in],
    )
