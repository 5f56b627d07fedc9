"""Rows that cross into Python as one JSON value.

A fetch of many rows beside a busy thread waits for the interpreter lock at every row.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import CompoundSelect, Connection, LargeBinary, Select, func, select


def packed_rows(
    connection: Connection,
    statement: Select[Any] | CompoundSelect[Any],
    parameters: Mapping[str, Any] | None = None,
) -> list[list[Any]]:
    """The rows of a statement, bytes as hex text."""
    inner = statement.subquery()
    columns = [func.hex(c) if isinstance(c.type, LargeBinary) else c for c in inner.c]
    packed = select(func.json_group_array(func.json_array(*columns))).select_from(inner)
    text = connection.execute(packed, parameters).scalar_one()
    decoded: list[list[Any]] = msgspec.json.decode(text)
    return decoded
