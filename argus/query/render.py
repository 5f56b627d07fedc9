"""Writes a syntax tree as text that reads as the same tree."""

import re

from argus.attributes import text_of_double
from argus.model import SEVERITIES, UNSPECIFIED, severity_name
from argus.query.fields import FIELDS, PREFIXES, ROOT, Field
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Condition,
    Equals,
    Everything,
    Exists,
    Interval,
    Matches,
    Node,
    Not,
    Or,
    Phrase,
    Target,
    Test,
    WordLike,
)
from argus.query.units import duration_text, time_text

_PLAIN_TEXT = re.compile(r'(?!-|(?:AND|OR|NOT)\Z)[^\s()"\\:*]+')
_PLAIN_KEY = re.compile(r'(?!-)[^\s()"\\:*]+')
_PLAIN_VALUE = re.compile(r'(?![<>\[{]|//)[^\s()"\\*]+')
_SPECIAL = re.compile(r'([\s()"*\\]|^[<>\[{/])')
_LITERAL = re.compile(r"([\"\\])")
_FIELD_NAMES = frozenset({*FIELDS["traces"], *FIELDS["logs"]})
_PREFIXES = tuple({ROOT, *PREFIXES["traces"], *PREFIXES["logs"]})


def render(tree: Node) -> str:
    """The text of a tree as `parse` makes them; parsed for the same signal it is equal to it."""
    match tree:
        case Everything():
            return "*"
        case Phrase(text, body):
            return "body:" * body + (text if _plain_phrase(text, body) else quote(text))
        case WordLike(parts, body):
            return "body:" * body + _pattern(parts)
        case Test(target, condition):
            return f"{key(target)}:{_condition(target, condition)}"
        case Not(term):
            return f"NOT {_inside(term, And, Or)}"
        case And(terms):
            return " ".join(_inside(term, And, Or) for term in terms)
        case Or(terms):
            return " OR ".join(_inside(term, Or) for term in terms)


def key(target: Target) -> str:
    """A field or attribute as a filter names it, in quotes where it would mean another."""
    root = ROOT if target.root else ""
    if isinstance(target, Column):
        return root + target.field.name
    name = target.key
    means_itself = target.prefix or not (name in _FIELD_NAMES or name.startswith(_PREFIXES))
    if not (means_itself and _PLAIN_KEY.fullmatch(name)):
        name = quote(name)
    return root + target.prefix + name


def value(text: str) -> str:
    """A value as a filter writes it, in quotes where it would not be taken whole."""
    return text if _PLAIN_VALUE.fullmatch(text) else quote(text)


def quote(text: str) -> str:
    """Any text, in quotes."""
    return '"' + _LITERAL.sub(r"\\\1", text) + '"'


def _inside(term: Node, *looser: type[And] | type[Or]) -> str:
    return f"({render(term)})" if isinstance(term, looser) else render(term)


def _plain_phrase(text: str, body: bool) -> bool:
    return (_PLAIN_VALUE if body else _PLAIN_TEXT).fullmatch(text) is not None


def _pattern(parts: tuple[str, ...]) -> str:
    return "*".join(_SPECIAL.sub(r"\\\1", part) for part in parts)


def _condition(target: Target, condition: Condition) -> str:
    match condition:
        case Exists():
            return "*"
        case Equals(text, string_only):
            return quote(text) if string_only else value(text)
        case Matches(parts):
            return _pattern(parts)
        case Interval() if isinstance(target, Attribute):
            return _between(condition, [_number(condition.low), _number(condition.high)])
        case Interval():
            return _of_field(target.field, condition)


def _of_field(field: Field, interval: Interval) -> str:
    low, high = interval.low, interval.high
    if field.kind == "severity":
        return _severities(interval)
    if field.kind == "enum":
        return next(name for name, number in field.names if number == low)
    bounds = [_bound(field, low), _bound(field, high)]
    return bounds[0] if low == high else _between(interval, bounds)


def _bound(field: Field, number: int | float | None) -> str:
    if number is None:
        return ""
    writers = {"duration": duration_text, "time": time_text}
    return writers.get(field.kind, str)(int(number))


def _number(number: int | float | None) -> str:
    if number is None:
        return ""
    return text_of_double(number) if isinstance(number, float) else str(number)


def _between(interval: Interval, bounds: list[str]) -> str:
    low, high = bounds
    if interval.high is None:
        return (">" if interval.low_open else ">=") + low
    if interval.low is None:
        return ("<" if interval.high_open else "<=") + high
    return f"{'[{'[interval.low_open]}{low} TO {high}{']}'[interval.high_open]}"


def _severities(interval: Interval) -> str:
    low, high = interval.closed()
    if low is None or high is None or high == 0:
        return UNSPECIFIED
    first, last = severity_name(low), severity_name(high)
    if first == last:
        return first
    if last == SEVERITIES[-1]:
        return f">={first}"
    return f"<={last}" if first == SEVERITIES[0] else f"[{first} TO {last}]"
