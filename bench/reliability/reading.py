"""Reads what a server stored without asking it: its segments, by SQL, beside the server."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.baseline import connect
from bench.database_servers import Server
from bench.reliability.records import Row

_FROM_SPANS = "FROM {}spans s JOIN {}resources r ON r.id = s.resource_id ORDER BY s.id"
_FROM_LOGS = "FROM {}logs l JOIN {}resources r ON r.id = l.resource_id ORDER BY l.id"
_SPANS = "s.trace_id, s.span_id, s.start_ns, s.end_ns, s.name, r.service_name, s.attributes"
_LOGS = "l.time_ns, l.body, r.service_name, l.attributes"

_SEGMENTS = {
    "postgres": "SELECT nspname FROM pg_namespace WHERE nspname ~ '^seg_[0-9]+$' ORDER BY 1",
    "mysql": "SELECT schema_name FROM information_schema.schemata "
    "WHERE schema_name REGEXP concat('^', database(), '_seg_[0-9]+$') ORDER BY 1",
}
_ARRAY = {"postgres": "SELECT json_build_array({}) {}", "mysql": "SELECT json_array({}) {}"}
_HEX = {"postgres": "encode({}, 'hex')", "mysql": "lower(hex({}))"}


class Tables:
    """A database of a server, read by the server's own client."""

    def __init__(self, server: Server, database: str) -> None:
        self._server = server
        self.name = database

    def segments(self) -> list[str]:
        """What their tables' names begin with, oldest first."""
        return [f"{name}." for name in self.ask(_SEGMENTS[self._server.driver])]

    def ask(self, statement: str) -> list[str]:
        """The lines that a statement answers."""
        return self._server.ask(statement, self.name)

    def rows(self, columns: str, source: str, segment: str) -> Iterator[list[Any]]:
        """Rows of a segment; bytes are hexadecimal text."""
        for column in ("s.trace_id", "s.span_id"):
            columns = columns.replace(column, _HEX[self._server.driver].format(column))
        text = _ARRAY[self._server.driver].format(columns, source.format(segment, segment))
        for line in self.ask(text):
            yield json.loads(line)


Data = Path | Tables
"""Where a server's records lie: the folder of its files, or a database."""


def databases(folder: Path) -> list[Path]:
    """Every database file of a server: its control database and its segments, oldest first."""
    return [folder / "argus.db", *sorted((folder / "argus.db.segments").glob("[0-9]*.db"))]


def _open(path: Path) -> Any:
    return closing(connect(f"file:{path}?mode=ro", uri=True, timeout=30))


def _all(data: Data, columns: str, source: str) -> Iterator[Iterable[Any]]:
    """The rows of each segment, oldest first."""
    if isinstance(data, Tables):
        for segment in data.segments():
            yield data.rows(columns, source, segment)
        return
    for path in databases(data)[1:]:
        with _open(path) as connection:
            yield connection.execute(f"SELECT {columns} {source.format('', '')}")


def _bytes(value: bytes | str) -> bytes:
    return bytes.fromhex(value) if isinstance(value, str) else value


def stored(data: Data) -> Iterator[Row]:
    """Every row of every segment, as the record it must be: spans, then log records, each in the
    order in which they were stored."""
    for rows in _all(data, _SPANS, _FROM_SPANS):
        for trace_id, span_id, start, end, name, service, attributes in rows:
            values = json.loads(attributes)
            number = values.get("oracle.number", -1)
            ids = _bytes(trace_id), _bytes(span_id)
            yield Row(number, "traces", *ids, start, end, name, service, values)
    for rows in _all(data, _LOGS, _FROM_LOGS):
        for time_ns, body, service, attributes in rows:
            values = json.loads(attributes)
            number = values.get("oracle.number", -1)
            yield Row(number, "logs", b"", b"", time_ns, 0, json.loads(body), service, values)


def count(data: Data) -> tuple[int, int]:
    """(spans, log records) in all segments."""
    spans, logs = (
        sum(row[0] for rows in _all(data, "count(*)", f"FROM {{}}{table}") for row in rows)
        for table in ("spans", "logs")
    )
    return spans, logs


def damage(data: Data) -> list[str]:
    """What SQLite's own check finds wrong in any file; nothing in a sound one."""
    found: list[str] = []
    for path in databases(data) if isinstance(data, Path) else ():
        with _open(path) as connection:
            for (line,) in connection.execute("PRAGMA integrity_check"):
                if line != "ok":
                    found.append(f"{path.name}: {line}")
    return found


def span_ids(folder: Path, service: str) -> list[bytes]:
    """The span ids of every row of one service."""
    found: list[bytes] = []
    for path in databases(folder)[1:]:
        with _open(path) as connection:
            rows = connection.execute(
                "SELECT s.span_id FROM spans s JOIN resources r ON r.id = s.resource_id "
                "WHERE r.service_name = ?",
                (service,),
            )
            found += [row[0] for row in rows]
    return found
