"""Changes what a segment holds without changing what it says: rows go, the index follows."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    and_,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
)

from argus.attributes import index_words, text_of_string
from argus.model import LogRecord, Resource, Scope, Span
from argus.storage.sql import summaries
from argus.storage.sql.index import Index, Kind
from argus.storage.sql.packed import packed_rows
from argus.storage.sql.spelling import whole_parts
from argus.storage.sql.tables import (
    BLOCK_BITS,
    FINE,
    FINE_BITS,
    LOG_SIGNAL,
    SPAN_SIGNAL,
    attached,
    blocks,
    logs,
    pins,
    resources,
    scopes,
    spans,
)
from argus.storage.sql.words import Documents

_AT_ONCE = 512
_SCOPE = Scope(b"", "", "", "{}")


def delete_upto(
    connection: Connection, index: Index, spans_ns: int | None, logs_ns: int | None
) -> None:
    """Delete spans that start and log records that lie at these times or before (None: none), but
    for those of pinned traces."""
    pinned = select(attached(pins).c.tenant_id, attached(pins).c.trace_id)
    with connection.begin():
        for table, moment, cut in (
            (spans, spans.c.start_ns, spans_ns),
            (logs, logs.c.time_ns, logs_ns),
        ):
            if cut is not None:
                trace = tuple_(table.c.tenant_id, table.c.trace_id)
                connection.execute(delete(table).where(moment <= cut, trace.not_in(pinned)))
        if spans_ns is not None:
            settle_spans(connection, index)
        if logs_ns is not None:
            settle_logs(connection, index)
        delete_unused(connection)


def delete_unused(connection: Connection) -> None:
    """Delete resources and scopes that no row names."""
    for table, of_span, of_log in (
        (resources, spans.c.resource_id, logs.c.resource_id),
        (scopes, spans.c.scope_id, logs.c.scope_id),
    ):
        unused = and_(table.c.id.not_in(select(of_span)), table.c.id.not_in(select(of_log)))
        connection.execute(delete(table).where(unused))


def settle_spans(connection: Connection, index: Index) -> None:
    """Make index, bounds and summaries anew from the spans that are there."""
    _settle(connection, SPAN_SIGNAL, spans.c.id, spans.c.start_ns)
    columns = (*(spans.c[name] for name in _SPAN), resources.c.service_name)
    _index(connection, index, "span", columns, _span_document(Documents()))
    summaries.rebuild(connection)


def settle_logs(connection: Connection, index: Index) -> None:
    """Make index and bounds anew from the log records that are there."""
    _settle(connection, LOG_SIGNAL, logs.c.id, logs.c.time_ns)
    columns = (*(logs.c[name] for name in _LOG), resources.c.service_name)
    _index(connection, index, "log", columns, _log_document(Documents()))


_SPAN = ("id", "name", "kind", "status", "start_ns", "end_ns", "trace_id", "attributes")
_LOG = ("id", "severity", "trace_id", "body", "attributes", "pattern_id")


def _settle(connection: Connection, signal: int, id_: Column[int], moment: Column[int]) -> None:
    names = [column.name for column in blocks.columns]
    for level, bits in ((signal, BLOCK_BITS), (signal + FINE, FINE_BITS)):
        connection.execute(delete(blocks).where(blocks.c.signal == level))
        block = whole_parts(id_, literal_column(str(1 << bits)))
        bounds = select(literal(level), block, func.min(moment), func.max(moment)).group_by(block)
        connection.execute(insert(blocks).from_select(names, bounds))


def _index(
    connection: Connection,
    index: Index,
    kind: Kind,
    columns: Sequence[Column[Any]],
    document: Callable[[Sequence[Any]], str],
) -> None:
    index.clear(connection, kind)
    id_ = columns[0]
    rows = select(*columns).join_from(
        id_.table, resources, id_.table.c.resource_id == resources.c.id
    )
    after = 0
    while True:
        some = rows.where(id_ > after).order_by(id_).limit(_AT_ONCE)
        found = packed_rows(connection, some)
        if not found:
            break
        index.insert(connection, kind, [v for row in found for v in (row[0], document(row))])
        after = max(row[0] for row in found)
    index.optimize(connection, kind)


def _words(attributes: str) -> str:
    """The words a record was indexed with, from the text of its attributes."""
    values = msgspec.json.decode(attributes, type=dict[str, msgspec.Raw])
    return " ".join(
        index_words(f"{text_of_string(key)}:{bytes(value).decode()}")
        for key, value in values.items()
    )


def _span_document(documents: Documents) -> Callable[[Sequence[Any]], str]:
    def document(row: Sequence[Any]) -> str:
        _, name, kind, status, start_ns, end_ns, trace_id, attributes, service = row
        return documents.of_span(
            Span(
                Resource(b"", service, "{}"), _SCOPE, bytes.fromhex(trace_id), b"", b"", name,
                kind, start_ns, end_ns, status, "", "", 0, "{}", 0, "", 0, "", 0,
                _words(attributes),
            )
        )  # fmt: skip

    return document


def _log_document(documents: Documents) -> Callable[[Sequence[Any]], str]:
    def document(row: Sequence[Any]) -> str:
        _, severity, trace_id, body, attributes, pattern_id, service = row
        return documents.of_log(
            LogRecord(
                Resource(b"", service, "{}"), _SCOPE, 0, 0, severity, severity, "", body, "",
                bytes.fromhex(trace_id), b"", 0, "{}", 0, _words(attributes), 0,
                bytes.fromhex(pattern_id),
            )
        )  # fmt: skip

    return document
