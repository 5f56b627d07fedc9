"""Counts what spans or log records hold, newest first until the time is over."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, literal, null, select

from argus.errors import InvalidInput
from argus.model import SpanKind, StatusCode, severity_name
from argus.query import Node
from argus.query.tree import Attribute, Column, Everything, Target
from argus.storage import Contrast, RecordQuery, Tally
from argus.storage.sql.engine import View
from argus.storage.sql.filters import Filter
from argus.storage.sql.functions import scalar, scalar_text
from argus.storage.sql.paging import BLOCK_ROWS, Counting, clamp, newest_first
from argus.storage.sql.spelling import whole_parts

MAX_DISTINCT = 300_000
"""Different values that are kept apart; counting stops there as if the time were over."""

_STRINGS = ("name", "status_message", "trace_state", "severity_text", "event_name")
_IDS = {
    "trace_id": "trace_id",
    "span_id": "span_id",
    "parent_span_id": "parent_span_id",
    "pattern": "pattern_id",
}
"""Field -> its column, of bytes."""
_FIELDS: dict[str, tuple[str, ...]] = {
    "traces": ("name", "kind", "status", "status_message"),
    "logs": ("severity", "event_name"),
}
_NAMED: dict[str, Callable[[int], str]] = {
    "kind": lambda number: _enum(SpanKind, number),
    "status": lambda number: _enum(StatusCode, number),
    "severity": lambda number: severity_name(number) if number else "",
}


def _enum(names: type[SpanKind] | type[StatusCode], number: int) -> str:
    return names(number).name.lower() if number in list(names) and number else ""


class _Walk:
    """The matching rows of a query in small chunks, and how far it came."""

    def __init__(self, views: Iterable[View], query: RecordQuery) -> None:
        self.views = list(views)
        self.query = query
        self.signal = View.SPANS if query.signal == "traces" else View.LOGS
        self.complete = True
        self._until = time.monotonic() + query.budget_s
        self._filters: dict[View, Filter] = {}

    def chunks(self, distinct: Callable[[], int]) -> Iterator[tuple[View, int, int]]:
        """Each chunk as the first and last id of its rows; ends early when the time is over."""
        for group in newest_first(self.views, self.signal, self.query.range):
            for part in group.parts:
                for first, last in reversed(part.ranges):
                    for low in range(last + 1 - BLOCK_ROWS, first - 1, -BLOCK_ROWS):
                        yield part.view, low, low + BLOCK_ROWS - 1
                        if time.monotonic() >= self._until or distinct() > MAX_DISTINCT:
                            self.complete = False
                            return

    def condition(self, view: View, first: int, last: int) -> ColumnElement[bool]:
        """What holds for the matching rows in a range of ids."""
        if view not in self._filters:
            tree = self.query.filter or Everything()
            self._filters[view] = Filter(tree, self.query.signal, view)
        found, range_ = [self._filters[view].matching(first, last)], self.query.range
        moment = view.spans.c.start_ns if self.signal == View.SPANS else view.logs.c.time_ns
        if self.query.services:
            rows, resources = view.spans if self.signal == View.SPANS else view.logs, view.resources
            named = resources.c.service_name.in_(self.query.services)
            found.append(rows.c.resource_id.in_(select(resources.c.id).where(named)))
        if range_.start_ns is not None:
            found.append(moment >= clamp(range_.start_ns))
        if range_.end_ns is not None:
            found.append(moment < clamp(range_.end_ns))
        return and_(*found)

    def total(self, counted: int) -> tuple[int, bool]:
        """(matching records, whether that is a lower bound)."""
        if self.complete:
            return counted, False
        counting = Counting(self.query.budget_s)
        for group in newest_first(self.views, self.signal, self.query.range):
            found = 0
            for part in group.parts:
                for first, last in part.ranges:
                    rows = part.view.spans if self.signal == View.SPANS else part.view.logs
                    some = select(rows.c.id).where(self.condition(part.view, first, last))
                    some = some.limit(counting.room)
                    found += part.view.value(select(func.count()).select_from(some.subquery()))
            if not counting.add(found, more=group.rest_max_ns is not None):
                break
        over = counting.is_estimate or counting.total < counted
        return max(counting.total, counted), over


def count_values(
    views: Iterable[View], query: RecordQuery, target: Target, bucket_ns: int
) -> Tally:
    """How often each value of a field or attribute occurs."""
    walk = _Walk(views, query)
    counts: Counter[tuple[int, str]] = Counter()
    known: dict[View, _Values] = {}
    for view, *ids in walk.chunks(lambda: len(counts)):
        if view not in known:
            known[view] = _Values(view, query, target)
        values = known[view]
        condition = walk.condition(view, *ids)
        for bucket, resource_id, value, count in values.grouped(bucket_ns, condition):
            counts[bucket, values.json_of(resource_id, value)] += count
    return Tally(counts.total(), *walk.total(counts.total()), counts)


class _Values:
    """The values of one target in one segment."""

    def __init__(self, view: View, query: RecordQuery, target: Target) -> None:
        self._rows = view.spans if query.signal == "traces" else view.logs
        self._moment = self._rows.c.start_ns if query.signal == "traces" else self._rows.c.time_ns
        self._target = target
        self._view = view
        self._scopes: dict[int, list[str]] = {}
        self._resources = _Resources(view)

    def grouped(self, bucket_ns: int, condition: ColumnElement[bool]) -> Iterable[list[Any]]:
        """(bucket, resource, value, count) of the rows a condition holds for."""
        bucket: ColumnElement[int] = literal(0)
        if bucket_ns:
            bucket = whole_parts(self._moment, literal(bucket_ns))
        resource_id, value = self._rows.c.resource_id, self._value()
        if isinstance(self._target, Attribute) and not self._view.calls_python:
            value = self._rows.c.attributes
        inner = select(bucket.label("bucket"), resource_id, value.label("value")).where(condition)
        c = inner.subquery().c
        keys = (c.bucket, c.resource_id, c.value)
        rows = self._view.rows(select(*keys, func.count().label("count")).group_by(*keys))
        if value is self._rows.c.attributes:
            return ([*key, self._own(text), count] for *key, text, count in rows)
        return rows

    def _own(self, text: str) -> str | None:
        """What `scalar` finds of the target in attributes."""
        attributes = msgspec.json.decode(text)
        places = self._target.places if isinstance(self._target, Attribute) else ()
        keys = [key for of, key in places if of == "record" and key in attributes]
        return scalar_text(attributes[keys[0]]) if keys else None

    def _value(self) -> ColumnElement[Any]:
        target, c = self._target, self._rows.c
        if not isinstance(target, Column):
            own = [scalar(c.attributes, key) for of, key in target.places if of == "record"]
            return func.coalesce(*own, null())
        name = target.field.name
        if name == "service":
            return null()
        if name.startswith("scope"):
            return c.scope_id
        if name in _STRINGS or name in _NAMED or name == "severity_number":
            return c[name]
        if name in _IDS:
            return c[_IDS[name]]
        raise InvalidInput(f"field: {name} has no values to count", field="field")

    def json_of(self, resource_id: int, value: Any) -> str:
        """The JSON text of a row's value, `null` without one."""
        target = self._target
        if isinstance(target, Column):
            if target.field.name == "service":
                value = self._resources.service(resource_id)
            elif target.field.name.startswith("scope"):
                value = self._scope(value)[target.field.name == "scope.version"]
            elif target.field.name in _NAMED:
                value = _NAMED[target.field.name](value)
            elif target.field.name in _IDS:
                value = value.lower() if value else ""
            return scalar_text(value) if value else "null"
        attributes = self._resources.attributes(resource_id)
        on_resource = [key for of, key in target.places if of == "resource" and key in attributes]
        if on_resource and (value is None or target.places[0][0] == "resource"):
            value = scalar_text(attributes[on_resource[0]])
        return value or "null"

    def _scope(self, id_: int) -> list[str]:
        if not self._scopes:
            c = self._view.scopes.c
            rows = self._view.rows(select(c.id, c.name, c.version))
            self._scopes = {row[0]: row[1:] for row in rows}
        return self._scopes[id_]


