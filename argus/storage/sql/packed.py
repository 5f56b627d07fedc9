"""Rows that cross into Python at once.

SQLite gives up the interpreter lock at every row, and beside a busy thread each one waits for it
again: there all rows are one JSON value. The drivers of servers fetch as many rows in one go.
"""

from collections.abc import Mapping
from decimal import Decimal
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


def packed_rows(
    connection: Connection,
    statement: Select[Any] | CompoundSelect[Any],
    parameters: Mapping[str, Any] | None = None,
) -> list[list[Any]]:
    """The rows of a statement, bytes as hex text in upper case."""
    if connection.dialect.name != "sqlite":
        return [list(map(plain, row)) for row in connection.execute(statement, parameters)]
    inner, columns = _texts_of_bytes(statement)
    packed = select(func.json_group_array(func.json_array(*columns))).select_from(inner)
    text = connection.execute(packed, parameters).scalar_one()
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
