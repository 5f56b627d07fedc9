"""MySQL and MariaDB, by asyncmy: a segment is a database beside the one that `DB_DSN` names."""

import logging
import ssl
from typing import Any, ClassVar

from sqlalchemy import Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy
from sqlalchemy.exc import DBAPIError

from argus.storage.sql.servers.blocking import Held
from argus.storage.sql.servers.dsn import mysql_url
from argus.storage.sql.servers.index import PairIndex
from argus.storage.sql.servers.schemas import Schemas

_log = logging.getLogger("argus.storage")

_LARGE = ("spans", "span_words", "logs", "log_words", "traces")
_TABLE_WAS_REBUILT = 1412
_SESSION = (
    "SET SESSION group_concat_max_len = 1073741824, wait_timeout = 31536000, "
    "lock_wait_timeout = 10, time_zone = '+00:00'"
)


class MysqlDialect(MySQLDialect_asyncmy):
    """asyncmy from synchronous code."""

    is_async = False
    has_terminate = True
    supports_statement_cache = True

    def connect(self, *arguments: Any, limit_s: float = 0, **settings: Any) -> Any:
        """A connection whose calls are waited for."""
        return Held(
            self, lambda: self.loaded_dbapi.connect(*arguments, **settings), limit_s, survives=False
        )

    def get_driver_connection(self, connection: Any) -> Any:
        return connection.adapted._connection


registry.register("mysql.argus", __name__, "MysqlDialect")


class Mysql(Schemas):
    """The user of `DB_DSN` may create and drop databases whose names begin with that one's."""

    driver = "mysql"
    snapshot = "REPEATABLE READ"
    statements: ClassVar = {
        "control": "SELECT database()",
        "create": "CREATE DATABASE `{}` CHARACTER SET utf8mb4",
        "drop": "DROP DATABASE IF EXISTS `{}`",
        "schemas": "SELECT schema_name FROM information_schema.schemata",
        "sizes": "SELECT table_schema, sum(data_length + index_length) "
        "FROM information_schema.tables WHERE locate(database(), table_schema) = 1 "
        "GROUP BY table_schema",
        "lock": "SELECT get_lock(left('{name}', 64), 0)",
    }

    def __init__(self, dsn: str, query_timeout_s: float) -> None:
        self._query_timeout_s = query_timeout_s
        url = mysql_url(dsn)
        self._tls = str(url.query.get("tls", "false"))
        super().__init__(url.difference_update_query(["tls"]), PairIndex(), query_timeout_s)

    def _engine(self, isolation: str, limit_s: float) -> Engine:
        engine = super()._engine(isolation, limit_s)
        limited = isolation == self.snapshot
        seconds = self._query_timeout_s + 1

        @event.listens_for(engine, "connect")
        def prepare(held: Any, record: Any) -> None:
            cursor = held.cursor()
            cursor.execute(_SESSION)
            if limited:
                if b"MariaDB" in str(held.adapted._connection.get_server_info()).encode():
                    cursor.execute(f"SET SESSION max_statement_time = {seconds:.3f}")
                else:
                    cursor.execute(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
            cursor.close()

        return engine

    def arguments(self, isolation: str, limit_s: float) -> dict[str, Any]:
        settings: dict[str, Any] = {"limit_s": limit_s, "charset": "utf8mb4"}
        if self._tls != "false":
            settings["ssl"] = _context(verify=self._tls == "true")
        return settings

    def passes(self, error: DBAPIError) -> bool:
        # https://mariadb.com/docs/server/reference/error-codes/mariadb-error-codes-1400-to-1499
        rebuilt = getattr(error.orig, "args", (0,))[:1] == (_TABLE_WAS_REBUILT,)
        return rebuilt or super().passes(error)

    def settle(self, number: int) -> bool:
        self._maintain("ANALYZE", number)
        return True

    def shrink(self, number: int) -> None:
        try:
            self._maintain("OPTIMIZE", number)
        except DBAPIError as error:
            _log.warning(
                "%s keeps the room of what was deleted: %s", self.where(number), error.orig
            )

    def _maintain(self, what: str, number: int) -> None:
        with self._plain.connect() as connection:
            names = ", ".join(f"`{self.schema(number)}`.{table}" for table in _LARGE)
            connection.exec_driver_sql(f"{what} TABLE {names}").all()


def _context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
