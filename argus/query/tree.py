"""The syntax tree of a filter: what each part means, independent of where it is evaluated.

A filter is true or false of one record. Every leaf has an exact meaning here (`holds`, `needle`,
`found_in`) and what an index needs to find a superset of its records (`words`, `fragments`,
`closed`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from argus.attributes import search_words, text_of_double, text_of_string
from argus.query.fields import Field, Prefix
from argus.query.units import read_number

Place: TypeAlias = tuple[Literal["record", "resource"], str]
"""Whose attributes, and the key."""

_NON_FINITE = ("NaN", "Infinity", "-Infinity")
_NAMED: dict[str, Any] = {"true": True, "false": False, "null": None}
_NAMED_TEXT = {True: "true", False: "false", None: "null"}
_WORD = re.compile(r"[^\W_]*")


@dataclass(frozen=True, slots=True)
class Column:
    """A well-known field; with `root`, of the trace's root span."""

    field: Field
    root: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; with `root`, of the trace's root span. `prefix` is as written, or empty."""

    key: str
    prefix: Prefix = ""
    root: bool = False

    @property
    def places(self) -> tuple[Place, ...]:
        """Where to look, in order. The first place that has the key decides alone."""
        whole = self.prefix + self.key
        anywhere: tuple[Place, ...] = (("record", whole), ("resource", whole))
        match self.prefix:
            case "":
                return anywhere
            case "resource.":
                return ("resource", self.key), *anywhere
        return ("record", self.key), *anywhere


Target: TypeAlias = Column | Attribute


@dataclass(frozen=True, slots=True)
class Exists:
    """There is a value, of whatever type."""

    def holds(self, value: Any) -> bool:
        """True of every attribute value, as `argus.attributes` decodes it."""
        return True


@dataclass(frozen=True, slots=True)
class Equals:
    """Is this text, exactly; or the number, truth value or null that the text reads as.

    `string_only` is set when the text was quoted and would otherwise be more than a string.
    The text of an id is in lower case.
    """

    text: str
    string_only: bool = False

    @property
    def values(self) -> tuple[Any, ...]:
        """The attribute values that are equal, as decoded: compare type and value."""
        return (self.text,) if self.string_only else (self.text, *other_readings(self.text))

    def holds(self, value: Any) -> bool:
        """Whether an attribute value is equal."""
        return any(type(value) is type(one) and value == one for one in self.values)

    def fragments(self, key: str) -> tuple[str, ...]:
        """Every `"key":value` fragment of a record with an equal value (`argus.attributes`)."""
        name = text_of_string(key)
        return tuple(f"{name}:{text}" for value in self.values for text in _texts(value))


@dataclass(frozen=True, slots=True)
class Matches:
    """Begins with the first part, ends with the last, has those between in this order."""

    parts: tuple[str, ...]

    def holds(self, value: Any) -> bool:
        """Whether an attribute value matches: a string, or an integer as it is written."""
        if type(value) is int:
            value = str(value)
        return isinstance(value, str) and self.found_in(value)

    def found_in(self, text: str) -> bool:
        """Whether the whole text matches; one pass, whatever the number of parts."""
        first, *between, last = self.parts
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last)) or end < len(first):
            return False
        position = len(first)
        for part in between:
            position = text.find(part, position, end)
            if position < 0:
                return False
            position += len(part)
        return True


@dataclass(frozen=True, slots=True)
class Interval:
    """A number between two bounds; None is no bound, an open bound is itself outside."""

    low: int | float | None
    high: int | float | None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Any) -> bool:
        """Whether an attribute value lies within: an integer or a finite double."""
        return type(value) in (int, float) and self.contains(value)

    def contains(self, number: int | float) -> bool:
        """Whether a number lies within."""
        low, high = self.low, self.high
        return (low is None or (low < number if self.low_open else low <= number)) and (
            high is None or (number < high if self.high_open else number <= high)
        )

    def closed(self) -> tuple[int | None, int | None]:
        """The least and the greatest integer within, None where there is no bound.

        Only for the intervals of fields, whose bounds are integers.
        """
        low = self.low if self.low is None else int(self.low) + self.low_open
        high = self.high if self.high is None else int(self.high) - self.high_open
        return low, high


Condition: TypeAlias = Exists | Equals | Matches | Interval


@dataclass(frozen=True, slots=True)
class Everything:
    """True of every record."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words of a text, in sequence and without case, within one string of the record.

    The strings are its name or body, and those in its attributes; with `body`, the body's only.
    """

    text: str
    body: bool = False

    @property
    def words(self) -> list[str]:
        """The words as an index has them. One alone is exact, several are a superset."""
        return search_words(self.text)

    @property
    def needle(self) -> str:
        """What is in the `haystack` of strings that have the phrase, and in no other."""
        return f" {' '.join(self.words)} "


@dataclass(frozen=True, slots=True)
class WordLike:
    """One word that matches a pattern, without case, within the strings `Phrase` looks at."""

    parts: tuple[str, ...]
    body: bool = False

    @property
    def pattern(self) -> Matches:
        """What one word of an index has to match."""
        return Matches(tuple(part.casefold() for part in self.parts))

    def found_in(self, haystack: str) -> bool:
        """Whether strings, as `haystack` lays them out, have such a word."""
        return any(map(self.pattern.found_in, haystack.split()))


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one field or attribute; false when it is missing."""

    __test__ = False  # to pytest this is no class of tests

    target: Target
    condition: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """True where the term is false."""

    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """True where all of two or more terms are."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of two or more terms is."""

    terms: tuple["Node", ...]


Leaf: TypeAlias = Everything | Phrase | WordLike | Test
Node: TypeAlias = Leaf | Not | And | Or


def leaves(tree: Node) -> Iterator[Leaf]:
    """The leaves of a tree, from left to right."""
    match tree:
        case Not(term):
            yield from leaves(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from leaves(term)
        case _:
            yield tree


def haystack(strings: Iterable[str]) -> str:
    """The words of some strings, laid out for `Phrase.needle` and `WordLike.found_in`."""
    return "\n".join(f" {' '.join(search_words(text))} " for text in strings)


def is_word_pattern(parts: tuple[str, ...]) -> bool:
    """Whether the parts of a pattern can only match a single word."""
    return any(parts) and all(_WORD.fullmatch(part.casefold()) for part in parts)


def other_readings(text: str) -> tuple[Any, ...]:
    """The attribute values besides the string itself that an unquoted text reads as.

    A number reads as an integer and as a double, as far as either can be exactly that number.
    """
    if text in _NAMED:
        return (_NAMED[text],)
    if text in _NON_FINITE:
        return ({"$double": text},)
    number = read_number(text)
    if number is None:
        return ()
    readings: list[int | float] = [number]
    if isinstance(number, int):
        readings += [double] if (double := float(number)) == number else []
    elif number.is_integer() and -(2**63) <= number < 2**63:
        readings.append(int(number))
    return tuple(readings)


def _texts(value: Any) -> tuple[str, ...]:
    match value:
        case True | False | None:
            return (_NAMED_TEXT[value],)
        case str():
            return (text_of_string(value),)
        case int():
            return (str(value),)
        case float():
            text = text_of_double(value)
            return (text, text_of_double(-value)) if value == 0 else (text,)
    return (text_of_double(float(value["$double"])),)
