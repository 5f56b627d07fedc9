"""Changes what a segment holds without changing what it says: rows go, the index follows."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from argus.attributes import index_words, text_of_string
from argus.model import LogRecord, Resource, Scope, Span
from argus.storage.sql import summaries
from argus.storage.sql.tables import (
    BLOCK_BITS,
    INDEXES,
    LOG_SIGNAL,
    SPAN_SIGNAL,
    logs,
    resources,
    scopes,
    spans,
)
from argus.storage.sql.words import Documents
from argus.storage.sql.writer import Statements

_AT_ONCE = 512
_BLOCKS = f"""
INSERT INTO blocks (signal, block, min_ns, max_ns)
SELECT {{signal}}, id >> {BLOCK_BITS}, min({{time}}), max({{time}})
FROM {{table}} GROUP BY id >> {BLOCK_BITS}
"""
_SPANS = """
SELECT json_group_array(json_array(s.id, service_name, name, kind, status, start_ns, end_ns,
                                   hex(trace_id), s.attributes))
FROM (SELECT * FROM spans WHERE id > ? ORDER BY id LIMIT ?) s JOIN resources r ON resource_id = r.id
"""
_LOGS = """
SELECT json_group_array(json_array(l.id, service_name, severity, hex(trace_id), body, l.attributes,
                                   hex(pattern_id)))
FROM (SELECT * FROM logs WHERE id > ? ORDER BY id LIMIT ?) l JOIN resources r ON resource_id = r.id
"""
_UNUSED = """
DELETE FROM {0}s WHERE id NOT IN (SELECT {0}_id FROM spans UNION SELECT {0}_id FROM logs)
"""
DICTIONARIES = {
    table.name.removesuffix("s"): ", ".join(c.name for c in table.columns if c.name != "id")
    for table in (resources, scopes)
}
"""The columns of the dictionary tables, without their ids."""
COLUMNS = {table.name.removesuffix("s"): [c.name for c in table.columns] for table in (spans, logs)}
"""The columns of the row tables."""
_SPARED = Statements("temp.spared", ("tenant_id", "trace_id"))
_SCOPE = Scope(b"", "", "", "{}")


def delete_upto(
    connection: Connection,
    spans_ns: int | None,
    logs_ns: int | None,
    spared: Sequence[tuple[int, bytes]],
) -> None:
    """Delete spans that start and log records that lie at these times or before (None: none), but
    for those of the spared traces."""
    with connection.begin():
        connection.exec_driver_sql("CREATE TEMP TABLE spared (tenant_id INTEGER, trace_id BLOB)")
        _SPARED.insert(connection, [value for key in spared for value in key])
        for table, column, cut in (("spans", "start_ns", spans_ns), ("logs", "time_ns", logs_ns)):
            if cut is not None:
                connection.exec_driver_sql(
                    f"DELETE FROM {table} WHERE {column} <= ? AND (tenant_id, trace_id) NOT IN "
                    "(SELECT tenant_id, trace_id FROM temp.spared)",
                    (cut,),
                )
        if spans_ns is not None:
            settle_spans(connection)
        if logs_ns is not None:
            settle_logs(connection)
        delete_unused(connection)


def delete_unused(connection: Connection) -> None:
    """Delete resources and scopes that no row names."""
    for name in DICTIONARIES:
        connection.exec_driver_sql(_UNUSED.format(name))


def settle_spans(connection: Connection) -> None:
    """Make index, bounds and summaries anew from the spans that are there."""
    _settle(connection, "span", SPAN_SIGNAL, "start_ns")
    _index(connection, "span", _SPANS, _span_document(Documents()))
    summaries.rebuild(connection)


def settle_logs(connection: Connection) -> None:
    """Make index and bounds anew from the log records that are there."""
    _settle(connection, "log", LOG_SIGNAL, "time_ns")
    _index(connection, "log", _LOGS, _log_document(Documents()))


def _settle(connection: Connection, kind: str, signal: int, time: str) -> None:
    connection.exec_driver_sql(f"DROP TABLE {kind}_words")
    connection.exec_driver_sql(next(one for one in INDEXES if f"{kind}_words" in one))
    connection.exec_driver_sql("DELETE FROM blocks WHERE signal = ?", (signal,))
    connection.exec_driver_sql(_BLOCKS.format(signal=signal, table=f"{kind}s", time=time))


def _index(
    connection: Connection, kind: str, select: str, document: Callable[[Sequence[Any]], str]
) -> None:
    insert = Statements(f"{kind}_words", ("rowid", "words"))
    after = 0
    while True:
        text = connection.exec_driver_sql(select, (after, _AT_ONCE)).scalar_one()
        rows: list[list[Any]] = sorted(msgspec.json.decode(text))
        if not rows:
            break
        insert.insert(connection, [v for row in rows for v in (row[0], document(row))])
        after = rows[-1][0]
    connection.exec_driver_sql(f"INSERT INTO {kind}_words ({kind}_words) VALUES ('optimize')")


def _words(attributes: str) -> str:
    """The words a record was indexed with, from the text of its attributes."""
    values = msgspec.json.decode(attributes, type=dict[str, msgspec.Raw])
    return " ".join(
        index_words(f"{text_of_string(key)}:{bytes(value).decode()}")
        for key, value in values.items()
    )


def _span_document(documents: Documents) -> Callable[[Sequence[Any]], str]:
    def document(row: Sequence[Any]) -> str:
        _, service, name, kind, status, start_ns, end_ns, trace_id, attributes = row
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
        _, service, severity, trace_id, body, attributes, pattern_id = row
        return documents.of_log(
            LogRecord(
                Resource(b"", service, "{}"), _SCOPE, 0, 0, severity, severity, "", body, "",
                bytes.fromhex(trace_id), b"", 0, "{}", 0, _words(attributes), 0,
                bytes.fromhex(pattern_id),
            )
        )  # fmt: skip

    return document
