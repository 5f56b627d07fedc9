"""Derives the rollups from rows already stored, in steps behind a watermark.

A step aggregates the spans and log records beyond the watermark, adds them to the minutes and hours
they belong to and commits those together with the new watermark: whatever is lost in a crash is
only work to redo. Every number is a sum over rows that were stored, each counted once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, select

from argus.model import Pattern
from argus.storage.sql.edges import Calls
from argus.storage.sql.measures import HOUR_S, SECOND_NS, Measures, Subject
from argus.storage.sql.packed import Prepared, packed_rows
from argus.storage.sql.recount import (
    add_operations,
    add_severities,
    select_calls,
    select_operations,
    select_severities,
)
from argus.storage.sql.tables import logs, patterns, resources, spans, tenants

_AT_ONCE = 500

STEP_ROWS = 60_000
"""Spans, and log records, of one step."""
_CALLS_AT_ONCE, _CALLS_AT_FIRST, _CALLS_BYTES = 1_000, 500, 8 * 2**20
"""Spans of which what calls need is in memory at once: as many as make so many bytes."""
_CALL_BYTES = 200
"""Of a span without attributes and links."""

_AFTER: BindParameter[int] = bindparam("after")
_UPTO: BindParameter[int] = bindparam("upto")
_SOME_SPANS = spans.c.id > _AFTER, spans.c.id <= _UPTO
_OPERATIONS = Prepared(select_operations(spans).where(*_SOME_SPANS))
_CALLS = Prepared(select_calls(spans).where(*_SOME_SPANS).order_by(spans.c.id))
_SEVERITIES = Prepared(select_severities(logs).where(logs.c.id > _AFTER, logs.c.id <= _UPTO))
_PATTERNS = Prepared(select(patterns).where(patterns.c.id.in_(bindparam("ids", expanding=True))))
_SERVICES = Prepared(select(resources.c.id, resources.c.service_name))


class Progress(NamedTuple):
    """The ids of the last span and log record that are in the rollups."""

    span_id: int
    log_id: int


PatternRow = tuple[int, bytes, str, int, int]
"""A row of `known_patterns`: tenant, id, template, and the bounds of the times of some records."""


@dataclass(slots=True)
class Step:
    """What some rows add to the minutes they belong to, and how far that brings the rollups."""

    minutes: Measures
    progress: Progress
    patterns: list[PatternRow] = field(default_factory=list)

    @property
    def hours(self) -> set[int]:
        """The hours (since 1970) of those minutes."""
        return {start_ns // (HOUR_S * SECOND_NS) for _, start_ns in self.minutes}


def next_step(
    connection: Connection,
    progress: Progress,
    last: Progress,
    calls: Calls,
    rest: Callable[[], None],
) -> Step | None:
    """The next step over the rows of a segment up to `last`; None when all are in the rollups.

    What `calls` learns has to be forgotten when the step is not stored. `rest` is called now and
    then.
    """
    upto = Progress(
        max(progress.span_id, min(progress.span_id + STEP_ROWS, last.span_id)),
        max(progress.log_id, min(progress.log_id + STEP_ROWS, last.log_id)),
    )
    if upto == progress:
        return None
    minutes: Measures = {}
    services = service_names(connection)
    if upto.span_id > progress.span_id:
        some = {"after": progress.span_id, "upto": upto.span_id}
        rows = packed_rows(connection, _OPERATIONS, some)
        add_operations(rows, services, minutes)
        rest()
        some_calls = _call_rows(connection, progress.span_id, upto.span_id, rest)
        calls.add(some_calls, services, minutes)
    if upto.log_id > progress.log_id:
        some = {"after": progress.log_id, "upto": upto.log_id}
        rows = packed_rows(connection, _SEVERITIES, some)
        add_severities(rows, services, minutes)
    return Step(minutes, upto, _patterns(connection, minutes))


def _patterns(connection: Connection, minutes: Measures) -> list[PatternRow]:
    """The patterns that are counted in some minutes, as a segment has them."""
    bounds: dict[tuple[int, bytes], tuple[int, int]] = {}
    for (key, _), found in minutes.items():
        if key.subject == Subject.PATTERNS and key.name:
            at = key.tenant_id, bytes.fromhex(key.name)
            first, last = bounds.get(at, (found.first_ns, found.last_ns))
            bounds[at] = min(first, found.first_ns), max(last, found.last_ns)
    rows: list[PatternRow] = []
    ids = sorted({id_ for _, id_ in bounds})
    for start in range(0, len(ids), _AT_ONCE):
        some = {"ids": ids[start : start + _AT_ONCE]}
        for tenant_id, text, template in packed_rows(connection, _PATTERNS, some):
            id_ = bytes.fromhex(text)
            if (tenant_id, id_) in bounds:
                rows.append((tenant_id, id_, template, *bounds[tenant_id, id_]))
    return rows


def remember(
    connection: Connection, after: int, upto: int, calls: Calls, rest: Callable[[], None]
) -> None:
    """Show `calls` spans that are in the rollups, for those they belong to and that are not."""
    calls.add(_call_rows(connection, after, upto, rest), service_names(connection), {})


def _call_rows(
    connection: Connection, after: int, upto: int, rest: Callable[[], None]
) -> Iterator[list[Any]]:
    """The spans of a range as `Calls` takes them, in the order they were stored."""
    at_once = _CALLS_AT_FIRST
    while after < upto:
        last = min(after + at_once, upto)
        rows = packed_rows(connection, _CALLS, {"after": after, "upto": last})
        yield from rows
        rest()
        size = sum(_CALL_BYTES + len(attributes) + len(links) for *_, attributes, links in rows)
        fitting = _CALLS_BYTES * (last - after) // max(1, size)
        at_once = max(1, min(_CALLS_AT_ONCE, fitting))
        after = last


def segment_patterns(connection: Connection) -> list[tuple[str, Pattern]]:
    """The patterns of a segment, with the names of their tenants."""
    c = patterns.c
    named = select(tenants.c.name, c.id, c.template).join(tenants, tenants.c.id == c.tenant_id)
    rows = packed_rows(connection, named)
    return [(tenant, Pattern(bytes.fromhex(id_), template)) for tenant, id_, template in rows]


def service_names(connection: Connection) -> dict[int, str]:
    """The service of each resource of a segment."""
    return {id_: name for id_, name in packed_rows(connection, _SERVICES)}
