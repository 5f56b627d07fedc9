"""Reads log records: lists newest first, and the records of one trace."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Annotated, Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, or_, select

from argus.errors import InvalidInput
from argus.model import UNSPECIFIED, LogRecord, severity_floor, severity_name
from argus.storage import LogQuery, Page, TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.filters import Filter
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import (
    INT64_MAX,
    INT64_MIN,
    MAX_COUNTED,
    Counting,
    Part,
    clamp,
    covers,
    decode_cursor,
    encode_cursor,
    in_ranges,
    newest_first,
)
from argus.storage.sql.rows import LOGS, logs_of, select_logs
from argus.storage.sql.words import (
    Among,
    Expression,
    all_of,
    expression,
    searched_words,
    service_word,
    severity_word,
    trace_word,
)

_c = View.logs.c


class _Position(msgspec.Struct):
    time_ns: Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)] = msgspec.field(name="t")
    id: Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)] = msgspec.field(name="i")


def find_logs(views: Iterable[View], query: LogQuery) -> Page[LogRecord]:
    """One page of the log records that match, newest first."""
    segments = list(views)
    wanted = _Wanted(query)
    after = decode_cursor(query.cursor, _Position) if query.cursor is not None else None
    keys = _newest_keys(segments, wanted, after)
    page = keys[query.offset : query.offset + query.limit]
    cursor = None
    if len(keys) > query.offset + query.limit and page:
        cursor = encode_cursor(_Position(page[-1][0], page[-1][1]))
    if after is None and len(keys) < query.offset + query.limit + 1:
        counting = Counting.exactly(len(keys))  # the page looked at everything
    else:
        counting = _count(segments, wanted) if query.count else Counting.at_least(len(keys))
    total = max(counting.total, len(keys))
    return Page(_records(segments, page), total, counting.is_estimate, cursor)


def get_log(views: Iterable[View], log_id: int) -> LogRecord | None:
    """The log record with an id."""
    for view in views:
        if view.may_have_log(log_id):
            wanted = select_logs(view).where(view.logs.c.id == clamp(log_id))
            if found := logs_of(view, view.rows(wanted)):
                return found[0]
    return None


def logs_after(views: Iterable[View], log_id: int, limit: int) -> list[LogRecord]:
    """The newest `limit` log records with an id above `log_id`, by id."""
    found: list[LogRecord] = []
    for view in views:
        later = select_logs(view).where(view.logs.c.id > clamp(log_id))
        page = later.order_by(view.logs.c.id.desc()).limit(limit - len(found))
        found += logs_of(view, view.rows(page))
        if len(found) == limit:
            break
    found.reverse()
    return found


def logs_around(views: Iterable[View], query: LogQuery, time_ns: int) -> list[LogRecord]:
    """The matching log records closest to a time, before it and from it on, oldest first."""
    segments = list(views)
    before = replace(query, range=TimeRange(query.range.start_ns, time_ns), limit=query.limit // 2)
    after = replace(query, range=TimeRange(time_ns, query.range.end_ns))
    keys = _newest_keys(segments, _Wanted(before), None)[: before.limit]
    wanted = _Wanted(after)
    later: list[tuple[int, int, int]] = []
    oldest = _OfParts(wanted, partial(_oldest, query.limit - before.limit))
    for group in newest_first(segments, View.LOGS, after.range, wanted.possible):
        for part in group.parts:
            index = segments.index(part.view)
            rows = part.view.rows(*oldest.asked(part))
            later += ((time_ns, id_, index) for time_ns, id_ in rows)
    later.sort()
    return _records(segments, [*reversed(keys), *later[: query.limit - before.limit]])


def logs_of_trace(view: View, trace_id: bytes, limit: int) -> tuple[list[LogRecord], int]:
    """The earliest log records of a trace in one segment by time, and how many there are."""
    word = Among((trace_word(trace_id),))
    if view.matches("log", word, 1) == 0:
        return [], 0
    c = view.logs.c
    page = select_logs(view).where(_is_of_trace(view, trace_id)).order_by(c.time_ns, c.id)
    rows = view.rows(page.limit(limit))
    total = len(rows) if len(rows) < limit else count_of_trace(view, trace_id)
    return logs_of(view, rows), total


def count_of_trace(view: View, trace_id: bytes) -> int:
    """How many log records of a trace there are in one segment."""
    if view.matches("log", Among((trace_word(trace_id),)), 1) == 0:
        return 0
    of_trace = _is_of_trace(view, trace_id)
    count: int = view.value(select(func.count()).select_from(view.logs).where(of_trace))
    return count


def _is_of_trace(view: View, trace_id: bytes) -> ColumnElement[bool]:
    c = view.logs.c
    return and_(c.id.in_(view.log_ids(Among((trace_word(trace_id),)))), c.trace_id == trace_id)


class _Wanted:
    """The conditions of a query, for the index and for the row that decides."""

    def __init__(self, query: LogQuery) -> None:
        self.query = query
        self.severities = [_severity_range(name) for name in query.severities]
        groups: list[Sequence[str]] = [[word] for word in searched_words(query.search)]
        if query.trace_id:
            groups.append([trace_word(query.trace_id)])
        if query.services:
            groups.append([service_word(name) for name in query.services])
        if query.severities:
            groups.append([severity_word(severity_name(low)) for low, _ in self.severities])
        self._groups = expression(groups)
        self._filters: dict[View, Filter] = {}
        self._possible: dict[View, bool] = {}

    def filter_of(self, view: View) -> Filter | None:
        """The filter as a segment is asked it."""
        if self.query.filter is None:
            return None
        if view not in self._filters:
            self._filters[view] = Filter(self.query.filter, "logs", view)
        return self._filters[view]

    def _indexed(self, view: View) -> Expression | None:
        filter_ = self.filter_of(view)
        return all_of([self._groups, filter_.expression if filter_ else None])

    def in_index(self, view: View) -> Expression | None:
        """What the index of a segment says of exactly the rows that match; None: it cannot."""
        query, bounds = self.query, view.bounds(View.LOGS)
        words = expression([word] for word in searched_words(query.search))
        asked = (query.trace_id, query.span_id, query.services, query.severities)
        # of columns it has hashes, which others may share
        if any(asked) or query.filter is not None or bounds is None or words is None:
            return None
        alone = view.index_counts and covers(query.range, bounds) and view.is_only_tenant
        return words if alone else None

    def possible(self, view: View) -> bool:
        """Whether a segment may have a row that matches, by its index."""
        if view not in self._possible:
            matching = self._indexed(view)
            self._possible[view] = matching is None or view.matches("log", matching, 1) != 0
        return self._possible[view]

    def conditions(self, part: Part) -> list[ColumnElement[bool]]:
        """What holds for exactly the matching rows of a part, whose ranges are parameters."""
        view, logs, query = part.view, part.view.logs, self.query
        filter_, matching = self.filter_of(view), self._indexed(view)
        ranges = [_range(number) for number in range(len(part.ranges))]
        found = [in_ranges(logs.c.id, ranges, indexed=matching is not None)]
        if matching is not None:
            found.append(logs.c.id.in_(view.log_ids(matching, ranges[0][0], ranges[-1][1])))
        if query.range.start_ns is not None:
            found.append(logs.c.time_ns >= clamp(query.range.start_ns))
        if query.range.end_ns is not None:
            found.append(logs.c.time_ns < clamp(query.range.end_ns))
        if query.services:
            names = view.resources.c.service_name.in_(query.services)
            found.append(logs.c.resource_id.in_(select(view.resources.c.id).where(names)))
        if self.severities:
            found.append(or_(*(logs.c.severity.between(*range_) for range_ in self.severities)))
        if query.trace_id:
            found.append(logs.c.trace_id == query.trace_id)
        if query.span_id:
            found.append(logs.c.span_id == query.span_id)
        if filter_ is not None:
            found.append(filter_.condition(part.ranges[0][0], part.ranges[-1][1]))
        return found


class _OfParts:
    """What is asked of the matching rows of parts. Those of as many ranges share a statement where
    the filter comes to the same: to put one together takes longer than most run."""

    def __init__(
        self, wanted: _Wanted, select_of: Callable[[list[ColumnElement[bool]]], Select[Any]]
    ) -> None:
        """`select_of` makes the statement of what holds for the rows."""
        self._wanted = wanted
        self._select_of = select_of
        self._prepared: dict[Hashable, Prepared] = {}

    def asked(self, part: Part) -> tuple[Prepared, dict[str, int]]:
        """The statement for a part, and the values of its ranges."""
        filter_ = self._wanted.filter_of(part.view)
        shape = () if filter_ is None else filter_.shape
        kind = shape, len(part.ranges)
        if shape is None or kind not in self._prepared:
            self._prepared[kind] = Prepared(self._select_of(self._wanted.conditions(part)))
        values: dict[str, int] = {}
        for number, (first, last) in enumerate(part.ranges):
            values |= {f"first_{number}": first, f"last_{number}": last}
        return self._prepared[kind], values


@cache
def _range(number: int) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The ends of one of the ranges of a part."""
    first, last = (bindparam(f"{end}_{number}", type_=BigInteger) for end in ("first", "last"))
    return first, last


