"""Every statement of the storage is one that SQL Server can parse, and means what it should where
another database can run it. No server runs it here."""

import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlalchemy import (
    ClauseElement,
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    Select,
    Table,
    event,
    select,
    union,
)  # fmt: skip
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable, ExecutableDDLElement

from argus.errors import StartError
from argus.model import Pattern
from argus.query import parse
from argus.query.tree import Test as TestOf
from argus.storage import (
    Insight,
    InsightKey,
    LogQuery,
    PatternQuery,
    RecordQuery,
    Retention,
    SegmentLimits,
    Storage,
    TimeRange,
)
from argus.storage import TraceQuery as Traces
from argus.storage import open as door
from argus.storage.sql.bulk import Rows
from argus.storage.sql.driver import sqlite_engine
from argus.storage.sql.files import SegmentFiles
from argus.storage.sql.index import Index
from argus.storage.sql.servers.index import LikeIndex
from argus.storage.sql.servers.inserts import into_sqlserver
from argus.storage.sql.servers.sqlserver import SqlServer, prepare
from argus.storage.sql.tables import control, logs, segment, spans
from argus.storage.sql.types import BYTES, ID, TEXT
from tests.builders import NOON, a_batch, a_log_record, a_resource, a_span, a_trace_id
from tests.storage.conftest import all_sealed

SCHEMAS = {None: "seg_000001", "control": "dbo"}


def sqlserver() -> Any:
    dialect = mssql.dialect()
    prepare(dialect)
    return dialect


def require_parsed(statement: str) -> None:
    (tree,) = sqlglot.parse(statement, read="tsql")
    assert tree is not None
    assert not isinstance(tree, sqlglot.exp.Command), statement


class Alike(SegmentFiles):
    """SQLite asked as SQL Server is: words by LIKE, and no call into Python."""

    calls_python = False

    def __init__(self, control: Path) -> None:
        super().__init__(control)
        self.index: Index = LikeIndex()

    def trace_ids(self, number: int) -> list[bytes]:
        both = union(select(spans.c.trace_id), select(logs.c.trace_id))
        with self.reader(number, settled=True) as connection:
            return [trace_id for trace_id in connection.execute(both).scalars() if trace_id]


Executed = list[tuple[ClauseElement, dict[str, Any]]]


@pytest.fixture
def statements() -> Iterator[Executed]:
    """What is executed, each with the values of its parameters."""
    seen: Executed = []

    def note(connection: Connection, clause: Any, *others: Any) -> None:
        _, values, _ = others
        if isinstance(clause, ClauseElement) and not isinstance(clause, ExecutableDDLElement):
            seen.append((clause, dict(values)))

    event.listen(Engine, "before_execute", note)
    yield seen
    event.remove(Engine, "before_execute", note)


@pytest.fixture
async def storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: Executed
) -> AsyncIterator[Storage]:
    monkeypatch.setattr(door, "SegmentFiles", Alike)
    found = await door.open_storage(
        "sqlite", str(tmp_path / "argus.db"), query_timeout_s=10,
        limits=SegmentLimits(rows=6), retention=Retention(days=1e6, traces_days=9e5),
    )  # fmt: skip
    yield found
    await found.close()


async def filtered(storage: Storage, everything: TimeRange) -> None:
    reader = storage.reader("default")
    for text in ("GET", "n:>1", "http.route:/a", "zone:4", "NOT zone:4", "root.name:GET*",
                 '"get a"', "service:sh*", "ge*", "status:error OR kind:server",
                 "duration:>1ms", "http.route:*"):  # fmt: skip
        tree = parse(text, "traces")
        for sort in ("start_time", "duration", "service"):
            await reader.find_traces(Traces(filter=tree, sort_by=sort))
        query = RecordQuery("traces", everything, filter=tree)
        await reader.count_keys(query)
        for wanted in ("http.route:x", "name:x", "service:x", "scope:x"):
            tree_of = parse(wanted, "traces")
            assert isinstance(tree_of, TestOf)
            target = tree_of.target
            await reader.count_values(query, target, 10**9)
        await reader.contrast(query, tree)


async def patterned(storage: Storage, everything: TimeRange) -> None:
    reader = storage.reader("default")
    pattern = Pattern(b"8 bytes.", "order <*>")
    batch = a_batch(a_log_record("order 9", pattern_id=pattern.id))
    await storage.writer.write([replace(batch, patterns=[pattern])])
    query = PatternQuery(everything, ("shop",), ("INFO",), new_since_ns=1)
    assert [one.template for one in (await reader.patterns(query)).patterns] == ["order <*>"]
    found = await reader.find_logs(LogQuery(filter=parse(f"pattern:{pattern.id.hex()}", "logs")))
    (record,) = found.items
    assert await reader.get_log(record.id) == record
    assert await storage.known_patterns()
    insight = Insight(InsightKey(pattern.id, "shop", ""), NOON, record.id, "m", 3, "text", "{}")
    await storage.put_insight("default", insight)
    assert await reader.insights([insight.key]) == {insight.key: insight}
    note = await storage.note_tokens(NOON, 900)
    await storage.correct_tokens(note, 3)
    assert await storage.noted_tokens(0) == [(NOON, 3)]


