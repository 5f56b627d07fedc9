"""Adds up rows into measures: what the rollups are made of, and what an answer counts anew.

The statements take the table they read, so that the fold reads all rows and a reader its tenant's.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from argus.model import SpanKind, StatusCode
from argus.storage.sql.edges import COLUMNS
from argus.storage.sql.histogram import bucket_column
from argus.storage.sql.measures import (
    ALL,
    MINUTE_S,
    SECOND_NS,
    SLOT_S,
    Key,
    Measure,
    Measures,
    Subject,
    measure,
)
from argus.storage.sql.spelling import bytes_of, whole_parts

_MINUTE_NS = MINUTE_S * SECOND_NS
_MILLION = 10**6
_MINUTE: ColumnElement[int] = literal(_MINUTE_NS, literal_execute=True)
_SLOT: ColumnElement[int] = literal(SLOT_S * SECOND_NS, literal_execute=True)
_SLOTS = MINUTE_S // SLOT_S


def is_entry(spans: FromClause) -> ColumnElement[bool]:
    """Whether a span is an entry span: SERVER, CONSUMER, or without a parent."""
    return or_(
        spans.c.kind.in_((SpanKind.SERVER, SpanKind.CONSUMER)),
        bytes_of(spans.c.parent_span_id) == 0,
    )


def select_operations(spans: FromClause) -> Select[Any]:
    """Spans by operation and minute: their sums, the buckets of their durations, and twice their
    slots, plus one for a failed one."""
    c = spans.c
    duration = c.end_ns - c.start_ns
    failed = case((c.status == StatusCode.ERROR, 1), else_=0)
    slot = whole_parts(c.start_ns, _SLOT) % _SLOTS * 2 + failed
    keys = (
        c.tenant_id,
        whole_parts(c.start_ns, _MINUTE).label("minute"),
        c.resource_id,
        c.name,
        c.kind,
        case((is_entry(spans), 1), else_=0).label("entry"),
    )
    return select(
        *keys,
        func.count().label("n"),
        func.sum(failed).label("failed"),
        # apart, so that no sum of 64-bit numbers can overflow
        func.sum(whole_parts(duration, literal(_MILLION, literal_execute=True))).label("millions"),
        func.sum(duration % _MILLION).label("rest"),
        func.min(c.start_ns).label("first"),
        func.max(c.start_ns).label("last"),
        func.aggregate_strings(cast(bucket_column(duration), Text), ",").label("buckets"),
        func.aggregate_strings(cast(slot, Text), ",").label("slots"),
    ).group_by(*keys)


def add_operations(rows: list[list[Any]], services: Mapping[int, str], into: Measures) -> None:
    """Add rows of `select_operations` to the minutes they belong to."""
    for row in rows:
        tenant_id, minute, resource_id, name, kind, entry, *sums, buckets, slots = row
        count, errors, millions, rest, first, last = sums
        service, start_ns = services[resource_id], minute * _MINUTE_NS
        total = millions * _MILLION + rest
        part = Measure(count, errors, total, first, last, Counter(_integers(buckets)))
        key = Key(tenant_id, Subject.OPERATIONS, service, name, kind)
        measure(into, key, start_ns).add(part)
        if entry:
            counted = Counter(_integers(slots))
            for name in (service, ALL):
                entries = measure(into, Key(tenant_id, Subject.ENTRIES, name), start_ns)
                entries.add(part)
                for slot, number in counted.items():
                    entries.add_slots({slot >> 1: (number, number * (slot & 1))})
        part.buckets, part.duration_ns = {}, 0
        measure(into, Key(tenant_id, Subject.SPANS, service), start_ns).add(part)


def _integers(text: str) -> list[int]:
    numbers: list[int] = msgspec.json.decode(f"[{text}]")
    return numbers


def select_severities(logs: FromClause) -> Select[Any]:
    """Log records by service, severity, pattern and minute."""
    c = logs.c
    keys = (
        c.tenant_id,
        whole_parts(c.time_ns, _MINUTE).label("minute"),
        c.resource_id,
        whole_parts(c.severity + 3, literal(4, literal_execute=True)).label("severity"),
        c.pattern_id,
    )
    return select(
        *keys,
        func.count().label("n"),
        func.min(c.time_ns).label("first"),
        func.max(c.time_ns).label("last"),
    ).group_by(*keys)


def add_severities(rows: list[list[Any]], services: Mapping[int, str], into: Measures) -> None:
    """Add rows of `select_severities` to the minutes they belong to."""
    for tenant_id, minute, resource_id, severity, pattern, count, first, last in rows:
        service, part = services[resource_id], Measure(count, 0, 0, first, last)
        for subject, name in ((Subject.LOGS, ""), (Subject.PATTERNS, pattern.lower())):
            key = Key(tenant_id, subject, service, name, severity)
            measure(into, key, minute * _MINUTE_NS).add(part)


def select_calls(spans: FromClause) -> Select[Any]:
    """Spans as `Calls` takes them."""
    c = spans.c
    talks = (SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER)
    made = {
        "duration_ns": c.end_ns - c.start_ns,
        "attributes": case((c.kind.in_(talks), c.attributes), else_=""),
        "links": case((c.kind == SpanKind.CONSUMER, c.links), else_=""),
    }
    return select(*(made[n].label(n) if n in made else c[n] for n in COLUMNS))
