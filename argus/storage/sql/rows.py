"""Rows as they are read, turned back into the records they were made from."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import FromClause, Select, bindparam, select

from argus.model import LogRecord, Resource, Scope, Span
from argus.storage.sql.engine import View
from argus.storage.sql.packed import Prepared

_SPAN_COLUMNS = (
    "resource_id", "scope_id", "trace_id", "span_id", "parent_span_id", "name", "kind",
    "start_ns", "end_ns", "status", "status_message", "trace_state", "flags", "attributes",
    "dropped_attributes_count", "events", "dropped_events_count", "links", "dropped_links_count",
)  # fmt: skip
_LOG_COLUMNS = (
    "resource_id", "scope_id", "time_ns", "observed_ns", "severity", "severity_number",
    "severity_text", "body", "event_name", "trace_id", "span_id", "flags", "attributes",
    "dropped_attributes_count", "id", "pattern_id",
)  # fmt: skip
_RESOURCE_COLUMNS = ("key", "service_name", "attributes", "dropped_attributes_count", "schema_url")
_SCOPE_COLUMNS = (
    "key", "name", "version", "attributes", "dropped_attributes_count", "schema_url",
)  # fmt: skip


def _columns(table: FromClause, names: Iterable[str]) -> Select[Any]:
    return select(*(table.c[name] for name in names))


def select_spans(view: View) -> Select[Any]:
    """A statement over spans whose rows `spans_of` understands."""
    return _columns(view.spans, _SPAN_COLUMNS)


def select_logs(view: View) -> Select[Any]:
    """A statement over log records whose rows `logs_of` understands."""
    return _columns(view.logs, _LOG_COLUMNS)


def spans_of(view: View, rows: list[list[Any]]) -> list[Span]:
    """Spans, in the order of their rows."""
    resources, scopes = _dictionaries(view, rows)
    unhex = bytes.fromhex
    return [
        Span(
            resources[row[0]], scopes[row[1]], unhex(row[2]), unhex(row[3]), unhex(row[4]),
            *row[5:],
        )
        for row in rows
    ]  # fmt: skip


def logs_of(view: View, rows: list[list[Any]]) -> list[LogRecord]:
    """Log records, in the order of their rows."""
    resources, scopes = _dictionaries(view, rows)
    unhex = bytes.fromhex
    return [
        LogRecord._make([
            resources[row[0]], scopes[row[1]], *row[2:9], unhex(row[9]), unhex(row[10]),
            *row[11:14], "", row[14], unhex(row[15]),
        ])
        for row in rows
    ]  # fmt: skip


def _dictionaries(
    view: View, rows: list[list[Any]]
) -> tuple[dict[int, Resource], dict[int, Scope]]:
    resources = _entries(view, _RESOURCES, {row[0] for row in rows})
    scopes = _entries(view, _SCOPES, {row[1] for row in rows})
    return (
        {row[0]: Resource(bytes.fromhex(row[1]), *row[2:]) for row in resources},
        {row[0]: Scope(bytes.fromhex(row[1]), *row[2:]) for row in scopes},
    )


def _entries(view: View, wanted: Prepared, ids: set[int]) -> list[list[Any]]:
    return view.rows(wanted, {"ids": sorted(ids)}) if ids else []


def _by_ids(table: FromClause, names: tuple[str, ...]) -> Prepared:
    some = table.c.id.in_(bindparam("ids", expanding=True))
    return Prepared(_columns(table, ("id", *names)).where(some))


LOGS = Prepared(
    _columns(View.logs, _LOG_COLUMNS).where(View.logs.c.id.in_(bindparam("ids", expanding=True)))
)
"""The log records with some `ids`, as `logs_of` understands them."""
_RESOURCES = _by_ids(View.resources, _RESOURCE_COLUMNS)
_SCOPES = _by_ids(View.scopes, _SCOPE_COLUMNS)
