"""How SQLite segments of older schema versions are read as current ones, and brought up to date.

A segment that is only read stays as it is: temporary views stand before the tables that changed.
One that is written to anyway gets what it lacks first. (Version 2 added the patterns of logs.)
"""

from typing import Any

from argus.storage.sql.tables import SCHEMA_VERSION

_SINCE_2 = {
    "logs": "SELECT *, x'' AS pattern_id FROM main.logs",
    "patterns": "SELECT 0 AS tenant_id, x'' AS id, '' AS template WHERE false",
}
_UPGRADES = {
    1: (
        "ALTER TABLE logs ADD COLUMN pattern_id BLOB DEFAULT x'' NOT NULL",
        "CREATE TABLE patterns (tenant_id INTEGER NOT NULL, id BLOB NOT NULL, "
        "template TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID",
    )
}


def _version(connection: Any) -> int:
    """The version of a segment; the current one for a file without tables."""
    has_meta = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'meta'"
    if not connection.execute(has_meta).fetchone()[0]:
        return SCHEMA_VERSION
    stated = "SELECT value FROM main.meta WHERE key = 'schema_version'"
    row = connection.execute(stated).fetchone()
    return SCHEMA_VERSION if row is None else int(row[0])


def read_as_current(connection: Any) -> None:
    """Let a DB-API connection that reads a segment see the tables of the current version."""
    if _version(connection) < 2:
        for name, rows in _SINCE_2.items():
            connection.execute(f"CREATE TEMP VIEW {name} AS {rows}")


def upgrade(connection: Any) -> None:
    """Bring a segment that is open for writing to the current version, in one transaction."""
    version = _version(connection)
    if version == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, SCHEMA_VERSION):
            for statement in _UPGRADES[step]:
                connection.execute(statement)
        connection.execute(
            "UPDATE meta SET value = ? WHERE key = 'schema_version'", (SCHEMA_VERSION,)
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
