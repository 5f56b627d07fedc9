"""Inserts many rows at once on database servers; see `bulk`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table, and_, bindparam, delete, func, insert, select
from sqlalchemy.dialects import mysql, postgresql

from argus.storage.sql.types import without_nul


class Wanted(Protocol):
    """What to insert into which table, and what becomes of rows whose keys are there."""

    table: Table
    columns: list[str]
    keys: tuple[str, ...]
    merge: Mapping[str, str]


Way = Callable[[Wanted, Connection, Sequence[Any]], None]


def into_postgres(wanted: Wanted, connection: Connection, flat: Sequence[Any]) -> None:
    """By COPY, but for rows that may be there."""
    if not wanted.keys:
        _copy(wanted, connection, flat)
        return
    statement = postgresql.insert(wanted.table)
    new = statement.excluded
    changes = _changes(wanted, new, func.least, func.greatest)
    connection.execute(
        statement.on_conflict_do_update(index_elements=wanted.keys, set_=changes)
        if changes
        else statement.on_conflict_do_nothing(),
        _rows(wanted, flat),
    )


def _copy(wanted: Wanted, connection: Connection, flat: Sequence[Any]) -> None:
    width = len(wanted.columns)
    values = [without_nul(value) if isinstance(value, str) else value for value in flat]
    schemas = connection.get_execution_options().get("schema_translate_map", {})
    held: Any = connection.connection.dbapi_connection
    held.begin()  # the driver adapter begins a transaction with its own first statement
    held.run(
        held.driver_connection.copy_records_to_table(
            wanted.table.name,
            schema_name=schemas.get(wanted.table.schema),
            columns=wanted.columns,
            records=zip(*[iter(values)] * width, strict=True),
        )
    )


def into_mysql(wanted: Wanted, connection: Connection, flat: Sequence[Any]) -> None:
    """As statements of many rows, which the driver makes."""
    statement = mysql.insert(wanted.table)
    if wanted.keys:
        changes = _changes(wanted, statement.inserted, func.least, func.greatest)
        first = wanted.keys[0]
        statement = statement.on_duplicate_key_update(changes or {first: wanted.table.c[first]})
    connection.execute(statement, _rows(wanted, flat))


def into_sqlserver(wanted: Wanted, connection: Connection, flat: Sequence[Any]) -> None:
    """As many inserts. Rows that are there are read, merged and written anew."""
    rows = _rows(wanted, flat)
    if wanted.keys:
        rows = _merged(wanted, connection, rows)
    if rows:
        connection.execute(insert(wanted.table), rows)


def _merged(
    wanted: Wanted, connection: Connection, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What to insert in the place of rows; what has to make room for it is deleted."""
    choices: dict[str, Callable[[Any, Any], Any]] = {
        "new": lambda _, new: new, "min": min, "max": max,
    }  # fmt: skip
    c = wanted.table.c
    same = and_(*(c[key] == bindparam(f"key_{key}") for key in wanted.keys))
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in wanted.keys)
        if key not in found:
            keys = {f"key_{name}": row[name] for name in wanted.keys}
            columns = select(*(c[name] for name in wanted.columns)).where(same)
            stored = connection.execute(columns, keys).mappings().one_or_none()
            if stored is None:
                found[key] = row
                continue
            if not wanted.merge:
                continue
            connection.execute(delete(wanted.table).where(same), keys)
            found[key] = dict(stored)
        for name, how in wanted.merge.items():
            found[key][name] = choices[how](found[key][name], row[name])
    return list(found.values())


def _changes(
    wanted: Wanted, new: Any, least: Callable[..., Any], greatest: Callable[..., Any]
) -> dict[str, Any]:
    c = wanted.table.c
    made: dict[str, Callable[[str], Any]] = {
        "new": lambda name: new[name],
        "min": lambda name: least(c[name], new[name]),
        "max": lambda name: greatest(c[name], new[name]),
    }
    return {name: made[how](name) for name, how in wanted.merge.items()}


def _rows(wanted: Wanted, flat: Sequence[Any]) -> list[dict[str, Any]]:
    columns, width = wanted.columns, len(wanted.columns)
    return [
        dict(zip(columns, flat[start : start + width], strict=True))
        for start in range(0, len(flat), width)
    ]


WAYS: Mapping[str, Way] = {
    "postgresql": into_postgres,
    "mysql": into_mysql,
    "mariadb": into_mysql,
    "mssql": into_sqlserver,
}
"""By the name of the dialect."""
