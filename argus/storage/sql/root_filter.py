"""Finds the roots of the traces that straddle segments, for what a filter says of the root span.

Of the spans of a trace the root is the one without a parent that begins first; without such a span
the earliest stands for it. A segment alone cannot tell when the trace has spans elsewhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, case, func, select

from argus.storage.sql.engine import View
from argus.storage.sql.spelling import bytes_of, hex_text
from argus.storage.sql.words import Among, Expression, trace_word

_AT_ONCE = 64


class StraddlingRoots:
    """The traces that a segment shares with others, and where the root of each lies."""

    def __init__(self, view: View) -> None:
        parts = view.straddling_parts
        shared = select(parts.c.trace_id).where(parts.c.segment_id == view.segment_id)
        self.trace_ids = [bytes.fromhex(id_) for (id_,) in view.rows(shared)]
        """Of all shared traces."""
        self._roots: dict[View, list[tuple[int, bytes]]] = defaultdict(list)
        views = {one.segment_id: one for one in (view, *view.others())} if self.trace_ids else {}
        for start in range(0, len(self.trace_ids), _AT_ONCE):
            some = self.trace_ids[start : start + _AT_ONCE]
            wanted = select(parts.c.segment_id).where(parts.c.trace_id.in_(some)).distinct()
            numbers = sorted(number for (number,) in view.rows(wanted))
            self._find([views[number] for number in numbers if number in views], some)

    def _find(self, views: list[View], trace_ids: list[bytes]) -> None:
        """Note the root of each trace; of equals that in the older segment."""
        best: dict[str, tuple[int, int, View, int]] = {}
        for view in views:
            for trace_id, has_parent, start_ns, id_ in view.rows(_first_spans(view, trace_ids)):
                found = best.get(trace_id)
                if found is None or (has_parent, start_ns) < found[:2]:
                    best[trace_id] = (has_parent, start_ns, view, id_)
        for trace_id, (_, _, view, id_) in best.items():
            self._roots[view].append((id_, bytes.fromhex(trace_id)))

    def holding(self, condition: Callable[[View, Expression], ColumnElement[bool]]) -> list[bytes]:
        """The shared traces whose root meets a condition, which is asked for by segment, of those
        of its spans that an index expression is true of."""
        found: list[bytes] = []
        for view, roots in self._roots.items():
            c = view.spans.c
            for start in range(0, len(roots), _AT_ONCE):
                some = roots[start : start + _AT_ONCE]
                holds = condition(view, _of_traces(trace_id for _, trace_id in some))
                wanted = select(c.trace_id).where(c.id.in_([id_ for id_, _ in some]), holds)
                found += (bytes.fromhex(id_) for (id_,) in view.rows(wanted))
        return found


def _of_traces(trace_ids: Iterable[bytes]) -> Expression:
    return Among(tuple(map(trace_word, trace_ids)))


def is_one_of(id_: ColumnElement[bytes], ids: Iterable[bytes]) -> ColumnElement[bool]:
    """Whether an id is one of some."""
    # in the statement's text: there may be more of them than a database takes parameters
    texts: Any = bindparam(
        None, [one.hex().upper() for one in ids], String, expanding=True, literal_execute=True
    )
    return hex_text(id_).in_(texts)


def _first_spans(view: View, trace_ids: list[bytes]) -> Select[Any]:
    c = view.spans.c
    has_parent = case((bytes_of(c.parent_span_id) > 0, 1), else_=0)
    order = (has_parent, c.start_ns, c.id)
    place = func.row_number(type_=Integer).over(partition_by=c.trace_id, order_by=order)
    ranked = (
        select(c.trace_id, has_parent.label("has_parent"), c.start_ns, c.id, place.label("place"))
        .where(c.id.in_(view.span_ids(_of_traces(trace_ids))), c.trace_id.in_(trace_ids))
        .subquery()
    )
    columns = ranked.c.trace_id, ranked.c.has_parent, ranked.c.start_ns, ranked.c.id
    return select(*columns).where(ranked.c.place == 1)
