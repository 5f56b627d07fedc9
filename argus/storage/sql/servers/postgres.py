"""PostgreSQL, by asyncpg: COPY for rows, a GIN index over the hashes of words."""

import logging
from typing import Any, ClassVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError

from argus.storage.sql.servers.blocking import Held
from argus.storage.sql.servers.dsn import postgres_url
from argus.storage.sql.servers.index import GinIndex
from argus.storage.sql.servers.schemas import Schemas

_log = logging.getLogger("argus.storage")

_LARGE = ("spans", "span_words", "logs", "log_words", "traces")


class PostgresDialect(PGDialect_asyncpg):
    """asyncpg from synchronous code."""

    is_async = False
    has_terminate = True
    supports_statement_cache = True

    def connect(self, *arguments: Any, limit_s: float = 0, **settings: Any) -> Any:
        """A connection whose calls are waited for."""
        return Held(
            self, lambda: self.loaded_dbapi.connect(*arguments, **settings), limit_s, survives=True
        )

    def on_connect(self) -> None:
        """There is no JSON column to convert."""

    def get_driver_connection(self, connection: Any) -> Any:
        return connection.adapted._connection


registry.register("postgresql.argus", __name__, "PostgresDialect")


class Postgres(Schemas):
    """A segment is a schema of the database that `DB_DSN` names."""

    driver = "postgres"
    snapshot = "REPEATABLE READ"
    unprefixed = ("public",)
    statements: ClassVar = {
        "control": "SELECT current_schema()",
        "create": 'CREATE SCHEMA "{}"',
        "drop": 'DROP SCHEMA IF EXISTS "{}" CASCADE',
        "schemas": "SELECT nspname FROM pg_namespace",
        "sizes": "SELECT n.nspname, coalesce(sum(pg_total_relation_size(c.oid)), 0) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' "
        "AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY n.nspname",
        "lock": "SELECT pg_try_advisory_lock(hashtextextended('{name}', 0))",
    }

    def __init__(self, dsn: str, query_timeout_s: float) -> None:
        self._query_timeout_s = query_timeout_s
        super().__init__(postgres_url(dsn), GinIndex(), query_timeout_s)

    def arguments(self, isolation: str, limit_s: float) -> dict[str, Any]:
        settings = {"application_name": "argus", "jit": "off"}
        if isolation == self.snapshot:
            settings["statement_timeout"] = str(int(self._query_timeout_s * 1000) + 1000)
        return {"limit_s": limit_s, "server_settings": settings}

    def settle(self, number: int) -> bool:
        # once and for good: what never changes need not be looked at again, and counts get exact
        self._vacuum(number, "FREEZE, ANALYZE")
        return True

    def shrink(self, number: int) -> None:
        try:
            self._vacuum(number, "FULL, FREEZE, ANALYZE")
        except DBAPIError as error:
            _log.warning(
                "%s keeps the room of what was deleted: %s", self.where(number), error.orig
            )

    def _vacuum(self, number: int, how: str) -> None:
        with self._plain.connect() as connection:
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            for table in _LARGE:
                statement = f'VACUUM ({how}) "{self.schema(number)}".{table}'
                connection.exec_driver_sql(statement)
