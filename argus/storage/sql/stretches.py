"""Finds the rows of a short time range by the bounds of small blocks of them."""

from sqlalchemy import bindparam, func, select, union_all

from argus.storage import TimeRange
from argus.storage.sql.engine import View
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
_OF_LEVELS = _c.signal.in_((bindparam("signal"), bindparam("fine")))
_BLOCKS = Prepared(
    union_all(
        select(_c.signal, _c.block).where(
            _OF_LEVELS, _c.max_ns >= bindparam("from_ns"), _c.min_ns <= bindparam("upto_ns")
        ),
        select(-_c.signal, func.min(_c.block)).where(_OF_LEVELS).group_by(_c.signal),
    )
)
"""The blocks of both sizes in which times of a range can be; the first of each under -signal."""


def stretches(view: View, signal: int, range_: TimeRange) -> list[tuple[int, int]]:
    """Ranges of row ids (both ends included, ascending) of a segment that hold all of its rows
    whose time lies in a range, and few others."""
    bounds = view.bounds(signal)
    if bounds is None or not overlaps(bounds, range_):
        return []
    fine = signal + View.FINE
    asked = {
        "signal": signal,
        "fine": fine,
        "from_ns": INT64_MIN if range_.start_ns is None else clamp(range_.start_ns),
        "upto_ns": INT64_MAX if range_.end_ns is None else clamp(range_.end_ns - 1),
    }
    found: dict[int, list[int]] = {}
    for level, block in view.rows(_BLOCKS, asked):
        found.setdefault(level, []).append(block)
    # a segment that began before there were small blocks has none of its first rows
    (first,), (first_fine,) = found.get(-signal, [0]), found.get(-fine, [INT64_MAX])
    if first_fine * FINE_ROWS // BLOCK_ROWS <= first:
        return joined(found.get(fine, []), FINE_ROWS)
    return joined(found.get(signal, []), BLOCK_ROWS)
