"""Compiles a filter for one segment: what its index finds, and what decides of a row.

The index expression is true of every row the filter is true of, and of others; it is empty where
the index cannot tell. The condition is exactly the filter (`argus.query.matcher` says the same of
records in memory) and never NULL.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
)

from argus.attributes import EMPTY, text_of_string, word
from argus.model import severity_name
from argus.query import FilterSignal
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Condition,
    Equals,
    Everything,
    Exists,
    Interval,
    Leaf,
    Matches,
    Node,
    Not,
    Or,
    Phrase,
    Test,
    WordLike,
    leaves,
)
from argus.storage.sql.engine import View
from argus.storage.sql.found import Found, asked_in_python, is_of_root
from argus.storage.sql.functions import attribute, has_words, like, matches, own_attribute
from argus.storage.sql.paging import INT64_MAX, INT64_MIN
from argus.storage.sql.resource_filter import Resources
from argus.storage.sql.root_filter import StraddlingRoots, is_one_of
from argus.storage.sql.spelling import bytes_of, contains
from argus.storage.sql.types import Characters
from argus.storage.sql.words import (
    NOTHING,
    Among,
    Beginning,
    Expression,
    all_of,
    any_duration_word,
    expression,
    kind_word,
    name_word,
    pattern_word,
    service_word,
    severity_word,
    some_of,
    status_word,
    trace_word,
)

MAX_WORDS_OF_A_LEAF = 64
_MAX_DEPTH = 16  # of parentheses that the index's own parser is asked to take

_NAMES = {
    "start": "start_ns",
    "end": "end_ns",
    "time": "time_ns",
    "observed": "observed_ns",
    "pattern": "pattern_id",
}
_NO_BODY = ("null", '""')
_TRUE: ColumnElement[bool] = literal(1) == 1


class Filter:
    """A filter as it is asked of the spans or log records of one segment."""

    def __init__(self, tree: Node, signal: FilterSignal, view: View) -> None:
        self._tree = tree
        self._view = view
        self._of_spans = signal == "traces"
        self._rows: FromClause = view.spans if self._of_spans else view.logs
        self._shared: dict[Test, list[bytes]] = {}
        self._resources = Resources(view, tree)
        self._of_any_range: ColumnElement[bool] | None = None
        self.expression = self._index(tree, _MAX_DEPTH)
        self._found = self._rows_found(None, 0, INT64_MAX, root=False)
        self._anywhere = self._rows_found(None, 0, INT64_MAX, root=True)

    @cached_property
    def _straddling(self) -> StraddlingRoots:
        return StraddlingRoots(self._view)

    @property
    def shape(self) -> Hashable:
        """Equal for segments of which the same filter makes equal conditions; None when there may
        be no other."""
        of_root = any(isinstance(one, Test) and one.target.root for one in leaves(self._tree))
        if of_root or not self._view.calls_python:
            return None
        return self.expression, self._resources.keys

    def condition(self, first_id: int, last_id: int) -> ColumnElement[bool]:
        """What decides of a row that the index expression found in a range of ids."""
        if self._of_any_range is not None:
            return self._of_any_range
        self._found = self._rows_found(self.expression, first_id, last_id)
        terms = self._tree.terms if isinstance(self._tree, And) else (self._tree,)
        condition = and_(*(self._top(term) for term in terms))
        if self._view.calls_python:
            self._of_any_range = condition
        return condition

    def exact(
        self, first_id: int = 0, last_id: int = INT64_MAX, among: Expression | None = None
    ) -> ColumnElement[bool]:
        """What the filter says of any row in a range (and of those that `among` is true of), also
        of one that the index did not find."""
        self._found = self._rows_found(among, first_id, last_id)
        return self._exact(self._tree, self._rows)

    def matching(self, first_id: int, last_id: int) -> ColumnElement[bool]:
        """What holds for exactly the matching rows in a range of ids."""
        ids = self._view.span_ids if self._of_spans else self._view.log_ids
        id_, condition = self._rows.c.id, self.condition(first_id, last_id)
        if self.expression is None:
            return and_(id_.between(first_id, last_id), condition)
        return and_(
            id_.in_(ids(self.expression, first_id, last_id)),
            (id_ + 0).between(first_id, last_id),
            condition,
        )

    def _index(self, tree: Node, depth: int) -> Expression | None:
        if depth == 0:
            return None
        match tree:
            case And(terms):
                found = [self._index(term, depth - 1) for term in terms]
                return all_of(found)
            case Or(terms):
                found = [self._index(term, depth - 1) for term in terms]
                some = [one for one in found if one is not None]
                return some_of(some) if len(some) == len(found) else None
            case Not() | Everything():
                return None
            case Phrase():
                return expression([word] for word in tree.words)
            case WordLike():
                first = tree.pattern.parts[0]
                known = first and self._view.knows_beginnings
                return Beginning(first) if known else None
            case Test(target, condition):
                if target.root:
                    return None
                if isinstance(target, Column):
                    return _any(self._column_words(target, condition))
                return _any(self._attribute_words(target, condition))

    def _column_words(self, column: Column, condition: Condition) -> Iterable[str] | None:
        match column.field.name, condition:
            case "service", Matches():
                named = self._matches(self._view.resources.c.service_name, condition)
                return _service_words(self._resources.services(named, MAX_WORDS_OF_A_LEAF))
            case "service", Equals(text):
                return [service_word(text)]
            case "trace_id", Equals(text):
                return [trace_word(bytes.fromhex(text))]
            case "pattern", Equals(text):
                return [pattern_word(bytes.fromhex(text))]
            case "name", Equals(text):
                return [name_word(text)]
            case "status", Interval():
                return [status_word(int(condition.low or 0))]
            case "kind", Interval():
                return [kind_word(int(condition.low or 0))]
            case "severity", Interval():
                held = range(25)
                names = [severity_name(number) for number in held if condition.contains(number)]
                return map(severity_word, dict.fromkeys(names))
            case "duration", Interval():
                low, high = condition.closed()
                return any_duration_word(low, high)
        return None

    def _attribute_words(self, target: Attribute, condition: Condition) -> Iterable[str] | None:
        if not isinstance(condition, Equals):
            return None
        found: list[str] = []
        for of, key in target.places:
            if of == "record":
                found += map(word, condition.fragments(key))
            elif key in self._resources.keys:
                named = _service_words(
                    self._resources.services_with(key, condition, MAX_WORDS_OF_A_LEAF)
                )
                if named is None:
                    return None
                found += named
        return found

    def _matches(self, text: ColumnElement[str], pattern: Matches) -> ColumnElement[bool]:
        return matches(text, pattern) == 1 if self._view.calls_python else like(text, pattern)

    def _top(self, tree: Node) -> ColumnElement[bool]:
        """Of a row that the index expression found."""
        if not isinstance(tree, Phrase | WordLike):
            return self._exact(tree, self._rows)
        return _TRUE if self._by_index(tree) else self._has_words(tree, self._rows)

    def _exact(self, tree: Node, rows: FromClause) -> ColumnElement[bool]:
        match tree:
            case Not(term):
                return not_(self._exact(term, rows).self_group())
            case And(terms):
                return and_(*(self._exact(term, rows) for term in terms)).self_group()
            case Or(terms):
                return or_(*(self._exact(term, rows) for term in terms)).self_group()
            case Test(target) if target.root:
                return self._of_root(tree, rows)
            case _:
                return self._leaf(tree, rows)

    def _leaf(self, leaf: Leaf, rows: FromClause) -> ColumnElement[bool]:
        match leaf:
            case Phrase() | WordLike():
                return self._text(leaf, rows)
            case Everything():
                return _TRUE
            case Test(target, condition):
                if isinstance(target, Column):
                    return self._column(target, condition, rows)
                if not self._view.calls_python:
                    return self._among(rows).condition(leaf, rows)
                return self._attribute(target, condition, rows)

    def _of_root(self, test: Test, rows: FromClause) -> ColumnElement[bool]:
        spans = self._view.spans
        some, root = spans.alias("of_trace"), spans.alias("root")
        of_trace = self._view.span_ids_of_trace(rows)
        first = (
            select(some.c.id)
            .where(some.c.id.in_(of_trace), some.c.trace_id == rows.c.trace_id)
            .order_by(
                case((bytes_of(some.c.parent_span_id) > 0, 1), else_=0), some.c.start_ns, some.c.id
            )
            .limit(1)
            .correlate(rows)
            .scalar_subquery()
        )
        holds = self._leaf(test, root)
        here = select(1).where(root.c.id == first, holds).correlate(rows).exists()
        if not self._straddling.trace_ids:
            return here
        shared = is_one_of(rows.c.trace_id, self._straddling.trace_ids)
        held = is_one_of(rows.c.trace_id, self._with_root(test))
        return or_(held, and_(not_(shared), here)).self_group()

    def _with_root(self, test: Test) -> list[bytes]:
        """The traces with spans in other segments too, of whose root a test is true."""
        if test not in self._shared:
            plain = replace(test, target=replace(test.target, root=False))
            filter_of = cache(lambda view: Filter(plain, "traces", view))
            self._shared[test] = self._straddling.holding(
                lambda view, some: filter_of(view).exact(among=some)
            )
        return self._shared[test]

    def _text(self, leaf: Phrase | WordLike, rows: FromClause) -> ColumnElement[bool]:
        found = self._index(leaf, 1)
        if found is None:
            return self._has_words(leaf, rows)
        ids = self._view.span_ids if self._of_spans else self._view.log_ids
        in_index = (rows.c.id + 0).in_(ids(found))  # to ask, not to walk: others find fewer rows
        return in_index if self._by_index(leaf) else and_(in_index, self._has_words(leaf, rows))

    def _by_index(self, leaf: Phrase | WordLike) -> bool:
        """Whether the index alone is exact: for one word or beginning, anywhere in a record."""
        if isinstance(leaf, Phrase):
            return not leaf.body and len(leaf.words) == 1
        begins = leaf.parts[0] != "" and leaf.parts[1:] == ("",)
        return not leaf.body and begins and self._view.knows_beginnings

    def _has_words(self, leaf: Phrase | WordLike, rows: FromClause) -> ColumnElement[bool]:
        if not self._view.calls_python:
            return self._among(rows).condition(leaf, rows)
        first = func.json_quote(rows.c.name) if self._of_spans else rows.c.body
        return has_words(first, EMPTY if leaf.body else rows.c.attributes, leaf) == 1

    def _column(
        self, column: Column, condition: Condition, rows: FromClause
    ) -> ColumnElement[bool]:
        field = column.field
        if isinstance(condition, Exists) and field.always:
            return _TRUE
        if field.name == "service":
            resources = self._view.resources
            named = self._compare(resources.c.service_name, condition)
            return _of(rows.c.resource_id, resources, named)
        if field.name.startswith("scope"):
            scopes = self._view.scopes
            text = scopes.c.version if field.name == "scope.version" else scopes.c.name
            return _of(rows.c.scope_id, scopes, self._compare(text, condition))
        if field.kind == "text":
            return rows.c.body.not_in(_NO_BODY)
        if field.name == "duration":
            return self._compare(rows.c.end_ns - rows.c.start_ns, condition)
        return self._compare(rows.c[_NAMES.get(field.name, field.name)], condition)

    def _compare(self, value: Any, condition: Condition) -> ColumnElement[bool]:
        binary = isinstance(value.type, LargeBinary)
        match condition:
            case Equals(text):
                return value == (bytes.fromhex(text) if binary else text)  # type: ignore[no-any-return]
            case Matches():
                return self._matches(value, condition)
            case Interval():
                low, high = condition.closed()
                bounds = [INT64_MIN if low is None else low, INT64_MAX if high is None else high]
                if bounds[0] > INT64_MAX or bounds[1] < INT64_MIN:
                    return not_(_TRUE)
                lowest, highest = max(bounds[0], INT64_MIN), min(bounds[1], INT64_MAX)
                return value.between(  # type: ignore[no-any-return]
                    literal(lowest, BigInteger), literal(highest, BigInteger)
                )
            case Exists():
                empty: Any = b"" if binary else "" if isinstance(value.type, Characters) else 0
                return value != empty  # type: ignore[no-any-return]

    def _attribute(
        self, target: Attribute, condition: Condition, rows: FromClause
    ) -> ColumnElement[bool]:
        resources = self._view.resources
        own = rows.c.attributes
        deciding: list[ColumnElement[Any]] = []
        possible: list[ColumnElement[bool]] = []
        for of, key in target.places:
            if of == "record":
                deciding.append(own_attribute(own, key, condition))
                opening = f"{text_of_string(key)}:"
                texts = condition.fragments(key) if isinstance(condition, Equals) else (opening,)
                possible += (contains(own, text) for text in texts)
            elif key in self._resources.keys:
                found = attribute(resources.c.attributes, key, condition)
                holds = _of(rows.c.resource_id, resources, found == 1)
                known = _of(rows.c.resource_id, resources, found.is_not(None))
                deciding.append(case((holds, 1), (known, 0)))
                possible.append(holds)
        if not deciding:
            return not_(_TRUE)
        # one expression: the database bounds how deep many of them may nest
        return case((or_(*possible), func.coalesce(*deciding, 0)), else_=0) == 1

    def _among(self, rows: FromClause) -> Found:
        """Where rows that are asked about lie: those of another alias lie anywhere."""
        found = self._found if rows is self._rows else self._anywhere
        assert found is not None
        return found

    def _rows_found(
        self, expression: Expression | None, first_id: int, last_id: int, *, root: bool = False
    ) -> Found | None:
        if self._view.calls_python:
            return None
        asked = [leaf for leaf in asked_in_python(self._tree) if is_of_root(leaf) is root]
        resources = self._resources.all if asked else {}
        ids = first_id, last_id
        return Found(self._view, self._of_spans, asked, resources, expression, ids)


def _of(id_: ColumnElement[int], table: FromClause, condition: Any) -> ColumnElement[bool]:
    return id_.in_(select(table.c.id).where(condition))


def _service_words(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [service_word(name) for name in names]


def _any(words: Iterable[str] | None) -> Expression | None:
    group: Sequence[str] = [] if words is None else list(words)
    if words is None or len(group) > MAX_WORDS_OF_A_LEAF:
        return None
    # no row has the mark alone: what nothing can match finds nothing
    return Among(tuple(group or [NOTHING]))
