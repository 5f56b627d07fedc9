"""Evaluates a filter on records in memory, as the storage does on rows."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast, overload

import msgspec

from argus.attributes import strings, text_of_string
from argus.errors import InvalidInput
from argus.model import LogRecord, Span
from argus.query.fields import FilterSignal
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
    Test,
    WordLike,
    haystack,
    leaves,
)

_decode: Callable[[str], Any] = msgspec.json.decode
_MEMO_CHARACTERS = 8_192
_NO_BODY = ("null", '""')
_COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "service": lambda record: record.resource.service_name,
    "trace_id": lambda record: record.trace_id,
    "span_id": lambda record: record.span_id,
    "scope": lambda record: record.scope.name,
    "scope.version": lambda record: record.scope.version,
    "name": lambda span: span.name,
    "kind": lambda span: span.kind,
    "status": lambda span: span.status,
    "status_message": lambda span: span.status_message,
    "duration": lambda span: span.end_ns - span.start_ns,
    "start": lambda span: span.start_ns,
    "end": lambda span: span.end_ns,
    "parent_span_id": lambda span: span.parent_span_id,
    "trace_state": lambda span: span.trace_state,
    "body": lambda log: "" if log.body in _NO_BODY else log.body,
    "severity": lambda log: log.severity,
    "severity_text": lambda log: log.severity_text,
    "severity_number": lambda log: log.severity_number,
    "time": lambda log: log.time_ns,
    "observed": lambda log: log.observed_ns,
    "event_name": lambda log: log.event_name,
    "pattern": lambda log: log.pattern_id,
}


class _View:
    """A record, and what is made of it at most once and only when a term asks."""

    __slots__ = ("_attributes", "_body", "_folded", "_strings", "record")

    def __init__(self, record: Span | LogRecord) -> None:
        self.record = record
        self._attributes: dict[str, Any] | None = None
        self._folded: str | None = None
        self._strings: str | None = None
        self._body: str | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        if self._attributes is None:
            self._attributes = _decode(self.record.attributes)
        return self._attributes

    @property
    def folded(self) -> str:
        """Text in which every word that `strings` has occurs, escapes and all."""
        if self._folded is None:
            first = self.record.name if isinstance(self.record, Span) else self.record.body
            self._folded = f"{first}\n{self.record.attributes}".casefold()
        return self._folded

    @property
    def strings(self) -> str:
        """What a text is searched in: the haystack of the name or body and the attributes."""
        if self._strings is None:
            first = haystack([self.record.name]) if isinstance(self.record, Span) else self.body
            values = (text for value in self.attributes.values() for text in strings(value))
            self._strings = f"{first}\n{haystack(values)}"
        return self._strings

    @property
    def body(self) -> str:
        """The haystack of a log record's body."""
        if self._body is None:
            body = cast(LogRecord, self.record).body
            self._body = haystack(strings(_decode(body))) if '"' in body else ""
        return self._body


_Predicate: TypeAlias = Callable[[_View], bool]
Roots: TypeAlias = Callable[[Span], Span | None]
"""A span -> its trace's root span: the earliest without a parent, else the earliest of all."""


@overload
def matcher(
    tree: Node, signal: Literal["traces"], roots: Roots | None = None
) -> Callable[[Span], bool]: ...
@overload
def matcher(tree: Node, signal: Literal["logs"]) -> Callable[[LogRecord], bool]: ...
def matcher(tree: Node, signal: FilterSignal, roots: Roots | None = None) -> Callable[[Any], bool]:
    """Whether a record is one the filter is true of. The tree is of the same signal.

    Terms about the root span need `roots` (they are false where it knows none); without it a
    tree that has one raises InvalidInput(field="filter").
    """
    if roots is None and any(isinstance(leaf, Test) and leaf.target.root for leaf in leaves(tree)):
        message = 'filter: "root." needs whole traces, and here one record is looked at alone'
        raise InvalidInput(message, field="filter")
    holds = _compile(tree, roots)
    return lambda record: holds(_View(record))


def _compile(tree: Node, roots: Roots | None) -> _Predicate:
    match tree:
        case Everything():
            return lambda view: True
        case Not(term):
            inner = _compile(term, roots)
            return lambda view: not inner(view)
        case And(terms):
            every = [_compile(term, roots) for term in terms]
            return lambda view: all(holds(view) for holds in every)
        case Or(terms):
            some = [_compile(term, roots) for term in terms]
            return lambda view: any(holds(view) for holds in some)
        case Phrase() | WordLike():
            return _text(tree)
        case Test(target, condition):
            holds = (
                _column(target, condition)
                if isinstance(target, Column)
                else _attribute(target, condition)
            )
            return _of_root(holds, roots) if target.root and roots else holds


def _of_root(holds: _Predicate, roots: Roots) -> _Predicate:
    def root_holds(view: _View) -> bool:
        root = roots(cast(Span, view.record))
        return root is not None and holds(_View(root))

    return root_holds


def _text(leaf: Phrase | WordLike) -> _Predicate:
    body = leaf.body
    if isinstance(leaf, WordLike):
        parts, found_in = leaf.pattern.parts, leaf.found_in
        return lambda view: (
            all(part in view.folded for part in parts)
            and found_in(view.body if body else view.strings)
        )
    words, needle = leaf.words, leaf.needle
    return lambda view: (
        all(word in view.folded for word in words)
        and needle in (view.body if body else view.strings)
    )


def _column(column: Column, condition: Condition) -> _Predicate:
    field, value = column.field, _COLUMNS[column.field.name]
    match condition:
        case Equals(text):
            wanted = bytes.fromhex(text) if field.kind == "id" else text
            return lambda view: bool(value(view.record) == wanted)
        case Matches():
            return lambda view: condition.found_in(value(view.record))
        case Interval():
            return lambda view: condition.contains(value(view.record))
        case Exists():
            return lambda view: field.always or bool(value(view.record))


def _attribute(attribute: Attribute, condition: Condition) -> _Predicate:
    places = [(of, key, f"{text_of_string(key)}:") for of, key in attribute.places]

    def holds(view: _View) -> bool:
        for of, key, opening in places:
            if of == "resource":
                attributes = _resource_attributes(view.record.resource.attributes)
            elif opening in view.record.attributes:
                attributes = view.attributes
            else:
                continue
            if key in attributes:
                return condition.holds(attributes[key])
        return False

    if not isinstance(condition, Equals):
        return holds
    of_record = [key for of, key in attribute.places if of == "record"]
    of_resource = [key for of, key in attribute.places if of == "resource"]
    fragments = [fragment for key in of_record for fragment in condition.fragments(key)]

    def may_hold(view: _View) -> bool:
        text = view.record.attributes
        if any(fragment in text for fragment in fragments):
            return True
        attributes = _resource_attributes(view.record.resource.attributes)
        return any(key in attributes and condition.holds(attributes[key]) for key in of_resource)

    return lambda view: may_hold(view) and holds(view)


def _resource_attributes(text: str) -> dict[str, Any]:
    attributes: dict[str, Any] = (_remembered if len(text) <= _MEMO_CHARACTERS else _decode)(text)
    return attributes


_remembered = lru_cache(maxsize=256)(_decode)
