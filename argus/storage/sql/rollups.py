"""Derives the rollups from rows already stored, in steps behind a watermark.

A step aggregates the spans and log records beyond the watermark, adds them to the minutes and hours
they belong to and commits those together with the new watermark: whatever is lost in a crash is
only work to redo. Every number is a sum over rows that were stored, each counted once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    insert,
    or_,
    select,
    update,
)

from argus.model import SpanKind, StatusCode
from argus.storage.sql.edges import COLUMNS, Calls
from argus.storage.sql.histogram import bucket_column
from argus.storage.sql.measures import (
    HOUR_S,
    MINUTE_S,
    SECOND_NS,
    SLOT_S,
    Key,
    Measure,
    Measures,
    Subject,
    measure,
    widened,
)
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.tables import (
    logs,
    meta,
    resources,
    rollup_keys,
    rollup_progress,
    rollups,
    spans,
)
from argus.storage.sql.writer import Statements

STEP_ROWS = 10_000
"""Spans, and log records, of one step."""
MAX_OPERATIONS = 2_000
"""Operations of a service that are counted under their own name; later ones share `OTHER`."""
OTHER = "(other operations)"

_MINUTE_NS = MINUTE_S * SECOND_NS
_SLOTS = MINUTE_S // SLOT_S
_MEMO_LIMIT = 100_000
_AT_ONCE = 200

_UPSERT = Statements.of(
    rollups,
    suffix=" ON CONFLICT (tenant_id, subject, width_s, start_ns, key_id) DO UPDATE SET "
    + ", ".join(f"{c.name} = excluded.{c.name}" for c in rollups.columns if not c.primary_key),
)


class Progress(NamedTuple):
    """The ids of the last span and log record that are in the rollups."""

    span_id: int
    log_id: int


def read_progress(control: Connection) -> Progress:
    """How far the rollups of a control database are."""
    row = control.execute(select(rollup_progress.c.span_id, rollup_progress.c.log_id)).one()
    return Progress(*row)


@dataclass(slots=True)
class Step:
    """What some rows add to the minutes they belong to, and how far that brings the rollups."""

    minutes: Measures
    progress: Progress


def next_step(
    found: Iterable[Connection], progress: Progress, last: Progress, calls: Calls
) -> Step | None:
    """The next step over rows up to `last`; None when all are in the rollups.

    `found` are the segments, newest first. What `calls` learns is lost if the step is not stored.
    """
    connection, last = _oldest_behind(found, progress, last)
    upto = Progress(
        min(progress.span_id + STEP_ROWS, last.span_id),
        min(progress.log_id + STEP_ROWS, last.log_id),
    )
    if upto.span_id <= progress.span_id and upto.log_id <= progress.log_id:
        return None
    minutes: Measures = {}
    if upto.span_id > progress.span_id:
        _add_spans(connection, progress.span_id, upto.span_id, minutes)
        add_calls(connection, progress.span_id, upto.span_id, calls, minutes)
    if upto.log_id > progress.log_id:
        _add_logs(connection, progress.log_id, upto.log_id, minutes)
    return Step(minutes, Progress(*map(max, progress, upto)))


def _oldest_behind(
    found: Iterable[Connection], progress: Progress, last: Progress
) -> tuple[Connection, Progress]:
    """The oldest segment with rows beyond the watermark, and its last ids."""
    for connection in found:
        values = {row.key: row.value for row in connection.execute(select(meta))}
        first = Progress(values["first_span_id"], values["first_log_id"])
        if first.span_id <= progress.span_id + 1 and first.log_id <= progress.log_id + 1:
            break
        before = Progress(first.span_id - 1, first.log_id - 1)
        if before.span_id > progress.span_id or before.log_id > progress.log_id:
            last = before
    return connection, last


def entry_condition() -> ColumnElement[bool]:
    """Whether a span is an entry span."""
    return or_(
        spans.c.kind.in_((SpanKind.SERVER, SpanKind.CONSUMER)),
        func.length(spans.c.parent_span_id) == 0,
    )


def _add_spans(connection: Connection, after: int, upto: int, minutes: Measures) -> None:
    services = service_names(connection)
    for row in packed_rows(connection, _operations(after, upto)):
        tenant_id, minute, resource_id, name, kind, entry, *sums, buckets = row
        service, start_ns = services[resource_id], minute * _MINUTE_NS
        part = Measure(*sums, dict(msgspec.json.decode(f"[{buckets}]")))
        key = Key(tenant_id, Subject.OPERATIONS, service, name, kind)
        measure(minutes, key, start_ns).add(part)
        if entry:
            measure(minutes, Key(tenant_id, Subject.ENTRIES, service), start_ns).add(part)
        part.buckets, part.duration_ns = {}, 0.0
        measure(minutes, Key(tenant_id, Subject.SPANS, service), start_ns).add(part)
    for tenant_id, slot, resource_id, count, errors in packed_rows(connection, _slots(after, upto)):
        key = Key(tenant_id, Subject.ENTRIES, services[resource_id])
        minute, slot = divmod(slot, _SLOTS)
        measure(minutes, key, minute * _MINUTE_NS).add_slots({slot: (count, errors)})


def _operations(after: int, upto: int) -> Select[Any]:
    c = spans.c
    duration = c.end_ns - c.start_ns
    entry = case((entry_condition(), 1), else_=0).label("entry")
    of_bucket = (
        select(
            c.tenant_id,
            (c.start_ns // _MINUTE_NS).label("minute"),
            c.resource_id,
            c.name,
            c.kind,
            entry,
            bucket_column(duration).label("bucket"),
            func.count().label("n"),
            func.sum(case((c.status == StatusCode.ERROR, 1), else_=0)).label("failed"),
            func.sum(cast(duration, Double)).label("total"),
            func.min(c.start_ns).label("first"),
            func.max(c.start_ns).label("last"),
        )
        .where(c.id > after, c.id <= upto)
        .group_by(c.tenant_id, "minute", c.resource_id, c.name, c.kind, "entry", "bucket")
        .subquery()
    )
    b = of_bucket.c
    pair = "[" + cast(b.bucket, Text) + "," + cast(b.n, Text) + "]"
    keys = (b.tenant_id, b.minute, b.resource_id, b.name, b.kind, b.entry)
    return select(
        *keys,
        func.sum(b.n).label("n"),
        func.sum(b.failed).label("failed"),
        func.sum(b.total).label("total"),
        func.min(b.first).label("first"),
        func.max(b.last).label("last"),
        func.aggregate_strings(pair, ",").label("buckets"),
    ).group_by(*keys)


def _slots(after: int, upto: int) -> Select[Any]:
    c = spans.c
    slot = (c.start_ns // (SLOT_S * SECOND_NS)).label("slot")
    failed = func.sum(case((c.status == StatusCode.ERROR, 1), else_=0))
    return (
        select(c.tenant_id, slot, c.resource_id, func.count().label("n"), failed.label("failed"))
        .where(c.id > after, c.id <= upto, entry_condition())
        .group_by(c.tenant_id, "slot", c.resource_id)
    )


def _add_logs(connection: Connection, after: int, upto: int, minutes: Measures) -> None:
    c = logs.c
    severity = ((c.severity + 3) // 4).label("class")
    statement = (
        select(
            c.tenant_id,
            (c.time_ns // _MINUTE_NS).label("minute"),
            c.resource_id,
            severity,
            func.count().label("n"),
            func.min(c.time_ns).label("first"),
            func.max(c.time_ns).label("last"),
        )
        .where(c.id > after, c.id <= upto)
        .group_by(c.tenant_id, "minute", c.resource_id, "class")
    )
    services = service_names(connection)
    for tenant_id, minute, resource_id, detail, count, first, last in packed_rows(
        connection, statement
    ):
        key = Key(tenant_id, Subject.LOGS, services[resource_id], "", detail)
        part = Measure(count, 0, 0.0, first, last)
        measure(minutes, key, minute * _MINUTE_NS).add(part)


def add_calls(
    connection: Connection, after: int, upto: int, calls: Calls, minutes: Measures
) -> None:
    """Show `calls` the spans of a segment in a range of ids."""
    c = spans.c
    asked = case((c.kind.in_((3, 4, 5)), c.attributes), else_="")
    links = case((c.kind == SpanKind.CONSUMER, c.links), else_="")
    duration = c.end_ns - c.start_ns
    columns = {"duration_ns": duration, "attributes": asked, "links": links}
    statement = select(*(columns.get(name, c[name]).label(name) for name in COLUMNS if name in c or name in columns))
    ordered = statement.where(c.id > after, c.id <= upto).order_by(c.id)
    calls.add(packed_rows(connection, ordered), service_names(connection), minutes)


def service_names(connection: Connection) -> dict[int, str]:
    """The service of each resource of a segment."""
    rows = packed_rows(connection, select(resources.c.id, resources.c.service_name))
    return {id_: name for id_, name in rows}
