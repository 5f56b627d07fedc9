"""The inverted indexes over the rows of `spans` and `logs`, and how SQLite keeps them.

A row is indexed under the words of its document (`words`). An expression finds the ids of exactly
the rows that have those words; the words of columns are hashes, so that such a hit is a superset.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Select,
    Table,
    Text,
    func,
    literal,
    literal_column,
    select,
)

from argus.attributes import MARK
from argus.storage.sql.bulk import INDEX_SIZES, Rows
from argus.storage.sql.words import All, Among, Beginning, Expression

Kind = Literal["span", "log"]
KINDS: tuple[Kind, ...] = ("span", "log")

INT64_MAX = 2**63 - 1

Id = int | ColumnElement[int]
Ids = tuple[int, int]
"""A range of row ids, both ends included."""
ALL_IDS: Ids = (0, INT64_MAX)


class Index(Protocol):
    """The two indexes of a segment, of all tenants."""

    knows_beginnings: bool
    """Whether `Beginning` can be asked."""
    counts: bool
    """Whether `matches` knows."""

    def create(self, connection: Connection, kind: Kind) -> None:
        """Make an index without rows."""

    def clear(self, connection: Connection, kind: Kind) -> None:
        """Take all rows out."""

    def insert(self, connection: Connection, kind: Kind, documents: Sequence[Any]) -> None:
        """Add rows: id, document, id, document ... The rows themselves are there already."""

    def optimize(self, connection: Connection, kind: Kind) -> None:
        """Make look-ups fast in an index that gets no more rows."""

    def ids(self, kind: Kind, expression: Expression, first_id: Id, last_id: Id) -> Select[Any]:
        """The ids in a range of the rows that an expression is true of, as a column `id`."""

    def matches(
        self, connection: Connection, kind: Kind, expression: Expression, most: int, ids: Ids
    ) -> int | None:
        """How many rows in a range an expression is true of, up to a number; None when that takes
        as long to tell as to read them."""

    def span_ids_of_trace(self, spans: FromClause) -> Select[Any]:
        """The ids of the spans of the trace of a span of an outer statement."""


# https://www.sqlite.org/fts5.html
_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {0}_words USING fts5("
    "words, content='', detail=none, columnsize=0, tokenize=\"ascii tokenchars '\x1f'\")"
)
_COUNT = (
    "SELECT count(*) FROM (SELECT 1 FROM {0}_words "
    "WHERE {0}_words MATCH ? AND rowid >= ? AND rowid <= ? LIMIT ?)"
)
_METADATA = MetaData()
_TABLES = {
    kind: Table(f"{kind}_words", _METADATA, Column("rowid", BigInteger), Column("words", Text))
    for kind in KINDS
}


class FullText:
    """Contentless FTS5 tables: log-structured merge trees, to which random keys cost the same at
    the tenth million as at the first."""

    knows_beginnings = counts = True

    def __init__(self) -> None:
        self._rows = {kind: Rows(table, sizes=INDEX_SIZES) for kind, table in _TABLES.items()}

    def create(self, connection: Connection, kind: Kind) -> None:
        connection.exec_driver_sql(_CREATE.format(kind))

    def clear(self, connection: Connection, kind: Kind) -> None:
        connection.exec_driver_sql(f"DROP TABLE {kind}_words")
        self.create(connection, kind)

    def insert(self, connection: Connection, kind: Kind, documents: Sequence[Any]) -> None:
        self._rows[kind].insert(connection, documents)

    def optimize(self, connection: Connection, kind: Kind) -> None:
        connection.exec_driver_sql(f"INSERT INTO {kind}_words ({kind}_words) VALUES ('optimize')")

    def ids(self, kind: Kind, expression: Expression, first_id: Id, last_id: Id) -> Select[Any]:
        return self._matching(kind, _text(expression), first_id, last_id)

    def matches(
        self, connection: Connection, kind: Kind, expression: Expression, most: int, ids: Ids
    ) -> int | None:
        asked = (_text(expression), *ids, most)
        found = connection.exec_driver_sql(_COUNT.format(kind), asked)
        count: int = found.scalar_one()
        return count

    def span_ids_of_trace(self, spans: FromClause) -> Select[Any]:
        trace_id = func.lower(func.hex(spans.c.trace_id))
        word = literal(f'"{MARK}t').concat(trace_id).concat('"')
        return self._matching("span", word, *ALL_IDS).correlate(spans)

    def _matching(
        self, kind: Kind, words: str | ColumnElement[str], first_id: Id, last_id: Id
    ) -> Select[Any]:
        table = _TABLES[kind]
        id_ = table.c.rowid
        return select(id_.label("id")).where(
            literal_column(table.name).op("MATCH")(words), id_ >= first_id, id_ <= last_id
        )


def _text(expression: Expression, *, inner: bool = False) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax"""
    match expression:
        case Among(words):
            text = " OR ".join(f'"{word}"' for word in words)
            return f"({text})" if inner and len(words) > 1 else text
        case Beginning(start):
            return f'"{start}" *'
        case _:
            operator = " AND " if isinstance(expression, All) else " OR "
            text = operator.join(_text(part, inner=True) for part in expression.parts)
            return f"({text})" if inner else text