def _severity_range(name: str) -> tuple[int, int]:
    if name.strip().upper() == UNSPECIFIED:
        return 0, 0
    try:
        low = severity_floor(name)
    except ValueError as error:
        raise InvalidInput(str(error), field="severity") from error
    return low, low + 3


def _newest_keys(
    views: list[View], wanted: _Wanted, after: _Position | None
) -> list[tuple[int, int, int]]:
    """(time, id, index of the segment) of the first rows, one more than the page needs."""
    need = wanted.query.offset + wanted.query.limit + 1
    range_ = wanted.query.range
    if after is not None:
        end_ns = INT64_MAX if range_.end_ns is None else range_.end_ns
        range_ = TimeRange(range_.start_ns, min(end_ns, after.time_ns + 1))
    keys: list[tuple[int, int, int]] = []
    newest = _OfParts(wanted, partial(_newest, after, need))
    for group in newest_first(views, View.LOGS, range_, wanted.possible):
        for part in group.parts:
            index = views.index(part.view)
            rows = part.view.rows(*newest.asked(part))
            keys += ((time_ns, id_, index) for time_ns, id_ in rows)
        keys.sort(reverse=True)
        del keys[need:]
        enough = len(keys) == need
        if enough and (group.rest_max_ns is None or keys[-1][0] > group.rest_max_ns):
            break
    return keys


