"""How SQLite segments of older schema versions are read as current ones, and brought up to date.

A segment that is only read stays as it is: temporary views stand before the tables that changed.
One that is written to anyway gets what it lacks first. (Version 2 added the patterns of logs.)
"""

from typing import Any

from argus.storage.sql.tables import SCHEMA_VERSION

_SINCE_2 = {
    "logs": "SELECT *, x'' AS pattern_id FROM {0}.logs",
    "patterns": "SELECT 0 AS tenant_id, x'' AS id, '' AS template WHERE false",
}
_UPGRADES = {
    1: (
        "ALTER TABLE logs ADD COLUMN pattern_id BLOB DEFAULT x'' NOT NULL",
        "CREATE TABLE patterns (tenant_id INTEGER NOT NULL, id BLOB NOT NULL, "
        "template TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID",
    )
}


def _version(connection: Any, schema: str) -> int:
    """The version of a segment; the current one for a file without tables."""
    has_meta = f"SELECT count(*) FROM {schema}.sqlite_schema WHERE name = 'meta'"
    if not connection.execute(has_meta).fetchone()[0]:
        return SCHEMA_VERSION
    stated = f"SELECT value FROM {schema}.meta WHERE key = 'schema_version'"
    row = connection.execute(stated).fetchone()
    return SCHEMA_VERSION if row is None else int(row[0])


def read_as_current(connection: Any) -> None:
    """Let a DB-API connection that reads a segment see the tables of the current version."""
    if _version(connection, "main") < 2:
        for name, rows in _SINCE_2.items():
            connection.execute(f"CREATE TEMP VIEW {name} AS {rows.format('main')}")


def name_source(connection: Any) -> None:
    """Let a connection that has a segment attached as `source` read its tables, as they are in the
    current version, as `source_logs` and `source_patterns`."""
    old = _version(connection, "source") < 2
    for name, rows in _SINCE_2.items():
        rows = rows.format("source") if old else f"SELECT * FROM source.{name}"
        connection.execute(f"CREATE TEMP VIEW source_{name} AS {rows}")


def upgrade(connection: Any) -> None:
    """Bring a segment that is open for writing to the current version, in one transaction."""
    version = _version(connection, "main")
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
