"""Decides in Python about rows, for databases whose statements cannot call it.

What a filter asks in this way is asked of the rows that may meet it, in chunks and all at once, and
becomes a condition on their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, and_, bindparam, not_, or_, select

from argus.attributes import EMPTY, text_of_string
from argus.query.tree import Attribute, Condition, Equals, Node, Phrase, Test, WordLike, leaves
from argus.storage.sql.engine import View
from argus.storage.sql.functions import have_words
from argus.storage.sql.spelling import contains, may_have
from argus.storage.sql.words import Expression

_ROWS_AT_ONCE = 4096
_MOST_CONDITIONS = 32
"""Leaves whose conditions are worth their place in a statement."""

Leaf = Test | Phrase | WordLike
Resources = Mapping[int, tuple[str, Mapping[str, Any]]]


def asked_in_python(tree: Node) -> list[Leaf]:
    """The leaves of a filter that not every database can decide about."""
    return [
        leaf
        for leaf in leaves(tree)
        if isinstance(leaf, Phrase | WordLike)
        or (isinstance(leaf, Test) and isinstance(leaf.target, Attribute))
    ]


def is_of_root(leaf: Leaf) -> bool:
    """Whether a leaf is about the root span of a trace."""
    return isinstance(leaf, Test) and leaf.target.root


class _Row:
    """What is asked of a row: its resource, its name or body, and its attributes."""

    def __init__(self, resource: Mapping[str, Any], first: str, encoded: str) -> None:
        self.resource = resource
        self.first = first
        self.encoded = encoded

    @cached_property
    def attributes(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = msgspec.json.decode(self.encoded)
        return found


class Found:
    """The rows of one segment in a range of ids that an index expression is true of, and which of
    them each of some leaves is true of."""

    def __init__(
        self,
        view: View,
        of_spans: bool,
        leaves: Iterable[Leaf],
        resources: Resources,
        expression: Expression | None,
        ids: tuple[int, int],
    ) -> None:
        self._view = view
        self._of_spans = of_spans
        self._leaves = list(dict.fromkeys(leaves))
        self._resources = resources
        self._expression = expression
        self._range = ids
        self._ids: dict[Leaf, list[int]] | None = None

    def condition(self, leaf: Leaf, rows: FromClause) -> ColumnElement[bool]:
        """Whether one of the leaves is true of a row; `rows` are these or an alias of them."""
        if self._ids is None:
            self._ids = self._decide()
        decided = _in(rows.c.id, self._ids[leaf])
        if not isinstance(leaf, Test):
            return decided
        has_own, by_resource = self._places(leaf, rows)
        return or_(and_(not_(has_own), by_resource), decided)

    def _places(
        self, test: Test, rows: FromClause
    ) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Whether a row may have the key itself, and whether the test is true of it if not."""
        assert isinstance(test.target, Attribute)
        has_own = or_(*(contains(rows.c.attributes, o) for o in _openings(test.target)))
        good = (
            id_
            for id_, (_, found) in self._resources.items()
            if _holds(test.target, test.condition, {}, found)
        )
        return has_own, _in(rows.c.resource_id, good)

    def _possible(self, leaf: Leaf, rows: FromClause) -> ColumnElement[bool]:
        """True of every row that `_decide` has to look at for a leaf."""
        first, own = rows.c.name if self._of_spans else rows.c.body, rows.c.attributes
        if isinstance(leaf, Test):
            has_own, by_resource = self._places(leaf, rows)
            target, condition = leaf.target, leaf.condition
            if not isinstance(condition, Equals) or not isinstance(target, Attribute):
                return has_own
            keys = [key for of, key in target.places if of == "record"]
            texts = [text for key in keys for text in condition.fragments(key)]
            return and_(has_own, or_(by_resource, *(contains(own, text) for text in texts)))
        texts_of = (first,) if leaf.body else (first, own)
        parts = leaf.words if isinstance(leaf, Phrase) else leaf.pattern.parts
        return and_(*(or_(*(may_have(text, p) for text in texts_of)) for p in parts if p))

    def _decide(self) -> dict[Leaf, list[int]]:
        rows = self._view.spans if self._of_spans else self._view.logs
        id_, (after, last) = rows.c.id, self._range
        after -= 1
        first = rows.c.name if self._of_spans else rows.c.body
        some = select(id_, rows.c.resource_id, first, rows.c.attributes).where(id_ <= last)
        if self._expression is not None:
            ids = self._view.span_ids if self._of_spans else self._view.log_ids
            some = some.where(id_.in_(ids(self._expression, *self._range)))
        if len(self._leaves) <= _MOST_CONDITIONS:
            some = some.where(or_(*(self._possible(leaf, rows) for leaf in self._leaves)))
        some = some.order_by(id_).limit(_ROWS_AT_ONCE)
        found: dict[Leaf, list[int]] = {leaf: [] for leaf in self._leaves}
        while chunk := self._view.rows(some.where(id_ > after)):
            self._add(chunk, found)
            after = chunk[-1][0]
            if len(chunk) < _ROWS_AT_ONCE:
                break
        return found

    def _add(self, chunk: Sequence[Sequence[Any]], found: Mapping[Leaf, list[int]]) -> None:
        for number, resource_id, first, text in chunk:
            row = _Row(self._resources[resource_id][1], first, text)
            for leaf, ids in found.items():
                if self._is_true(leaf, row):
                    ids.append(number)

    def _is_true(self, leaf: Leaf, row: _Row) -> bool:
        if isinstance(leaf, Test):
            assert isinstance(leaf.target, Attribute)
            return _holds(leaf.target, leaf.condition, row.attributes, row.resource)
        value = text_of_string(row.first) if self._of_spans else row.first
        return have_words(value, EMPTY if leaf.body else row.encoded, leaf)


def _openings(target: Attribute) -> list[str]:
    return [f"{text_of_string(key)}:" for of, key in target.places if of == "record"]


def _holds(
    target: Attribute, condition: Condition, own: Mapping[str, Any], resource: Mapping[str, Any]
) -> bool:
    for of, key in target.places:
        place = own if of == "record" else resource
        if key in place:
            return condition.holds(place[key])
    return False


def _in(column: ColumnElement[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column has one of some numbers, which go into the statement's text: there may be
    more of them than a database takes parameters."""
    listed: Any = bindparam(None, list(numbers), expanding=True, literal_execute=True)
    return column.in_(listed)
