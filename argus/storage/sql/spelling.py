"""What SQL databases say in different words: a few functions, compiled for each of them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Text,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class contains(GenericFunction[bool]):  # noqa: N801
    """Whether a text has a part, exactly as it is written."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, text: ColumnElement[str], part: str) -> None:
        super().__init__(text, literal(part, text.type))  # spelled as the text is


class may_have(GenericFunction[bool]):  # noqa: N801
    """False only of a text that does not have a part in any case; the part is case folded.

    Beyond ASCII a database folds differently, so that no such text is ruled out.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, text: ColumnElement[str], part: str) -> None:
        super().__init__(text, literal(part, text.type))


class whole_parts(GenericFunction[int]):  # noqa: N801
    """How many times an integer goes into another, both not negative."""

    type = BigInteger()
    inherit_cache = True


class bytes_of(GenericFunction[int]):  # noqa: N801
    """The number of bytes of bytes."""

    type = Integer()
    inherit_cache = True


class digits(GenericFunction[str]):  # noqa: N801
    """An integer, not negative, as twenty digits: text that sorts as the number does."""

    type = Text()
    inherit_cache = True


class distinct_list(GenericFunction[str]):  # noqa: N801
    """The integers of a group, separated by commas, repeated ones at least once."""

    type = Text()
    inherit_cache = True


class natural_logarithm(GenericFunction[float]):  # noqa: N801
    """Of a number above 0."""

    type = Float()
    inherit_cache = True


class hex_text(GenericFunction[str]):  # noqa: N801
    """Bytes as hexadecimal text in upper case."""

    type = Text()
    inherit_cache = True


_TEMPLATES: dict[type[Any], dict[str, str]] = {
    contains: {
        "sqlite": "(instr({0}, {1}) > 0)",
        "postgresql": "(strpos({0}, {1}) > 0)",
        "mysql": "(instr({0}, {1}) > 0)",
        "mssql": "(charindex({1}, {0}) > 0)",
    },
    may_have: {
        "sqlite": "1",
        "postgresql": "(strpos(lower({0}), {1}) > 0 OR octet_length({0}) <> char_length({0}))",
        "mysql": "(instr(lower({0}), {1}) > 0 OR length({0}) <> char_length({0}))",
        "mssql": "(charindex({1}, lower({0})) > 0 OR {0} LIKE N'%[^ -~]%')",
    },
    whole_parts: {
        "sqlite": "(({0}) / ({1}))",
        "postgresql": "(({0}) / ({1}))",
        "mysql": "(({0}) DIV ({1}))",
        "mssql": "(({0}) / ({1}))",
    },
    bytes_of: {
        "sqlite": "length({0})",
        "postgresql": "length({0})",
        "mysql": "length({0})",
        "mssql": "datalength({0})",
    },
    digits: {
        "sqlite": "printf('%020d', {0})",
        "postgresql": "lpad(CAST({0} AS text), 20, '0')",
        "mysql": "lpad(CAST({0} AS char), 20, '0')",
        "mssql": "right(replicate('0', 20) + CAST({0} AS varchar(20)), 20)",
    },
    distinct_list: {
        "sqlite": "group_concat(DISTINCT {0})",
        "postgresql": "string_agg(DISTINCT CAST({0} AS text), ',')",
        "mysql": "group_concat(DISTINCT {0})",
        "mssql": "string_agg(CAST({0} AS varchar(max)), ',')",
    },
    natural_logarithm: {
        "sqlite": "ln({0})",
        "postgresql": "ln(CAST({0} AS double precision))",
        "mysql": "ln({0})",
        "mssql": "log({0})",
    },
    hex_text: {
        "sqlite": "hex({0})",
        "postgresql": "upper(encode({0}, 'hex'))",
        "mysql": "hex({0})",
        "mssql": "convert(varchar(max), {0}, 2)",
    },
}


def _spell(function: type[Any], dialect: str, template: str) -> None:
    @compiles(function, dialect)
    def spelled(element: Any, compiler: Any, **how: Any) -> str:
        return template.format(*(compiler.process(one, **how) for one in element.clauses))


for _function, _by_dialect in _TEMPLATES.items():
    for _dialect, _template in _by_dialect.items():
        _spell(_function, _dialect, _template)
    _spell(_function, "default", _by_dialect["sqlite"])
