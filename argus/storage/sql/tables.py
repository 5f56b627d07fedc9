"""The tables: of the control database, and of a segment."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    literal_column,
)

from argus.storage.sql.types import BYTES, ID, NAME, TEXT, TRACE_ID

SCHEMA_VERSION = 2
"""Of segments. A segment with a higher one was written by a newer Argus; lower ones: `versions`."""

CONTROL_REVISION = "0007"
"""The newest alembic revision of the control database; a test holds it to `migrations/`."""

control = MetaData()
"""The control database, as the newest migration leaves it (`migrations/` creates it)."""

registry = Table(
    "segments",
    control,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", NAME, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("sealed_ns", BigInteger),
    Column("first_span_id", BigInteger, nullable=False),
    Column("first_log_id", BigInteger, nullable=False),
    Column("last_span_id", BigInteger),
    Column("last_log_id", BigInteger),
    Column("min_received_ns", BigInteger),
    Column("max_received_ns", BigInteger),
    Column("min_span_ns", BigInteger),
    Column("max_span_ns", BigInteger),
    Column("min_log_ns", BigInteger),
    Column("max_log_ns", BigInteger),
    Column("spans", BigInteger),
    Column("logs", BigInteger),
    Column("bytes", BigInteger),
)
"""`state` is `active` (one segment), `sealing` (takes no more rows), `sealed` (never changes again)
or `dropping`. What is known only at sealing is NULL before; bounds of no rows stay NULL."""

known_tenants = Table(
    "tenants",
    control,
    Column("id", Integer, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
)

rollups = Table(
    "rollups",
    control,
    Column("tenant_id", Integer, nullable=False),
    Column("subject", Integer, nullable=False),
    Column("width_s", Integer, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("duration_ns", BigInteger, nullable=False),
    Column("first_after_ns", BigInteger, nullable=False),
    Column("lasted_ns", BigInteger, nullable=False),
    Column("buckets", TEXT, nullable=False),
    Column("slots", TEXT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "subject", "width_s", "start_s", "key_id"),
    sqlite_with_rowid=False,
)
"""Sums over the records of one minute or hour, per key (see `rollups`): `buckets` is the histogram
of their durations. The first of them came `first_after_ns` after `start_s`, the last `lasted_ns`
after the first: of one record, which most are of, that takes half the bytes of two times."""

rollup_keys = Table(
    "rollup_keys",
    control,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("subject", Integer, nullable=False),
    Column("digest", BYTES, nullable=False),
    Column("service", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("detail", Integer, nullable=False),
    UniqueConstraint("tenant_id", "digest"),
)
"""What is counted: a service, an operation, a call. `digest` is of subject, names and detail."""

known_patterns = Table(
    "patterns",
    control,
    Column("tenant_id", Integer, nullable=False),
    Column("pattern_id", BYTES, nullable=False),
    Column("template", TEXT, nullable=False),
    Column("first_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "pattern_id"),
    sqlite_with_rowid=False,
)
"""The patterns of log records, and the bounds of the times of theirs, as far as the rollups are."""

rollup_progress = Table(
    "rollup_progress",
    control,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("span_id", BigInteger, nullable=False),
    Column("log_id", BigInteger, nullable=False),
)
"""One row: every span and log record up to these ids is in `rollups`."""

pins = Table(
    "pins",
    control,
    Column("tenant_id", Integer, nullable=False),
    Column("trace_id", TRACE_ID, nullable=False),
    Column("pinned_ns", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "trace_id"),
    sqlite_with_rowid=False,
)
"""Traces that outlive retention: copied to the segment `PINNED` before theirs is dropped."""

PINNED = 0
"""The number of the segment that holds pinned traces whose own segment is gone."""


def _summary_columns() -> tuple[Column[Any], ...]:
    return (
        Column("id", ID, primary_key=True),
        Column("tenant_id", Integer, nullable=False),
        Column("trace_id", TRACE_ID, nullable=False),
        Column("start_ns", BigInteger, nullable=False),
        Column("end_ns", BigInteger, nullable=False),
        Column("span_count", BigInteger, nullable=False),
        Column("error_count", BigInteger, nullable=False),
        Column("status", Integer, nullable=False),
        Column("root_missing", Integer, nullable=False),
        Column("root_start_ns", BigInteger, nullable=False),
        Column("root_status", Integer, nullable=False),
        Column("root_service", TEXT, nullable=False),
        Column("root_operation", TEXT, nullable=False),
        Column("services", TEXT, nullable=False),
    )


straddling = Table(
    "straddling",
    control,
    *_summary_columns(),
    UniqueConstraint("tenant_id", "trace_id"),
    Index("straddling_by_start", "tenant_id", "start_ns"),
)
"""The whole summary of each trace that has spans in more than one segment."""

straddling_parts = Table(
    "straddling_parts",
    control,
    Column("segment_id", Integer, nullable=False),
    Column("tenant_id", Integer, nullable=False),
    Column("trace_id", TRACE_ID, nullable=False),
    PrimaryKeyConstraint("segment_id", "tenant_id", "trace_id"),
    Index("straddling_parts_by_trace", "tenant_id", "trace_id"),
    sqlite_with_rowid=False,
)
"""Which segments a straddling trace has spans in: lists leave its rows of `traces` there out."""

rollup_kept = Table(
    "rollup_kept",
    control,
    Column("segment_id", Integer, primary_key=True, autoincrement=False),
    Column("upto_ns", BigInteger, nullable=False),
)
"""Segments that were cut: the traces whose last span started up to here are counted as gone."""

segment_traces = Table(
    "segment_traces",
    control,
    Column("segment_id", Integer, nullable=False),
    Column("tenant_id", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("counts", TEXT, nullable=False),
    PrimaryKeyConstraint("segment_id", "tenant_id", "part"),
    sqlite_with_rowid=False,
)
"""The traces of each sealed segment (see `departures`; `counts`: see `tally`). They count from the
moment that a reading does not see the segment any more, until they are in `rollups`. Parts with
negative numbers take back what stays when the segment goes. What a cut took out of a segment goes
by the segment's number made negative."""

