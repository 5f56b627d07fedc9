"""Reads what a server stored without asking it: its segments, by SQL, beside the server."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from argus.storage.sql.servers.schemas import Schemas
from bench.baseline import connect
from bench.reliability.records import Row

_SPANS = """
SELECT s.trace_id, s.span_id, s.start_ns, s.end_ns, s.name, r.service_name, s.attributes
FROM spans s JOIN resources r ON r.id = s.resource_id"""
_LOGS = """
SELECT l.time_ns, l.body, r.service_name, l.attributes
FROM logs l JOIN resources r ON r.id = l.resource_id"""


def databases(folder: Path) -> list[Path]:
    """Every database file of a server: its control database and its segments, oldest first."""
    return [folder / "argus.db", *sorted((folder / "argus.db.segments").glob("[0-9]*.db"))]


def _open(path: Path) -> Any:
    return closing(connect(f"file:{path}?mode=ro", uri=True, timeout=30))


class _Segment:
    """A segment of a database server, to be asked as a file is."""

    def __init__(self, schemas: Schemas, number: int) -> None:
        self._connection = schemas.reader(number, settled=True)
        self._schema = schemas.schema(number)

    def execute(self, statement: str) -> Any:
        for table in ("spans", "logs", "resources"):
            statement = statement.replace(f" {table}", f" {self._schema}.{table}")
        return self._connection.execute(text(statement))

    def close(self) -> None:
        self._connection.close()


def _segments(data: Path | Schemas) -> Iterator[Any]:
    if isinstance(data, Path):
        yield from map(_open, databases(data)[1:])
    else:
        for number in sorted(data.numbers()):
            yield closing(_Segment(data, number))


def stored(data: Path | Schemas) -> Iterator[Row]:
    """Every row of every segment, as the record it must be."""
    for segment in _segments(data):
        with segment as connection:
            for trace_id, span_id, start, end, name, service, attributes in connection.execute(
                _SPANS
            ):
                values = json.loads(attributes)
                number = values.get("oracle.number", -1)
                yield Row(
                    number, "traces", trace_id, span_id, start, end, name, service, values
                )  # fmt: skip
            for time_ns, body, service, attributes in connection.execute(_LOGS):
                values = json.loads(attributes)
                number = values.get("oracle.number", -1)
                yield Row(
                    number, "logs", b"", b"", time_ns, 0, json.loads(body), service, values
                )  # fmt: skip


def count(data: Path | Schemas) -> tuple[int, int]:
    """(spans, log records) in all segments."""
    spans = logs = 0
    for segment in _segments(data):
        with segment as connection:
            spans += connection.execute("SELECT count(*) FROM spans").fetchone()[0]
            logs += connection.execute("SELECT count(*) FROM logs").fetchone()[0]
    return spans, logs


def damage(data: Path | Schemas) -> list[str]:
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
