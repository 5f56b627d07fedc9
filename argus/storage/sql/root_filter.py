"""Finds the roots of the traces that straddle segments, for what a filter says of the root span.

Of the spans of a trace the root is the one without a parent that begins first; without such a span
the earliest stands for it. A segment alone cannot tell when the trace has spans elsewhere.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, func, select

from argus.storage.sql.engine import View
from argus.storage.sql.words import expression, trace_word

_AT_ONCE = 64


class StraddlingRoots:
    """The traces that a segment shares with others, and where the root of each lies."""

    def __init__(self, view: View) -> None:
        parts = view.straddling_parts
        shared = select(parts.c.trace_id).where(parts.c.segment_id == view.segment_id)
        self.trace_ids = [bytes.fromhex(id_) for (id_,) in view.rows(shared)]
        """Of all shared traces."""
        self._roots: dict[View, list[int]] = defaultdict(list)
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
        for _, _, view, id_ in best.values():
            self._roots[view].append(id_)

    def holding(self, condition: Callable[[View], ColumnElement[bool]]) -> list[bytes]:
        """The shared traces whose root meets a condition, which is asked for by segment."""
        found: list[bytes] = []
        for view, ids in self._roots.items():
            spans, holds = view.spans, condition(view)
            for start in range(0, len(ids), _AT_ONCE):
                some = spans.c.id.in_(ids[start : start + _AT_ONCE])
                rows = view.rows(select(spans.c.trace_id).where(some, holds))
                found += (bytes.fromhex(id_) for (id_,) in rows)
        return found


def _first_spans(view: View, trace_ids: list[bytes]) -> Select[Any]:
    c = view.spans.c
    has_parent = case((func.length(c.parent_span_id) > 0, 1), else_=0)
    order = (has_parent, c.start_ns, c.id)
    place = func.row_number(type_=Integer).over(partition_by=c.trace_id, order_by=order)
    words = expression([[trace_word(id_) for id_ in trace_ids]])
    ranked = (
        select(c.trace_id, has_parent.label("has_parent"), c.start_ns, c.id, place.label("place"))
        .where(c.id.in_(view.span_ids(words)), c.trace_id.in_(trace_ids))
        .subquery()
    )
    columns = ranked.c.trace_id, ranked.c.has_parent, ranked.c.start_ns, ranked.c.id
    return select(*columns).where(ranked.c.place == 1)
