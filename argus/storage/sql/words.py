"""The words of the inverted index: what a row is indexed under and what a query looks up.

A document is text of words separated by anything that is neither an ASCII letter or digit, `MARK`,
nor beyond ASCII. Words that stand for a column open with `MARK` and a letter of their own; words
without it come from the row's own text, so a match on those alone is exact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from zlib import crc32

import msgspec

from argus.attributes import MARK, indexable, search_words, strings
from argus.errors import InvalidInput
from argus.model import SEVERITIES, UNSPECIFIED, LogRecord, Span

MAX_SEARCH_WORDS = 200
_MEMO_LIMIT = 8192

NOTHING = MARK
"""A word that no row has."""

_DURATION_WORDS = tuple(f"{MARK}d{bits}" for bits in range(65))
_SEVERITY_WORDS = tuple(f"{MARK}v{(number + 3) // 4}" for number in range(25))


def trace_word(trace_id: bytes) -> str:
    """The word of a trace id, exact."""
    return f"{MARK}t{trace_id.hex()}"


def service_word(name: str) -> str:
    """The word of a service name (32 bits of it)."""
    return f"{MARK}s{crc32(name.encode()):08x}"


def name_word(name: str) -> str:
    """The word of a whole span name (32 bits of it)."""
    return f"{MARK}n{crc32(name.encode()):08x}"


def kind_word(kind: int) -> str:
    """The word of a span kind."""
    return f"{MARK}k{kind & 0xFFFFFFFF}"


def status_word(status: int) -> str:
    """The word of a span status."""
    return f"{MARK}c{status & 0xFFFFFFFF}"


def duration_word(duration_ns: int) -> str:
    """The word of the power-of-two bucket a duration lies in: its number of bits."""
    return _DURATION_WORDS[duration_ns.bit_length()]


def any_duration_word(low_ns: int | None, high_ns: int | None) -> Sequence[str]:
    """The words of all buckets in which durations between two bounds (both included) lie."""
    first = max(low_ns or 0, 0).bit_length()
    last = 64 if high_ns is None else max(high_ns, 0).bit_length()
    return _DURATION_WORDS[first : last + 1]


def severity_word(name: str) -> str:
    """The word of a severity by name, UNSPECIFIED included."""
    return f"{MARK}v{0 if name == UNSPECIFIED else SEVERITIES.index(name) + 1}"


def pattern_word(pattern_id: bytes) -> str:
    """The word of a log record's pattern, exact."""
    return f"{MARK}p{pattern_id.hex()}"


class Documents:
    """Makes the documents of rows; remembers a bounded number of the parts that repeat."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str, int, int], str] = {}
        self._services: dict[str, str] = {}

    def of_span(self, span: Span) -> str:
        """The document of a span."""
        key = (span.resource.service_name, span.name, span.kind, span.status)
        fixed = self._spans.get(key)
        if fixed is None:
            if len(self._spans) >= _MEMO_LIMIT:
                self._spans.clear()
            service, name, kind, status = key
            fixed = self._spans[key] = (
                f"{service_word(service)} {name_word(name)} {kind_word(kind)} "
                f"{status_word(status)} {indexable(name)}"
            )
        bits = (span.end_ns - span.start_ns).bit_length()
        return f"{MARK}t{span.trace_id.hex()} {_DURATION_WORDS[bits]} {fixed} {span.words}"

    def of_log(self, log: LogRecord) -> str:
        """The document of a log record."""
        service = self._services.get(log.resource.service_name)
        if service is None:
            if len(self._services) >= _MEMO_LIMIT:
                self._services.clear()
            name = log.resource.service_name
            service = self._services[name] = service_word(name)
        fixed = f"{service} {_SEVERITY_WORDS[log.severity]}"
        if log.trace_id:
            fixed = f"{MARK}t{log.trace_id.hex()} {fixed}"
        if log.pattern_id:
            fixed = f"{pattern_word(log.pattern_id)} {fixed}"
        return f"{fixed} {_body_words(log.body)} {log.words}"


def _body_words(body: str) -> str:
    if '"' not in body:
        return ""
    if body.startswith('"') and body.isascii() and "\\" not in body:
        return body
    return " ".join(map(indexable, strings(msgspec.json.decode(body))))


def searched_words(search: str) -> list[str]:
    """The distinct words of a search text. Raises InvalidInput for too many."""
    words = list(dict.fromkeys(search_words(search)))
    if len(words) > MAX_SEARCH_WORDS:
        raise InvalidInput(f"search has more than {MAX_SEARCH_WORDS} words", field="search")
    return words


@dataclass(frozen=True, slots=True)
class Among:
    """True of rows that have at least one of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """True of rows that have a word which begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class All:
    """True of rows that all of two or more expressions are true of."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True of rows that one of two or more expressions is true of."""

    parts: tuple["Expression", ...]


Expression: TypeAlias = Among | Beginning | All | Some
"""What an index is asked. None in its place stands for every row."""


def expression(groups: Iterable[Sequence[str]]) -> Expression | None:
    """The expression of rows that have at least one word of every group; None for no group."""
    return all_of([Among(tuple(group)) for group in groups])


def all_of(parts: Sequence[Expression | None]) -> Expression | None:
    """The expression that is true where all are; None is true everywhere."""
    return _joined(All, [part for part in parts if part is not None])


def some_of(parts: Sequence[Expression]) -> Expression | None:
    """The expression that is true where one of some is."""
    return _joined(Some, list(parts))


def _joined(kind: type[All | Some], parts: list[Expression]) -> Expression | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else kind(tuple(parts))
