"""The functions that SQL lacks to decide a filter, written in Python and called by the database.

Each call crosses into Python, so a statement asks cheaper questions of a row first.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, func

from argus.attributes import strings, text_of_string
from argus.query.tree import (
    Condition,
    Equals,
    Exists,
    Interval,
    Matches,
    Phrase,
    WordLike,
    haystack,
)
from argus.storage.sql.spelling import contains

_decode: Callable[[str], Any] = msgspec.json.decode
_KINDS: dict[str, Callable[..., Condition]] = {
    kind.__name__: kind for kind in (Exists, Equals, Matches, Interval)
}


def register(connection: Any) -> None:
    """Teach a DB-API connection of SQLite the functions of this module."""
    for name, arguments, function in (
        ("argus_attribute", 3, _attribute),
        ("argus_matches", 2, _matches),
        ("argus_words", 3, _words),
        ("argus_value", 2, _value),
    ):
        connection.create_function(name, arguments, function, deterministic=True)


def attribute(
    attributes: ColumnElement[str], key: str, condition: Condition
) -> ColumnElement[int | None]:
    """Whether the condition holds for a key of some attributes, 0 or 1; NULL without the key."""
    return func.argus_attribute(attributes, key, _text(condition))


def own_attribute(
    attributes: ColumnElement[str], key: str, condition: Condition
) -> ColumnElement[int | None]:
    """The same of the attributes of a record; most that have a value are found without a call."""
    name = text_of_string(key)
    decided = contains(attributes, f"{name}:"), attribute(attributes, key, condition)
    if not isinstance(condition, Equals) or name != f'"{key}"':
        return case(decided)
    # the text of a value, just as it is stored: https://www.sqlite.org/json1.html#jptr
    value: ColumnElement[str] = attributes.op("->")(f"$.{name}")
    texts = [text.removeprefix(f"{name}:") for text in condition.fragments(key)]
    return case((value.in_(texts), 1), decided)


def matches(text: ColumnElement[str], pattern: Matches) -> ColumnElement[int]:
    """Whether a text is of a form, 0 or 1."""
    return func.argus_matches(text, _text(pattern))


def scalar(attributes: ColumnElement[str], key: str) -> ColumnElement[str | None]:
    """JSON text of a string, number or truth value; empty for another, NULL without the key."""
    return func.argus_value(attributes, key)


def has_words(
    value: ColumnElement[str], attributes: ColumnElement[str] | str, looked_for: Phrase | WordLike
) -> ColumnElement[int]:
    """Whether the strings in a JSON value and in attributes have a phrase or word, 0 or 1."""
    return func.argus_words(value, attributes, _needle(looked_for))


def have_words(value: str, attributes: str, looked_for: Phrase | WordLike) -> bool:
    """`has_words` of values at hand."""
    return bool(_words(value, attributes, _needle(looked_for)))


def _needle(looked_for: Phrase | WordLike) -> str:
    return looked_for.needle if isinstance(looked_for, Phrase) else _text(looked_for.pattern)


def like(text: ColumnElement[str], pattern: Matches) -> ColumnElement[bool]:
    """`matches` where LIKE minds the case."""
    parts = (re.sub(r"[!%_\[]", r"!\g<0>", part) for part in pattern.parts)
    return text.like("%".join(parts), escape="!")


def _text(condition: Condition) -> str:
    fields = [getattr(condition, name) for name in condition.__dataclass_fields__]
    return str(msgspec.json.encode([type(condition).__name__, *fields]), "utf-8")


@lru_cache(maxsize=1024)
def _condition(text: str) -> Condition:
    name, *fields = _decode(text)
    return _KINDS[name](*(tuple(one) if isinstance(one, list) else one for one in fields))


def _attribute(attributes: str, key: str, condition: str) -> int | None:
    found = _decode(attributes)
    return _condition(condition).holds(found[key]) if key in found else None


def _matches(text: str, pattern: str) -> int:
    found = _condition(pattern)
    return isinstance(found, Matches) and found.found_in(text)


def _value(attributes: str, key: str) -> str | None:
    found = _decode(attributes)
    return scalar_text(found[key]) if key in found else None


def scalar_text(value: Any) -> str:
    """JSON text of a string, number or truth value; empty for any other value."""
    if not isinstance(value, str | bool | int | float):
        return ""
    return str(msgspec.json.encode(value), "utf-8")


def _words(value: str, attributes: str, looked_for: str) -> int:
    parts, found_in = _search(looked_for)
    # as `argus.query.matcher` does: first what is cheap and never misses, escapes and all
    folded = f"{value}\n{attributes}".casefold()
    if not all(part in folded for part in parts):
        return False
    own = strings(_decode(value)) if '"' in value else ()
    return found_in(haystack(chain(own, *map(strings, _decode(attributes).values()))))


@lru_cache(maxsize=1024)
def _search(looked_for: str) -> tuple[tuple[str, ...], Callable[[str], bool]]:
    if looked_for.startswith(" "):
        return tuple(looked_for.split()), lambda text: looked_for in text
    pattern = _condition(looked_for)
    parts = pattern.parts if isinstance(pattern, Matches) else ()
    return parts, lambda text: any(map(pattern.holds, text.split()))