class _Resources:
    """The resources of a segment, read when the first is asked for."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._found: dict[int, tuple[str, dict[str, Any]]] | None = None

    def _of(self, id_: int) -> tuple[str, dict[str, Any]]:
        if self._found is None:
            c = self._view.resources.c
            rows = self._view.rows(select(c.id, c.service_name, c.attributes))
            self._found = {row[0]: (row[1], msgspec.json.decode(row[2])) for row in rows}
        return self._found[id_]

    def service(self, id_: int) -> str:
        """The service of a resource."""
        return self._of(id_)[0]

    def attributes(self, id_: int) -> dict[str, Any]:
        """The attributes of a resource."""
        return self._of(id_)[1]


def count_keys(views: Iterable[View], query: RecordQuery) -> Tally:
    """How many records have each attribute key, on themselves or on their resource."""
    walk = _Walk(views, query)
    counts: Counter[str] = Counter()
    counted = 0
    known: dict[View, _Resources] = {}
    for view, *ids in walk.chunks(lambda: len(counts)):
        rows = view.spans if query.signal == "traces" else view.logs
        resources = known.setdefault(view, _Resources(view))
        for resource_id, text in view.rows(
            select(rows.c.resource_id, rows.c.attributes).where(walk.condition(view, *ids))
        ):
            counted += 1
            counts.update(msgspec.json.decode(text).keys() | resources.attributes(resource_id))
    found = {(0, scalar_text(key)): count for key, count in counts.items()}
    return Tally(counted, *walk.total(counted), found)


def contrast(views: Iterable[View], query: RecordQuery, selection: Node) -> Contrast:
    """Values among the records that satisfy a selection, and among the others."""
    walk = _Walk(views, query)
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    sizes = [0, 0]
    known: dict[View, _Resources] = {}
    names = _FIELDS[query.signal]
    for view, *ids in walk.chunks(lambda: len(counts)):
        rows = view.spans if query.signal == "traces" else view.logs
        chosen = case((Filter(selection, query.signal, view).exact(ids[0], ids[1]), 0), else_=1)
        columns = [rows.c[name] for name in names]
        statement = select(chosen.label("side"), rows.c.resource_id, rows.c.attributes, *columns)
        by_resource: Counter[tuple[int, int]] = Counter()
        for side, resource_id, text, *values in view.rows(
            statement.where(walk.condition(view, *ids))
        ):
            by_resource[side, resource_id] += 1
            for key, value in msgspec.json.decode(text).items():
                if found := scalar_text(value):
                    counts["record", key, found][side] += 1
            for name, value in zip(names, values, strict=True):
                if shown := _NAMED[name](value) if name in _NAMED else value:
                    counts["field", name, scalar_text(shown)][side] += 1
        resources = known.setdefault(view, _Resources(view))
        for (side, resource_id), count in by_resource.items():
            sizes[side] += count
            service = scalar_text(resources.service(resource_id))
            counts["field", "service", service][side] += count
            for key, value in resources.attributes(resource_id).items():
                if key != "service.name" and (found := scalar_text(value)):
                    counts["resource", key, found][side] += count
    frozen = {key: (pair[0], pair[1]) for key, pair in counts.items()}
    return Contrast(sum(sizes), *walk.total(sum(sizes)), sizes[0], frozen)
