"""No query can leave its tenant: readers have no way to the tables but a `View`."""

import ast
import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from argus.storage import Storage
from argus.storage.sql import migrations, tables
from argus.storage.sql.engine import View

SQL = Path(migrations.__file__).parent
UNSCOPED = {
    "engine": "filters by tenant",
    "segment": "knows the signals by their numbers",
    "segments": "keeps the registry",
    "writer": "adds the tenant",
    "exactly_once": "compares within a tenant",
    "summaries": "groups by tenant",
    "straddling": "joins within a tenant",
    "control": "gives out the ids of tenants",
    "files": "makes the tables",
    "file_reading": "opens what it is asked for",
    "backend": "says what a database must know",
    "index": "finds ids of all tenants, for a view to filter",
    "bulk": "inserts what it is given",
    "active": "notes when requests came",
    "sealing": "merges the index",
    "rewrite": "makes the index anew",
    "pins": "copies by tenant",
    "departures": "counts by tenant",
    "purge": "deletes for all tenants",
    "retention": "counts over all tenants",
    "rollups": "groups by tenant",
    "rollup_store": "keeps tenants apart by key",
    "rolling": "feeds the rollups",
    "packed": "reads what it is given",
    "insights": "is given the tenant, or reads through the view",
    "versions": "reads older segments as they are",
    "migrations": "brings the schema up to date",
    "tables": "defines them",
}
RAW = {"text", "table", "exec_driver_sql", "literal_column", "TextClause", "read_all", "Connection"}


def complaints(source: str) -> list[str]:
    """Ways past the view in the source of a module."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                imported = {f"{module}.{name.name}" for name in names} | {module}
                if any(name.startswith("argus.storage.sql.tables") for name in imported):
                    found.append(f"line {node.lineno}: imports the tables")
                used = {name.name for name in names} & RAW if module == "sqlalchemy" else set()
                found += [f"line {node.lineno}: imports {name}" for name in used]
            case ast.Import(names=names):
                if any("argus.storage.sql" in name.name for name in names):
                    found.append(f"line {node.lineno}: imports a module whole")
            case ast.Attribute(attr=attribute) if attribute in RAW or attribute == "_connection":
                found.append(f"line {node.lineno}: uses {attribute}")
    return found


def readers() -> list[Path]:
    others = {"__init__", "storage", "driver", "lock", "words", "duplicates", "seen"}
    others |= {"texts", "trace_filter", "upkeep"}
    return [p for p in sorted(SQL.glob("*.py")) if p.stem not in UNSCOPED.keys() | others]


def test_no_module_that_reads_for_a_tenant_touches_the_tables() -> None:
    assert {path.stem for path in readers()} >= {"logs", "overview", "rows", "traces", "paging"}
    for path in readers():
        assert complaints(path.read_text()) == [], path.name


@pytest.mark.parametrize(
    "source",
    [
        "from argus.storage.sql.tables import spans",
        "from argus.storage.sql import tables",
        "import argus.storage.sql.tables",
        "from sqlalchemy import text",
        "view._connection.execute('SELECT 1')",
        "connection.exec_driver_sql('SELECT * FROM spans')",
    ],
)
def test_a_way_past_the_view_is_found(source: str) -> None:
    assert len(complaints(source)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "spans",
        "logs",
        "traces",
        "resources",
        "scopes",
        "straddling",
        "straddling_parts",
        "rollups",
        "rollup_keys",
        "patterns",
        "insights",
        "segment_traces",
    ],
)
def test_every_table_of_a_view_is_filtered(name: str) -> None:
    statement = select(func.count()).select_from(getattr(View, name))
    assert f"{name}.tenant_id = :tenant_id" in str(statement)


def test_every_table_with_a_tenant_is_in_the_view_as_a_filtered_one() -> None:
    owned = {t.name for t in tables.segment.sorted_tables if "tenant_id" in t.c}
    # the patterns of a segment are for the rollups; answers take those of the control database
    assert owned - {"patterns"} == {"spans", "logs", "traces", "resources", "scopes"}
    joined = {t.name for t in tables.control.sorted_tables if "tenant_id" in t.c} - {"pins"}
    derived = {"straddling", "straddling_parts", "rollups", "rollup_keys", "patterns"}
    assert joined == derived | {"insights", "segment_traces"}
    raw = {
        t.name for t in tables.segment.sorted_tables if any(t is one for one in vars(View).values())
    }
    assert raw == {"blocks"}


async def test_a_statement_cannot_run_without_a_tenant(storage: Storage) -> None:
    assert await storage.reader("default").service_names() == []
    database = storage._database  # type: ignore[attr-defined]

    def read() -> None:
        with database.reading() as reading, pytest.raises(StatementError):
            reading.connection(reading.segments[0]).execute(select(View.spans.c.id))

    await asyncio.to_thread(read)
