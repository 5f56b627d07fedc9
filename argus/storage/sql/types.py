"""The column types of all tables, as each database spells them.

Text is compared by its code points everywhere, trailing blanks and case included; bytes and ids
have a length where a database wants one to index them.
"""

from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.dialects import mssql, mysql, postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

MARIADB_COLLATION, MYSQL_COLLATION = "utf8mb4_nopad_bin", "utf8mb4_0900_bin"
_MSSQL_COLLATION = "Latin1_General_100_BIN2_UTF8"
_NUL, _ESCAPE = "\0", "\uf8ff"
_NAME_LENGTH = 255


def without_nul(text: str) -> str:
    """Text as PostgreSQL can hold it, which knows no NUL; `with_nul` takes it back."""
    if _NUL in text or _ESCAPE in text:
        return text.replace(_ESCAPE, f"{_ESCAPE}1").replace(_NUL, f"{_ESCAPE}0")
    return text


def with_nul(text: str) -> str:
    """The text that `without_nul` was given."""
    if _ESCAPE in text:
        return text.replace(f"{_ESCAPE}0", _NUL).replace(f"{_ESCAPE}1", _ESCAPE)
    return text


def _collation(dialect: Any) -> str:
    return MARIADB_COLLATION if dialect.is_mariadb else MYSQL_COLLATION


class Characters(TypeDecorator[str]):
    """Text of any length; short with a length, which makes it fit for a key."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self._length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        length = self._length
        found: TypeEngine[Any]
        match dialect.name:
            case "postgresql":
                found = postgresql.TEXT(collation="C")
            case "mysql" | "mariadb" if length is None:
                found = mysql.LONGTEXT(collation=_collation(dialect))
            case "mysql" | "mariadb":
                found = mysql.VARCHAR(length, collation=_collation(dialect))
            case "mssql":
                found = mssql.NVARCHAR(length or "max", collation=_MSSQL_COLLATION)  # type: ignore[arg-type]
            case _:
                found = Text()
        return dialect.type_descriptor(found)

    def bind_processor(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return lambda value: value if value is None else without_nul(value)
        return super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name == "postgresql":
            return lambda value: value if value is None else with_nul(value)
        return super().result_processor(dialect, coltype)


def _bytes(length: int) -> TypeEngine[bytes]:
    return (
        LargeBinary()
        .with_variant(mysql.VARBINARY(length), "mysql", "mariadb")
        .with_variant(mssql.VARBINARY(length), "mssql")  # type: ignore[no-untyped-call]
    )


TEXT, NAME = Characters(), Characters(_NAME_LENGTH)
ID: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""Of rows: more than 32 bits; SQLite's own row ids go by another name."""
BYTES = _bytes(64)
TRACE_ID = _bytes(16)