insights = Table(
    "insights",
    control,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("pattern_id", BYTES, nullable=False),
    Column("digest", BYTES, nullable=False),
    Column("service", TEXT, nullable=False),
    Column("version", TEXT, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("log_id", BigInteger, nullable=False),
    Column("model", TEXT, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("details", TEXT, nullable=False),
    UniqueConstraint("tenant_id", "pattern_id", "digest"),
)
"""What a model said of a pattern in a version of a service (`digest` is of both names), after
looking at the log record `log_id`. `details` is JSON."""

token_notes = Table(
    "token_notes",
    control,
    Column("id", Integer, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
)
"""What each request to a model has cost, or may cost at most while it runs; of the last hour."""

_ATTACHED = MetaData()


def attached(rows: Table) -> Table:
    """A table of the control database, as who reads a segment names it."""
    known = _ATTACHED.tables.get(f"control.{rows.name}")
    return rows.to_metadata(_ATTACHED, schema="control") if known is None else known


LONG_TRACE_NS = 60 * 10**9


def is_long(traces: FromClause) -> ColumnElement[bool]:
    """Whether a trace is in the index `long_traces`, said as the index says it."""
    return traces.c.end_ns - traces.c.start_ns >= literal_column(str(LONG_TRACE_NS), BigInteger)


segment = MetaData()
"""A segment. Every table but `meta`, `blocks`, `applied_batches` (whose keys are
made from the tenant too) and the indexes (`index`) carries the tenant."""

meta = Table(
    "meta",
    segment,
    Column("key", NAME, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`schema_version`, `first_span_id`, `first_log_id`, `created_ns`, `folded_span_id` (every span up
to this id is in `traces`), `min_received_ns` and `max_received_ns` (of the requests in it)."""

tenants = Table(
    "tenants",
    segment,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", NAME, nullable=False, unique=True),
)

resources = Table(
    "resources",
    segment,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("key", BYTES, nullable=False),
    Column("service_name", TEXT, nullable=False),
    Column("attributes", TEXT, nullable=False),
    Column("dropped_attributes_count", BigInteger, nullable=False),
    Column("schema_url", TEXT, nullable=False),
    UniqueConstraint("tenant_id", "key"),
)

scopes = Table(
    "scopes",
    segment,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("key", BYTES, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("version", TEXT, nullable=False),
    Column("attributes", TEXT, nullable=False),
    Column("dropped_attributes_count", BigInteger, nullable=False),
    Column("schema_url", TEXT, nullable=False),
    UniqueConstraint("tenant_id", "key"),
)

# What queries scan comes first, long text last: SQLite reads a row only as far as it must.
spans = Table(
    "spans",
    segment,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("resource_id", Integer, nullable=False),
    Column("scope_id", Integer, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("trace_id", TRACE_ID, nullable=False),
    Column("span_id", BYTES, nullable=False),
    Column("parent_span_id", BYTES, nullable=False),
    Column("flags", BigInteger, nullable=False),
    Column("dropped_attributes_count", BigInteger, nullable=False),
    Column("dropped_events_count", BigInteger, nullable=False),
    Column("dropped_links_count", BigInteger, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("status_message", TEXT, nullable=False),
    Column("trace_state", TEXT, nullable=False),
    Column("attributes", TEXT, nullable=False),
    Column("events", TEXT, nullable=False),
    Column("links", TEXT, nullable=False),
)

logs = Table(
    "logs",
    segment,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("resource_id", Integer, nullable=False),
    Column("scope_id", Integer, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("severity_number", Integer, nullable=False),
    Column("trace_id", TRACE_ID, nullable=False),
    Column("span_id", BYTES, nullable=False),
    Column("observed_ns", BigInteger, nullable=False),
    Column("flags", BigInteger, nullable=False),
    Column("dropped_attributes_count", BigInteger, nullable=False),
    Column("severity_text", TEXT, nullable=False),
    Column("event_name", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),
    Column("attributes", TEXT, nullable=False),
    Column("pattern_id", BYTES, nullable=False),
)

_SERVERS: Any = ("postgresql", "mysql", "mariadb", "mssql")  # any of them
for _rows in (spans, logs):
    # SQLite, to which random keys are dear, finds traces by the inverted index
    Index(f"{_rows.name}_by_trace", _rows.c.trace_id).ddl_if(dialect=_SERVERS)

patterns = Table(
    "patterns",
    segment,
    Column("tenant_id", Integer, nullable=False),
    Column("id", BYTES, nullable=False),
    Column("template", TEXT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
    sqlite_with_rowid=False,
)
"""The patterns that the log records of the segment are of; a template may become wider later."""

traces = Table(
    "traces",
    segment,
    *_summary_columns(),
    UniqueConstraint("tenant_id", "trace_id"),
    Index("traces_by_start", "tenant_id", "start_ns"),
)
Index(
    "long_traces",
    traces.c.tenant_id,
    traces.c.end_ns,
    sqlite_where=is_long(traces),
    postgresql_where=is_long(traces),
)
"""Derived from the `spans` of the segment (see `summaries`). `services` is their JSON texts,
sorted by name, each between two unit separators, which no JSON text contains: a name is found with
`instr`."""

applied_batches = Table(
    "applied_batches",
    segment,
    Column("id", ID, primary_key=True),
    Column("key", BYTES, nullable=False, unique=True),
    Column("received_ns", BigInteger, nullable=False),
)
"""The keys of the requests that are stored in the segment (`Batch.key`), in order of commit."""

SPAN_SIGNAL, LOG_SIGNAL, FINE = 1, 2, 2
BLOCK_BITS, FINE_BITS = 12, 8

blocks = Table(
    "blocks",
    segment,
    Column("signal", Integer, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("min_ns", BigInteger, nullable=False),
    Column("max_ns", BigInteger, nullable=False),
    PrimaryKeyConstraint("signal", "block"),
    sqlite_with_rowid=False,
)
"""Bounds of the times (a span's start, a log's time) of the rows whose id >> BLOCK_BITS is
`block`, and of the signal + FINE of those whose id >> FINE_BITS is: what turns a time range into
row ids, and a newest-first list into an early stop."""