async def exercised(storage: Storage) -> None:
    trace_id, other = a_trace_id(), a_trace_id()
    resource = a_resource(attributes={"service.name": "shop", "zone": 4})
    for number in range(3):
        batch = a_batch(
            a_span(trace_id=trace_id, name="GET /a", attributes={"http.route": "/a", "n": number}),
            a_span(trace_id=other, status=2, resource=resource),
            a_span(start_ns=NOON + number),
        )
        batch.key = b"%d" % number
        await storage.writer.write([batch, a_batch(a_log_record("late order", trace_id=trace_id))])
        await storage.writer.write([batch])
    await all_sealed(storage)
    reader = storage.reader("default")
    everything = TimeRange(NOON - 10**9, NOON + 10**12)
    await filtered(storage, everything)
    page = await reader.find_traces(Traces(search="GET", services=("shop",), status=2, limit=1))
    assert [trace.trace_id for trace in page.items] == [other]
    page = await reader.find_traces(Traces(limit=1, min_duration_ns=0))
    await reader.find_traces(Traces(limit=1, cursor=page.next_cursor))
    found = await reader.find_logs(LogQuery(search="order", severities=("INFO",), limit=1))
    await reader.find_logs(LogQuery(cursor=found.next_cursor, trace_id=trace_id, limit=1))
    await reader.logs_after(0, 2)
    await reader.logs_around(LogQuery(filter=parse("late order", "logs")), NOON)
    detail = await reader.get_trace(trace_id)
    assert detail is not None
    assert (len(detail.spans), len(detail.logs)) == (3, 3)
    for answer in (reader.dashboard, reader.traffic, reader.latency_heatmap, reader.service_map,
                   reader.services, reader.operations):  # fmt: skip
        await answer(TimeRange(NOON + 1, NOON + 10**9 + 7), ("shop",))
        await answer(everything, ())
    await reader.latency_points(everything, (), 10)
    await patterned(storage, everything)
    assert len(await reader.get_spans(trace_id, [detail.spans[0].span_id])) == 1
    assert (await reader.latest_spans(trace_id, 2))[1] is not None
    await reader.service_names()
    await storage.pin("default", trace_id)
    await storage.purge(NOON + 2)
    await storage.purge(2**63)
    detail = await reader.get_trace(trace_id)
    assert detail is not None
    await storage.unpin("default", trace_id)
    await storage.stats()


async def test_every_statement_is_one_that_sql_server_parses(
    storage: Storage, statements: Executed
) -> None:
    await exercised(storage)
    dialect = sqlserver()
    texts = set()
    for clause, values in statements:
        compiled = _unpacked(clause, values).compile(
            dialect=dialect, schema_translate_map=SCHEMAS, render_schema_translate=True,
            compile_kwargs={"render_postcompile": True},
        )  # fmt: skip
        texts.add(str(compiled))
    assert len(texts) > 100
    for text in texts:
        assert not re.search(r"\(\w+\.\w+, \w+\.\w+\) (NOT )?IN", text)
        require_parsed(text)


def _unpacked(clause: Any, values: dict[str, Any]) -> Any:
    """The statement whose rows SQLite packs, as servers run it."""
    if "json_group_array" not in str(clause):
        return clause.params(values) if isinstance(clause, Select) else clause
    (packed,) = clause.get_final_froms()
    return packed.element.params(values)


async def test_without_its_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with pytest.raises(StartError, match=r"DB_DRIVER: sqlserver needs its driver: pip install"):
        await door.open_storage("sqlserver", "sqlserver://a:b@c?database=d", query_timeout_s=1)


def test_every_table_is_one_that_sql_server_parses() -> None:
    dialect = sqlserver()
    words = LikeIndex().tables.values()
    for table in (*control.sorted_tables, *segment.sorted_tables, *words):
        require_parsed(str(CreateTable(table).compile(dialect=dialect)))
        require_parsed(str(DropTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            require_parsed(str(CreateIndex(index).compile(dialect=dialect)))
    for name, statement in SqlServer.statements.items():
        if name != "lock":  # sqlglot reads a stored procedure's call as a command
            require_parsed(statement.format("seg_000001", name="argus"))


@pytest.mark.parametrize(
    ("merge", "expected"),
    [({}, [(1, b"a", "old"), (2, b"b", "new")]),
     ({"value": "new"}, [(1, b"a", "newer"), (2, b"b", "new")]),
     ({"value": "min"}, [(1, b"a", "new"), (2, b"b", "new")]),
     ({"value": "max"}, [(1, b"a", "old"), (2, b"b", "new")])],
)  # fmt: skip
def test_rows_that_are_there_are_merged(tmp_path: Path, merge: Any, expected: Any) -> None:
    table = Table(
        "t", MetaData(), Column("id", ID, primary_key=True), Column("key", BYTES),
        Column("value", TEXT),
    )  # fmt: skip
    rows = Rows(table, keys=("id", "key"), merge=merge)
    engine = sqlite_engine(tmp_path / "t.db", writable=True, poolclass=NullPool)
    with engine.begin() as connection:
        table.create(connection)
        into_sqlserver(rows, connection, [1, b"a", "old"])
        into_sqlserver(rows, connection, [1, b"a", "new", 2, b"b", "new", 1, b"a", "newer"])
        assert list(map(tuple, connection.execute(select(table).order_by(table.c.id)))) == expected
