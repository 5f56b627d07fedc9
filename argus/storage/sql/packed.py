"""Rows that cross into Python at once.

SQLite gives up the interpreter lock at every row, and beside a busy thread each one waits for it
again: there all rows are one JSON value. The drivers of servers fetch as many rows in one go.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    LargeBinary,
    Select,
    Subquery,
    func,
    select,
)


class Prepared:
    """A statement that is run often, with other values of its `bindparam`s: to put one together
    and to look its SQL up takes several times as long as most of them run."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any]) -> None:
        self.statement = statement

    @cached_property
    def packed(self) -> Select[Any]:
        """What yields all its rows as one JSON value."""
        inner, columns = _texts_of_bytes(self.statement)
        return select(func.json_group_array(func.json_array(*columns))).select_from(inner)


Statement = Select[Any] | CompoundSelect[Any] | Prepared


def packed_rows(
    connection: Connection, statement: Statement, parameters: Mapping[str, Any] | None = None
) -> list[list[Any]]:
    """The rows of a statement, bytes as hex text in upper case."""
    prepared = statement if isinstance(statement, Prepared) else Prepared(statement)
    if connection.dialect.name != "sqlite":
        rows = connection.execute(prepared.statement, parameters)
        return [list(map(plain, row)) for row in rows]
    text = connection.execute(prepared.packed, parameters).scalar_one()
    decoded: list[list[Any]] = msgspec.json.decode(text)
    return decoded


def packed_columns(
    connection: Connection, statement: Select[Any], parameters: Mapping[str, Any] | None = None
) -> list[list[Any]]:
    """The columns of the rows of a statement, bytes as hex text in upper case.

    A list for each column costs a third of what a list for each row does.
    """
    if connection.dialect.name != "sqlite":
        rows = [list(map(plain, row)) for row in connection.execute(statement, parameters)]
        return [[row[at] for row in rows] for at in range(len(statement.selected_columns))]
    inner, columns = _texts_of_bytes(statement)
    packed = select(*map(func.json_group_array, columns)).select_from(inner)
    return [msgspec.json.decode(text) for text in connection.execute(packed, parameters).one()]


def _texts_of_bytes(
    statement: Select[Any] | CompoundSelect[Any],
) -> tuple[Subquery, list[ColumnElement[Any]]]:
    """A statement as a table, and its columns with bytes as hex text."""
    inner = statement.subquery()
    return inner, [func.hex(c) if isinstance(c.type, LargeBinary) else c for c in inner.c]


def plain(value: Any) -> Any:
    """A value of a server's driver as SQLite has it: what is whole is an `int`, bytes are text."""
    match value:
        case bytes():
            return value.hex().upper()
        case bool() | Decimal():
            return int(value)
    return value
