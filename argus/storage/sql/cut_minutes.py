"""Counts rows of the minutes that a range cuts, as far as they are in the rollups."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, func, select

from argus.storage import TimeRange
from argus.storage.sql.edges import Calls
from argus.storage.sql.engine import View
from argus.storage.sql.measures import MINUTE_S, OF_LOGS, SECOND_NS, Measures, Subject
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import overlaps
from argus.storage.sql.recount import (
    add_operations,
    add_severities,
    select_calls,
    select_operations,
    select_severities,
)
from argus.storage.sql.rollups import Progress
from argus.storage.sql.stretches import stretches
from argus.storage.sql.words import Among, trace_word

MOST_TRACES = 200
"""Traces of a cut minute whose calls are found anew; with more the range widens."""
MOST_ROWS = 120_000
"""Records of a cut minute that are counted one by one; with more the range widens."""

_MINUTE_NS = MINUTE_S * SECOND_NS
_LOOK_AROUND_NS = 3600 * SECOND_NS


def _within(table: FromClause, time: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(
        table.c.id.between(bindparam("first_id"), bindparam("last_id")),
        time >= bindparam("from_ns"),
        time < bindparam("upto_ns"),
    )


_SPANS = _within(View.spans, View.spans.c.start_ns)
_LOGS = _within(View.logs, View.logs.c.time_ns)
_COUNTS = {
    View.SPANS: Prepared(select(func.count().label("n")).select_from(View.spans).where(_SPANS)),
    View.LOGS: Prepared(select(func.count().label("n")).select_from(View.logs).where(_LOGS)),
}
_OPERATIONS = Prepared(select_operations(View.spans).where(_SPANS))
_SEVERITIES = Prepared(select_severities(View.logs).where(_LOGS))
_TRACES = Prepared(select(View.spans.c.trace_id).where(_SPANS).distinct().limit(MOST_TRACES + 1))
_SERVICES = Prepared(select(View.resources.c.id, View.resources.c.service_name))


class CutMinutes:
    """The rows of all segments in parts of minutes; each part is measured once."""

    def __init__(self, views: Sequence[View], upto: Progress) -> None:
        self._views = views
        self._upto = upto
        self._names: dict[int, dict[int, str]] = {}
        self._stretches: dict[tuple[int, int], list[tuple[View, int, int]]] = {}
        self._measured: dict[tuple[int, int, int], Measures] = {}

    def count(self, minute_ns: int, signals: Sequence[int]) -> int:
        """The rows of a minute."""
        return sum(
            count
            for signal in signals
            for _, ((count,),) in self._rows(
                _COUNTS[signal], signal, minute_ns, minute_ns + _MINUTE_NS
            )
        )

    def measures(self, start_ns: int, end_ns: int, subjects: Sequence[Subject]) -> Measures:
        """Measures of the rows in a part of a minute."""
        found: Measures = {}
        of_logs = OF_LOGS & set(subjects)
        for signal, wanted in ((View.SPANS, set(subjects) - of_logs), (View.LOGS, of_logs)):
            measured = self._measures(signal, start_ns, end_ns) if wanted else {}
            found |= {key: one for key, one in measured.items() if key[0].subject in wanted}
        return found

    def _measures(self, signal: int, start_ns: int, end_ns: int) -> Measures:
        place = signal, start_ns, end_ns
        if place not in self._measured:
            counted: Measures = {}
            if signal == View.SPANS:
                for view, rows in self._rows(_OPERATIONS, signal, start_ns, end_ns):
                    add_operations(rows, self._services(view), counted)
            else:
                for view, rows in self._rows(_SEVERITIES, signal, start_ns, end_ns):
                    add_severities(rows, self._services(view), counted)
            self._measured[place] = _of_nobody(counted)
        return self._measured[place]

    def has_few_traces(self, minute_ns: int) -> bool:
        """Whether the calls of a minute can be measured by its rows."""
        return len(self._traces(minute_ns, minute_ns + _MINUTE_NS)) <= MOST_TRACES

    def _traces(self, start_ns: int, end_ns: int) -> set[str]:
        stretches = self._rows(_TRACES, View.SPANS, start_ns, end_ns)
        return {id_ for _, rows in stretches for (id_,) in rows}

    def calls(self, start_ns: int, end_ns: int) -> Measures:
        """Calls measured by rows in a part of a minute that has few traces."""
        traces = self._traces(start_ns, end_ns)
        calls, counted = Calls(start_ns=start_ns, end_ns=end_ns), Measures()
        around = TimeRange(start_ns - _LOOK_AROUND_NS, end_ns + _LOOK_AROUND_NS)
        ids = sorted(bytes.fromhex(id_) for id_ in traces)
        words, spans = Among(tuple(map(trace_word, ids))), View.spans
        statement: Prepared | None = None
        for view in reversed(self._views):
            bounds = view.bounds(View.SPANS)
            if not ids or bounds is None or not overlaps(bounds, around):
                continue
            if statement is None:
                of_traces = spans.c.id.in_(view.span_ids(words, 0, self._upto.span_id))
                some = select_calls(spans).where(of_traces, spans.c.trace_id.in_(ids))
                statement = Prepared(some.order_by(spans.c.id))
            calls.add(view.rows(statement), self._services(view), counted)
        return _of_nobody(counted)

    def _rows(
        self, statement: Prepared, signal: int, start_ns: int, end_ns: int
    ) -> Iterator[tuple[View, list[list[Any]]]]:
        """The rows of a statement in each stretch of ids where a part of a minute can be."""
        minute_ns = start_ns - start_ns % _MINUTE_NS
        if (signal, minute_ns) not in self._stretches:
            self._stretches[signal, minute_ns] = list(self._of_minute(signal, minute_ns))
        for view, first_id, last_id in self._stretches[signal, minute_ns]:
            ids = {"first_id": first_id, "last_id": last_id}
            yield view, view.rows(statement, {"from_ns": start_ns, "upto_ns": end_ns} | ids)

    def _of_minute(self, signal: int, minute_ns: int) -> Iterator[tuple[View, int, int]]:
        upto_id = self._upto.span_id if signal == View.SPANS else self._upto.log_id
        range_ = TimeRange(minute_ns, minute_ns + _MINUTE_NS)
        for view in self._views:
            for first_id, last_id in stretches(view, signal, range_):
                if first_id <= upto_id:
                    yield view, first_id, min(last_id, upto_id)

    def _services(self, view: View) -> dict[int, str]:
        names = self._names.get(view.segment_id)
        if names is None:
            names = self._names[view.segment_id] = {id_: n for id_, n in view.rows(_SERVICES)}
        return names


def _of_nobody(counted: Measures) -> Measures:
    """The same without the tenant, who is always the one who asks."""
    return {(key._replace(tenant_id=0), at_ns): found for (key, at_ns), found in counted.items()}