def _newest(
    after: _Position | None, need: int, conditions: list[ColumnElement[bool]]
) -> Select[Any]:
    if after is not None:
        older = _c.time_ns < after.time_ns
        same = and_(_c.time_ns == after.time_ns, _c.id < after.id)
        conditions = [*conditions, or_(older, same)]
    keys = select(_c.time_ns, _c.id).where(*conditions)
    return keys.order_by(_c.time_ns.desc(), _c.id.desc()).limit(need)


def _oldest(need: int, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    return select(_c.time_ns, _c.id).where(*conditions).order_by(_c.time_ns, _c.id).limit(need)


def _how_many(conditions: list[ColumnElement[bool]]) -> Select[Any]:
    some = select(_c.id).where(*conditions).limit(MAX_COUNTED + 1).subquery()
    return select(func.count()).select_from(some)


def _records(views: list[View], keys: list[tuple[int, int, int]]) -> list[LogRecord]:
    found: dict[tuple[int, int], LogRecord] = {}
    for index, view in enumerate(views):
        ids = [id_ for _, id_, of in keys if of == index]
        if ids:
            rows = view.rows(LOGS, {"ids": ids})
            found.update(((index, log.id), log) for log in logs_of(view, rows))
    return [found[index, id_] for _, id_, index in keys]


def _count(views: list[View], wanted: _Wanted) -> Counting:
    counting = Counting()
    in_index = {view: wanted.in_index(view) for view in views}
    others = [view for view in views if in_index[view] is None]
    known = [(view, words) for view, words in in_index.items() if words is not None]
    for left, (view, words) in zip(reversed(range(len(known))), known, strict=True):
        matches = view.matches("log", words, counting.room) or 0
        if not counting.add(matches, more=bool(left or others)):
            return counting
    how_many = _OfParts(wanted, _how_many)
    for group in newest_first(others, View.LOGS, wanted.query.range, wanted.possible):
        matches = 0
        for part in group.parts:
            matches += part.view.value(*how_many.asked(part))
        if not counting.add(matches, more=group.rest_max_ns is not None):
            break
    return counting
