"""What may follow `key:` for each kind of field: text -> condition, or what was expected."""

from typing import TypeAlias

from argus.model import SEVERITIES, UNSPECIFIED, severity_floor
from argus.query.fields import Field
from argus.query.tree import (
    Column,
    Condition,
    Equals,
    Exists,
    Interval,
    Matches,
    Phrase,
    Target,
    Test,
    WordLike,
    is_word_pattern,
    other_readings,
)
from argus.query.units import read_duration, read_number, read_size, read_time

Parts: TypeAlias = tuple[str, ...]
"""An unquoted text between its wildcards: one part is a text without any."""

Band: TypeAlias = tuple[int | float, int | float]
"""The lowest and the highest number that a bound means; they differ for a severity."""

DURATION = "a duration with a unit, such as 500ms or 1h30m"
TIME = "a time such as 2026-01-31T12:00:00Z"
NUMBER = "a number or a size, such as 500 or 10MiB"
_HIGHEST_SEVERITY = 24


class Expected(Exception):
    """The text is not what the field takes; the message completes "expected ..."."""


def words(parts: Parts, *, body: bool = False) -> Phrase | WordLike:
    """A text to search for, in all strings or in the body's. Raises Expected."""
    if len(parts) > 1:
        if not is_word_pattern(parts):
            raise Expected('one word around "*"')
        return WordLike(parts, body)
    phrase = Phrase(parts[0], body)
    if not phrase.words:
        raise Expected("a letter or a digit in what is searched for")
    return phrase


def test(target: Target, parts: Parts, *, quoted: bool) -> Test | Phrase | WordLike:
    """`key:value`: what holds for the field or attribute. Raises Expected."""
    if parts == ("", ""):
        return Test(target, Exists())
    if isinstance(target, Column):
        if target.field.kind == "text":
            return words(parts, body=True)
        return Test(target, _of_field(target.field, parts))
    if len(parts) > 1:
        return Test(target, Matches(parts))
    string_only = quoted and other_readings(parts[0]) != ()
    return Test(target, Equals(parts[0], string_only))


def _of_field(field: Field, parts: Parts) -> Condition:
    if field.kind == "string":
        return Matches(parts) if len(parts) > 1 else Equals(parts[0])
    text = "*".join(parts)
    if field.kind == "id":
        if len(text) != field.digits or not set(text.lower()) <= set("0123456789abcdef"):
            raise Expected(f"{field.digits} hexadecimal digits")
        return Equals(text.lower())
    if field.kind == "enum":
        number = dict(field.names).get(text.lower())
        if number is None:
            *names, last = (name for name, _ in field.names)
            raise Expected(f"{', '.join(names)} or {last}")
        return Interval(number, number)
    if field.kind == "severity" and text.upper() == UNSPECIFIED:
        return Interval(0, 0)
    return Interval(*_band(field, text))


def comparison(target: Target, operator: str, text: str) -> Test:
    """`key:>value` and the like. Raises Expected."""
    low, high = bound(target, text)
    if not _is_severity(target):
        if operator[0] == ">":
            return Test(target, Interval(low, None, low_open=operator == ">"))
        return Test(target, Interval(None, high, high_open=operator == "<"))
    if operator[0] == ">":
        severities = Interval(high + 1 if operator == ">" else low, _HIGHEST_SEVERITY)
    else:
        severities = Interval(1, low - 1 if operator == "<" else high)
    return Test(target, _not_empty(severities))


def between(target: Target, low: Band | None, high: Band | None, open_: tuple[bool, bool]) -> Test:
    """`key:[low TO high]`; None is an open end. Raises Expected."""
    low_open, high_open = open_
    if low is None and high is None:
        raise Expected('a range with a bound other than "*"')
    if not _is_severity(target):
        interval = Interval(
            None if low is None else low[0],
            None if high is None else high[1],
            low_open and low is not None,
            high_open and high is not None,
        )
        return Test(target, _not_empty(interval))
    least = 1 if low is None else low[1] + 1 if low_open else low[0]
    most = _HIGHEST_SEVERITY if high is None else high[0] - 1 if high_open else high[1]
    return Test(target, _not_empty(Interval(least, most)))


def bound(target: Target, text: str) -> Band:
    """One bound of a comparison or range. Raises Expected."""
    if isinstance(target, Column):
        if target.field.kind in ("string", "text", "id", "enum"):
            raise Expected(f'a value without "<", ">" or a range: {target.field.name} has no order')
        return _band(target.field, text)
    number = read_number(text)
    number = read_size(text) if number is None else number
    if number is None:
        raise Expected(NUMBER)
    return number, number


def _band(field: Field, text: str) -> Band:
    if field.kind == "severity":
        try:
            low = severity_floor(text)
        except ValueError:
            raise Expected(f"a severity: {', '.join(SEVERITIES)}") from None
        return low, low + 3
    number: int | float | None
    if field.kind == "duration":
        number, what = read_duration(text), DURATION
    elif field.kind == "time":
        number, what = read_time(text), TIME
    else:
        number, what = read_number(text), "a whole number"
    if not isinstance(number, int):
        raise Expected(what)
    return number, number


def _is_severity(target: Target) -> bool:
    return isinstance(target, Column) and target.field.kind == "severity"


def _not_empty(interval: Interval) -> Interval:
    low, high = interval.low, interval.high
    if low is not None and high is not None:
        bare = low == high and (interval.low_open or interval.high_open)
        if low > high or bare:
            raise Expected("a range with something in it")
    return interval
