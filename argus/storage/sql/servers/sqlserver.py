"""SQL Server, by Microsoft's driver: a segment is a schema, words are looked for by LIKE.

There is no server to test this on: every statement is compiled and parsed, none was ever run.
"""

from typing import Any, ClassVar

from sqlalchemy import BinaryExpression, Engine
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BindParameter, Tuple

from argus.errors import StartError
from argus.storage.sql.servers.dsn import sqlserver_url
from argus.storage.sql.servers.index import LikeIndex
from argus.storage.sql.servers.schemas import Schemas
from argus.storage.sql.tables import segment


class SqlServer(Schemas):
    """The database has to allow snapshots: ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON."""

    driver = "sqlserver"
    snapshot = "SNAPSHOT"
    unprefixed = ("dbo",)
    statements: ClassVar = {
        "control": "SELECT schema_name()",
        "create": "CREATE SCHEMA [{}]",
        "drop": "DROP SCHEMA [{}]",
        "schemas": "SELECT name FROM sys.schemas",
        "sizes": "SELECT s.name, sum(p.used_page_count) * 8192 FROM sys.dm_db_partition_stats p "
        "JOIN sys.objects o ON o.object_id = p.object_id "
        "JOIN sys.schemas s ON s.schema_id = o.schema_id GROUP BY s.name",
        "lock": "DECLARE @taken int; EXEC @taken = sp_getapplock @Resource = '{name}', "
        "@LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; "
        "SELECT CASE WHEN @taken >= 0 THEN 1 ELSE 0 END",
    }

    def __init__(self, dsn: str, query_timeout_s: float) -> None:
        try:
            super().__init__(sqlserver_url(dsn), LikeIndex(), query_timeout_s)
        except ImportError as error:
            message = "DB_DRIVER: sqlserver needs its driver: pip install 'argus-server[sqlserver]'"
            raise StartError(message) from error

    def _engine(self, isolation: str, limit_s: float) -> Engine:
        engine = super()._engine(isolation, limit_s)
        prepare(engine.dialect)
        return engine

    def arguments(self, isolation: str, limit_s: float) -> dict[str, Any]:
        return {}

    def remove(self, number: int) -> None:
        schema = self.schema(number)
        if schema in self._schemas():
            with self._aimed(self._plain.connect(), schema) as connection:
                segment.drop_all(connection)
                for table in self.index.tables.values():  # type: ignore[attr-defined]
                    table.drop(connection, checkfirst=True)
        super().remove(number)


def prepare(dialect: Any) -> None:
    """Let a dialect spell lists of pairs and pages as `_pairs` and newer servers need them."""
    dialect.tuple_in_values = True
    dialect._supports_offset_fetch = True


@compiles(BinaryExpression, MSDialect.name)
def _pairs(element: Any, compiler: Any, **how: Any) -> str:
    """`(a, b) IN (...)`, which SQL Server does not have, as EXISTS."""
    left, right = element.left, element.right
    if not isinstance(left, Tuple) or element.operator not in (
        operators.in_op,
        operators.not_in_op,
    ):
        return str(compiler.visit_binary(element, **how))
    names = [f"c{number}" for number in range(len(left.clauses))]
    if isinstance(right, BindParameter):
        pairs = compiler.process(right, **{**how, "literal_execute": False})
    else:
        pairs = compiler.process(right, **how)
    same = " AND ".join(
        f"pairs.{name} = {compiler.process(one, **how)}"
        for name, one in zip(names, left.clauses, strict=True)
    )
    found = f"EXISTS (SELECT 1 FROM {pairs} AS pairs ({', '.join(names)}) WHERE {same})"
    return f"NOT {found}" if element.operator is operators.not_in_op else found
