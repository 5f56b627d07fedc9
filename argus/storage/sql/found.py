"""Decides in Python about rows, for databases whose statements cannot call it.

A condition is asked of the rows that may meet it, in chunks, and becomes the list of those that do.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, and_, bindparam, not_, or_, select

from argus.attributes import EMPTY, text_of_string
from argus.query.tree import Attribute, Condition, Equals, Phrase, WordLike
from argus.storage.sql.engine import View
from argus.storage.sql.functions import have_words
from argus.storage.sql.spelling import contains, may_have
from argus.storage.sql.words import Expression

_ROWS_AT_ONCE = 4096

Resources = Mapping[int, tuple[str, dict[str, Any]]]


class Found:
    """The rows of one segment in a range of ids that an index expression is true of."""

    def __init__(
        self,
        view: View,
        of_spans: bool,
        expression: Expression | None,
        first_id: int,
        last_id: int,
    ) -> None:
        self._view = view
        self._of_spans = of_spans
        self._expression = expression
        self._range = first_id, last_id

    def with_words(self, rows: FromClause, leaf: Phrase | WordLike) -> ColumnElement[bool]:
        """Whether a row has a phrase or word."""
        first, attributes = rows.c.name if self._of_spans else rows.c.body, rows.c.attributes
        texts = (first,) if leaf.body else (first, attributes)
        parts = leaf.words if isinstance(leaf, Phrase) else leaf.pattern.parts
        possible = [or_(*(may_have(text, part) for text in texts)) for part in parts if part]

        def decide(value: str, text: str) -> bool:
            value = text_of_string(value) if self._of_spans else value
            return have_words(value, EMPTY if leaf.body else text, leaf)

        return self._decided(rows, (first, attributes), possible, decide)

    def with_attribute(
        self, rows: FromClause, target: Attribute, condition: Condition, resources: Resources
    ) -> ColumnElement[bool]:
        """Whether the condition holds for an attribute of a row or of its resource."""
        own = rows.c.attributes

        def holds(attributes: Mapping[str, Any], of_resource: Mapping[str, Any]) -> bool:
            for of, key in target.places:
                place = attributes if of == "record" else of_resource
                if key in place:
                    return condition.holds(place[key])
            return False

        def decide(resource_id: int, text: str) -> bool:
            return holds(msgspec.json.decode(text), resources[resource_id][1])

        keys = [key for of, key in target.places if of == "record"]
        openings = [f"{text_of_string(key)}:" for key in keys]
        by_resource = _in(
            rows.c.resource_id, (id_ for id_, (_, found) in resources.items() if holds({}, found))
        )
        has_own = or_(*(contains(own, opening) for opening in openings))
        texts = openings
        if isinstance(condition, Equals):
            texts = [text for key in keys for text in condition.fragments(key)]
        possible = [has_own, or_(by_resource, *(contains(own, text) for text in texts))]
        decided = self._decided(rows, (rows.c.resource_id, own), possible, decide)
        return or_(and_(not_(has_own), by_resource), decided)

    def _decided(
        self,
        rows: FromClause,
        columns: tuple[ColumnElement[Any], ColumnElement[Any]],
        possible: Iterable[ColumnElement[bool]],
        decide: Callable[[Any, Any], bool],
    ) -> ColumnElement[bool]:
        id_, (after, last) = rows.c.id, self._range
        after -= 1
        some = select(id_, *columns).where(id_ <= last, *possible)
        if self._expression is not None:
            ids = self._view.span_ids if self._of_spans else self._view.log_ids
            some = some.where(id_.in_(ids(self._expression, *self._range)))
        some = some.order_by(id_).limit(_ROWS_AT_ONCE)
        found: list[int] = []
        while chunk := self._view.rows(some.where(id_ > after)):
            found += (number for number, one, other in chunk if decide(one, other))
            after = chunk[-1][0]
            if len(chunk) < _ROWS_AT_ONCE:
                break
        return _in(id_, found)


def _in(column: ColumnElement[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column has one of some numbers, which go into the statement's text: there may be
    more of them than a database takes parameters."""
    listed: Any = bindparam(None, list(numbers), expanding=True, literal_execute=True)
    return column.in_(listed)
