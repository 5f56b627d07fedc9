"""Derives the summaries of traces from rows already stored, in steps behind a watermark.

A step aggregates the spans beyond the watermark, merges them with the summaries they belong to and
commits those together with the new watermark: whatever is lost in a crash is only work to redo.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from argus.attributes import text_of_string
from argus.model import StatusCode
from argus.storage.sql.tables import traces
from argus.storage.sql.writer import Statements

STEP_SPANS = 10_000
"""Spans of one step; bounds how long its transaction keeps the writer."""

_SEPARATOR = "\x1f"
_COLUMNS = [column.name for column in traces.columns if column.name != "id"]
_values = attrgetter(*_COLUMNS)
_OVERWRITE = " ON CONFLICT (tenant_id, trace_id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS[2:]
)
_UPSERTS = {
    table: Statements(table, _COLUMNS, suffix=_OVERWRITE) for table in ("traces", "straddling")
}
_KEYS_AT_ONCE = 200
_JSON_COLUMNS = ", ".join(_COLUMNS).replace("trace_id", "hex(trace_id)")
_STORED = f"SELECT json_group_array(json_array({_JSON_COLUMNS})) FROM traces"
_EXISTING = f"""
{_STORED} WHERE (tenant_id, trace_id) IN
  (SELECT DISTINCT tenant_id, trace_id FROM spans WHERE id > ? AND id <= ?)
"""
# The root is the smallest of (has a parent, start, id); one text sorts like the three.
_PARTS = """
SELECT json_group_array(json_array(tenant_id, trace_id, start_ns, end_ns, span_count,
                                   error_count, root, resource_ids))
FROM (
  SELECT tenant_id, hex(trace_id) AS trace_id, min(start_ns) AS start_ns, max(end_ns) AS end_ns,
         count(*) AS span_count, sum(status = 2) AS error_count,
         min(printf('%d%020d%020d', length(parent_span_id) > 0, start_ns, id)) AS root,
         group_concat(DISTINCT resource_id) AS resource_ids
  FROM spans WHERE id > ? AND id <= ? GROUP BY tenant_id, spans.trace_id
)
"""
_ROOTS = """
SELECT json_group_array(json_array(id, resource_id, name, status))
FROM spans WHERE id IN (SELECT value FROM json_each(?))
"""
_SERVICES = """
SELECT json_group_array(json_array(id, service_name))
FROM resources WHERE id IN (SELECT value FROM json_each(?))
"""
_NEXT = "SELECT max(id) FROM (SELECT id FROM spans WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)"
_KEEP_WATERMARK = "UPDATE meta SET value = ? WHERE key = 'folded_span_id'"


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
        connection.exec_driver_sql(_KEEP_WATERMARK, (self.folded_span_id,))


def read_watermark(connection: Connection) -> int:
    """The id of the last span that the summaries of a segment include."""
    return int(
        connection.exec_driver_sql(
            "SELECT value FROM meta WHERE key = 'folded_span_id'"
        ).scalar_one()
    )


def next_step(connection: Connection, last_span_id: int) -> Step | None:
    """The next summaries to store, over spans up to `last_span_id`; None when all are."""
    after = read_watermark(connection)
    upto = connection.exec_driver_sql(_NEXT, (after, last_span_id, STEP_SPANS)).scalar_one()
    if upto is None:
        return None
    summaries = {summary.key: summary for summary in _existing(connection, after, upto)}
    for part in _parts(connection, after, upto):
        if part.key in summaries:
            summaries[part.key].merge(part)
        else:
            summaries[part.key] = part
    return Step(list(summaries.values()), upto)


def rebuild(connection: Connection) -> None:
    """Make all summaries of a segment anew, inside a transaction."""
    connection.exec_driver_sql("DELETE FROM traces")
    connection.exec_driver_sql(_KEEP_WATERMARK, (0,))
    while (step := next_step(connection, 2**63 - 1)) is not None:
        step.store(connection)


def stored(connection: Connection, keys: Sequence[tuple[int, bytes]]) -> list[Summary]:
    """The summaries of these traces that one segment holds."""
    found: list[Summary] = []
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        marks = ", ".join(["(?, ?)"] * len(some))
        statement = f"{_STORED} WHERE (tenant_id, trace_id) IN (VALUES {marks})"
        found += _summaries(_read(connection, statement, *(part for key in some for part in key)))
    return found


def all_stored(connection: Connection, after_id: int) -> tuple[list[Summary], int]:
    """Some summaries of a segment behind a row id, and the row id they end with."""
    last = connection.exec_driver_sql(
        "SELECT max(id) FROM (SELECT id FROM traces WHERE id > ? ORDER BY id LIMIT ?)",
        (after_id, STEP_SPANS),
    ).scalar_one()
    if last is None:
        return [], after_id
    return _summaries(
        _read(connection, f"{_STORED} WHERE id > ? AND id <= ?", after_id, last)
    ), last


def upsert(table: str, connection: Connection, found: Sequence[Summary]) -> None:
    """Write summaries over those of the same traces in `traces` or `straddling`."""
    _UPSERTS[table].insert(connection, [value for one in found for value in one.values()])


def _read(connection: Connection, statement: str, *parameters: Any) -> list[list[Any]]:
    found = connection.exec_driver_sql(statement, parameters).scalar_one()
    rows: list[list[Any]] = msgspec.json.decode(found)
    return rows


def _existing(connection: Connection, after: int, upto: int) -> list[Summary]:
    return _summaries(_read(connection, _EXISTING, after, upto))


def _summaries(rows: list[list[Any]]) -> list[Summary]:
    return [
        Summary(*[tenant_id, bytes.fromhex(trace_id), *rest, services, set(services_of(services))])
        for tenant_id, trace_id, *rest, services in rows
    ]


def _parts(connection: Connection, after: int, upto: int) -> list[Summary]:
    rows = _read(connection, _PARTS, after, upto)
    root_ids = [int(row[6][-20:]) for row in rows]
    found_roots = _read(connection, _ROOTS, json.dumps(root_ids))
    roots = {id_: (resource, name, status) for id_, resource, name, status in found_roots}
    resource_ids = sorted({int(id_) for row in rows for id_ in row[7].split(",")})
    services = dict(_read(connection, _SERVICES, json.dumps(resource_ids)))
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
