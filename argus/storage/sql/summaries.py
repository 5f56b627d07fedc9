"""Derives the summaries of traces from rows already stored, in steps behind a watermark.

A step aggregates the spans beyond the watermark, merges them with the summaries they belong to and
commits those together with the new watermark: whatever is lost in a crash is only work to redo.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)

from argus.attributes import text_of_string
from argus.model import StatusCode
from argus.storage.sql.bulk import Rows
from argus.storage.sql.index import INT64_MAX
from argus.storage.sql.packed import Prepared, packed_rows
from argus.storage.sql.spelling import bytes_of, digits, distinct_list
from argus.storage.sql.tables import meta, resources, spans, straddling, traces

STEP_SPANS = 10_000
"""Spans of one step; bounds how long its transaction keeps the writer."""

_SEPARATOR = "\x1f"
_COLUMNS = [column.name for column in traces.columns if column.name != "id"]
_values = attrgetter(*_COLUMNS)
_KEYS = ("tenant_id", "trace_id")
_UPSERTS = {
    table.name: Rows(table, columns=_COLUMNS, keys=_KEYS, merge=dict.fromkeys(_COLUMNS[2:], "new"))
    for table in (traces, straddling)
}
_KEYS_AT_ONCE = 200
_IDS_AT_ONCE = 1_000
_STORED = select(*(traces.c[name] for name in _COLUMNS))
_KEY = tuple_(traces.c.tenant_id, traces.c.trace_id)
_WATERMARK = meta.c.key == "folded_span_id"
_READ = select(meta.c.value).where(_WATERMARK)
_KEEP = update(meta).where(_WATERMARK).values(value=bindparam("span_id"))
_SOME = and_(spans.c.id > bindparam("after"), spans.c.id <= bindparam("upto"))
_OF_KEYS = Prepared(_STORED.where(_KEY.in_(bindparam("keys", expanding=True))))
_OF_SOME = Prepared(
    _STORED.where(_KEY.in_(select(spans.c.tenant_id, spans.c.trace_id).where(_SOME).distinct()))
)


@dataclass(slots=True)
class Summary:
    """A row of `traces` or `straddling`, in the order of its columns."""

    tenant_id: int
    trace_id: bytes
    start_ns: int
    end_ns: int
    span_count: int
    error_count: int
    status: int
    root_missing: int
    root_start_ns: int
    root_status: int
    root_service: str
    root_operation: str
    services: str
    names: set[str] = field(default_factory=set)

    def merge(self, other: "Summary") -> None:
        """Take in another part of the same trace, of younger spans."""
        self.start_ns = min(self.start_ns, other.start_ns)
        self.end_ns = max(self.end_ns, other.end_ns)
        self.span_count += other.span_count
        self.error_count += other.error_count
        self.names |= other.names
        rank, other_rank = ((part.root_missing, part.root_start_ns) for part in (self, other))
        if other_rank < rank:
            self.root_missing, self.root_start_ns = other_rank
            self.root_status = other.root_status
            self.root_service, self.root_operation = other.root_service, other.root_operation

    def copy(self) -> "Summary":
        """Another one that is the same."""
        return replace(self, names=set(self.names))

    @property
    def key(self) -> tuple[int, bytes]:
        """What tells traces apart."""
        return self.tenant_id, self.trace_id

    def values(self) -> tuple[Any, ...]:
        """The row, with what follows from the rest brought up to date."""
        self.status = StatusCode.ERROR if self.error_count else self.root_status
        self.services = _text_of_services(self.names)
        row: tuple[Any, ...] = _values(self)
        return row


def quoted_service(name: str) -> str:
    """What to look for in `traces.services` to find a service."""
    return f"{_SEPARATOR}{text_of_string(name)}{_SEPARATOR}"


def _text_of_services(names: set[str]) -> str:
    return _SEPARATOR + "".join(f"{text_of_string(name)}{_SEPARATOR}" for name in sorted(names))


def services_of(text: str) -> tuple[str, ...]:
    """The names in `traces.services`, sorted."""
    return tuple(json.loads(f"[{','.join(text.strip(_SEPARATOR).split(_SEPARATOR))}]"))


@dataclass(frozen=True, slots=True)
class Step:
    """Summaries to store, of the spans of one segment, and the id of the last one included."""

    summaries: list[Summary]
    folded_span_id: int

    def store(self, connection: Connection) -> None:
        """Write the summaries and the watermark, inside a transaction."""
        upsert("traces", connection, self.summaries)
        _keep_watermark(connection, self.folded_span_id)


def _keep_watermark(connection: Connection, span_id: int) -> None:
    connection.execute(_KEEP, {"span_id": span_id})


def read_watermark(connection: Connection) -> int:
    """The id of the last span that the summaries of a segment include."""
    return int(connection.execute(_READ).scalar_one())


def next_step(connection: Connection, last_span_id: int) -> Step | None:
    """The next summaries to store, over spans up to `last_span_id`; None when all are."""
    after = read_watermark(connection)
    upto = _last_of(connection, spans.c.id, after, last_span_id)
    if upto is None:
        return None
    some = {"after": after, "upto": upto}
    known = _summaries(packed_rows(connection, _OF_SOME, some))
    summaries = {summary.key: summary for summary in known}
    for part in _parts(connection, some):
        if part.key in summaries:
            summaries[part.key].merge(part)
        else:
            summaries[part.key] = part
    return Step(list(summaries.values()), upto)


@cache
def _select_last(id_: Column[int]) -> Select[Any]:
    some = select(id_).where(id_ > bindparam("after"), id_ <= bindparam("last"))
    return select(func.max(some.order_by(id_).limit(STEP_SPANS).subquery().c.id))


def _last_of(connection: Connection, id_: Column[int], after: int, last: int) -> int | None:
    """The last id of a step behind an id; None when there is nothing up to `last`."""
    some = {"after": after, "last": last}
    found: int | None = connection.execute(_select_last(id_), some).scalar_one()
    return found


def rebuild(connection: Connection) -> None:
    """Make all summaries of a segment anew, inside a transaction."""
    connection.execute(delete(traces))
    _keep_watermark(connection, 0)
    while (step := next_step(connection, INT64_MAX)) is not None:
        step.store(connection)


def stored(connection: Connection, keys: Sequence[tuple[int, bytes]]) -> list[Summary]:
    """The summaries of these traces that one segment holds."""
    found: list[Summary] = []
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = {"keys": keys[start : start + _KEYS_AT_ONCE]}
        found += _summaries(packed_rows(connection, _OF_KEYS, some))
    return found


def all_stored(connection: Connection, after_id: int) -> tuple[list[Summary], int]:
    """Some summaries of a segment behind a row id, and the row id they end with."""
    last = _last_of(connection, traces.c.id, after_id, INT64_MAX)
    if last is None:
        return [], after_id
    some = _STORED.where(traces.c.id > after_id, traces.c.id <= last)
    return _summaries(packed_rows(connection, some)), last


def upsert(table: str, connection: Connection, found: Sequence[Summary]) -> None:
    """Write summaries over those of the same traces in `traces` or `straddling`."""
    _UPSERTS[table].insert(connection, [value for one in found for value in one.values()])


def _summaries(rows: list[list[Any]]) -> list[Summary]:
    return [
        Summary(*[tenant_id, bytes.fromhex(trace_id), *rest, services, set(services_of(services))])
        for tenant_id, trace_id, *rest, services in rows
    ]


def _of_ids(id_: Column[int], *columns: Column[Any]) -> Prepared:
    return Prepared(select(id_, *columns).where(id_.in_(bindparam("ids", expanding=True))))


def _select_parts() -> Select[Any]:
    c = spans.c
    # The root is the smallest of (has a parent, start, id); one text sorts like the three.
    has_parent = case((bytes_of(c.parent_span_id) > 0, "1"), else_="0")
    root = has_parent.concat(digits(c.start_ns)).concat(digits(c.id))
    return (
        select(
            c.tenant_id,
            c.trace_id,
            func.min(c.start_ns).label("start_ns"),
            func.max(c.end_ns).label("end_ns"),
            func.count().label("span_count"),
            func.sum(case((c.status == StatusCode.ERROR, 1), else_=0)).label("error_count"),
            func.min(root).label("root"),
            distinct_list(c.resource_id).label("resource_ids"),
        )
        .where(_SOME)
        .group_by(c.tenant_id, c.trace_id)
    )


_PARTS = Prepared(_select_parts())
_ROOTS = _of_ids(spans.c.id, spans.c.resource_id, spans.c.name, spans.c.status)
_SERVICES = _of_ids(resources.c.id, resources.c.service_name)


def _by_ids(connection: Connection, statement: Prepared, ids: Sequence[int]) -> Iterator[list[Any]]:
    """The rows of `_of_ids` of these ids."""
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield from packed_rows(connection, statement, {"ids": ids[start : start + _IDS_AT_ONCE]})


def _parts(connection: Connection, some: Mapping[str, int]) -> list[Summary]:
    rows = packed_rows(connection, _PARTS, some)
    root_ids = [int(row[6][-20:]) for row in rows]
    roots = {id_: found for id_, *found in _by_ids(connection, _ROOTS, root_ids)}
    resource_ids = sorted({int(id_) for row in rows for id_ in row[7].split(",")})
    services = {id_: name for id_, name in _by_ids(connection, _SERVICES, resource_ids)}
    parts = []
    for row, root_id in zip(rows, root_ids, strict=True):
        tenant_id, trace_id, start_ns, end_ns, span_count, error_count, root, ids = row
        resource_id, name, status = roots[root_id]
        parts.append(
            Summary(
                tenant_id=tenant_id,
                trace_id=bytes.fromhex(trace_id),
                start_ns=start_ns,
                end_ns=end_ns,
                span_count=span_count,
                error_count=error_count,
                status=status,
                root_missing=int(root[0]),
                root_start_ns=int(root[1:21]),
                root_status=status,
                root_service=services[resource_id],
                root_operation=name,
                services="",
                names={services[int(id_)] for id_ in ids.split(",")},
            )
        )
    return parts
