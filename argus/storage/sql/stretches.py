"""Finds the rows of short time ranges by the bounds of small blocks of them."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, bindparam, func, literal, select, union_all

from argus.storage import TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.index import Ids
from argus.storage.sql.packed import Prepared
from argus.storage.sql.paging import (
    BLOCK_ROWS,
    FINE_ROWS,
    INT64_MAX,
    INT64_MIN,
    clamp,
    joined,
    overlaps,
)

_c = View.blocks.c
_FIRST = -1


def _number(value: int) -> ColumnElement[int]:
    return literal(value, literal_execute=True)


@lru_cache(maxsize=64)
def _blocks(signals: tuple[int, ...], ranges: int) -> Prepared:
    """(number of the range, signal, block) of the blocks of both sizes in which times of a range
    can be; the first block of each signal under the number `_FIRST`."""
    levels = [*signals, *(signal + View.FINE for signal in signals)]
    inside = [
        select(_number(number).label("number"), _c.signal, _c.block).where(
            _c.signal.in_([_number(level) for level in levels]),
            _c.max_ns >= bindparam(f"from_{number}"),
            _c.min_ns <= bindparam(f"upto_{number}"),
        )
        for number in range(ranges)
    ]
    first = [
        select(_number(_FIRST), _number(level), func.min(_c.block)).where(
            _c.signal == _number(level)
        )
        for level in levels
    ]
    return Prepared(union_all(*inside, *first))


_traces = View.traces.c
_LONG = Prepared(
    select(func.max(_traces.end_ns)).where(
        View.is_long(View.traces),
        _traces.end_ns >= bindparam("from_ns"),
        # by the end alone: their index has them in that order
        _traces.start_ns + 0 >= bindparam("from_ns"),
        _traces.start_ns + 0 < bindparam("upto_ns"),
    )
)


def ids_of_traces(view: View, range_: TimeRange) -> Ids | None:
    """The ids between which all spans of a segment lie whose trace begins in a range, and few
    others unless a trace is long; None when there are none."""
    if range_.end_ns is not None:
        from_ns = INT64_MIN if range_.start_ns is None else clamp(range_.start_ns)
        asked = {"from_ns": from_ns, "upto_ns": clamp(range_.end_ns)}
        latest_ns = max(range_.end_ns + View.LONG_TRACE_NS, (view.value(_LONG, asked) or 0) + 1)
        range_ = TimeRange(range_.start_ns, latest_ns)
    found = stretches(view, [View.SPANS], [range_]).get((View.SPANS, 0))
    return None if found is None else (found[0][0], found[-1][1])


def stretches(
    view: View, signals: Sequence[int], ranges: Sequence[TimeRange]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """By signal and number of a range: the row ids (ranges with both ends, ascending) of a segment
    that hold all rows whose time lies in it, and few others. What has none is left out."""
    bounds = {signal: view.bounds(signal) for signal in signals}
    wanted = [
        (signal, number)
        for signal, lies in bounds.items()
        for number, range_ in enumerate(ranges)
        if lies is not None and overlaps(lies, range_)
    ]
    if not wanted:
        return {}
    asked: dict[str, int] = {}
    for number, range_ in enumerate(ranges):
        asked[f"from_{number}"] = INT64_MIN if range_.start_ns is None else clamp(range_.start_ns)
        asked[f"upto_{number}"] = INT64_MAX if range_.end_ns is None else clamp(range_.end_ns - 1)
    blocks: dict[tuple[int, int], list[int]] = defaultdict(list)
    first: dict[int, int] = {}
    for number, level, block in view.rows(_blocks(tuple(signals), len(ranges)), asked):
        if number != _FIRST:
            blocks[level, number].append(block)
        elif block is not None:
            first[level] = block
    found = {}
    for signal, number in wanted:
        fine = signal + View.FINE
        # a segment that began before there were small blocks has none of its first rows
        if first.get(fine, INT64_MAX) * FINE_ROWS // BLOCK_ROWS <= first.get(signal, 0):
            ids = joined(blocks[fine, number], FINE_ROWS)
        else:
            ids = joined(blocks[signal, number], BLOCK_ROWS)
        if ids:
            found[signal, number] = ids
    return found
