"""Decides where the numbers of a range come from: whole hours, whole minutes, or rows.

A minute or hour that the range covers in part is taken from the finer level when that is complete,
which it is when both come to the same count; else the range widens to all of it.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from argus.storage.sql.measures import HOUR_S, MINUTE_S, SECOND_NS

ROWS = 0
"""The width of a piece that is counted from rows."""

_MINUTE_NS, _HOUR_NS = MINUTE_S * SECOND_NS, HOUR_S * SECOND_NS


class Total(NamedTuple):
    """How many records rollups count, and the bounds of their times."""

    records: int
    first_ns: int
    last_ns: int


NOTHING = Total(0, 2**63 - 1, 0)


class Levels(Protocol):
    """What the levels hold of some subjects, whatever the service."""

    def minutes_complete(self, hour_ns: int) -> bool:
        """Whether the minutes of an hour that an end of the range lies in count all it does."""

    def minute(self, start_ns: int) -> Total:
        """Of a minute that an end of the range lies in."""

    def records(self, width_s: int, start_ns: int, end_ns: int) -> int:
        """How many records the rollups of a width that start in any range count."""

    def rows_complete(self, minute_ns: int, total: int) -> bool:
        """Whether the rows of a minute can be counted and come to this total."""


class Piece(NamedTuple):
    """A part of a range, and the width in seconds of the rollups that it is read from."""

    width_s: int
    start_ns: int
    end_ns: int


class Plan(NamedTuple):
    """[start, end) in nanoseconds as it is answered, and where its parts come from, in order."""

    start_ns: int
    end_ns: int
    pieces: tuple[Piece, ...]


def plan(levels: Levels, start_ns: int, end_ns: int, *, finest_s: int = HOUR_S) -> Plan:
    """How to answer [start_ns, end_ns). Hours are not used where minutes are asked for by
    `finest_s`, as long as there are minutes."""
    start_ns = _widened(levels, start_ns, start_ns, end_ns, outwards=0)
    end_ns = _widened(levels, end_ns, start_ns, end_ns, outwards=1)
    pieces = tuple(_pieces(levels, start_ns, end_ns, finest_s))
    return Plan(start_ns, end_ns, pieces)


def _widened(levels: Levels, at_ns: int, start_ns: int, end_ns: int, outwards: int) -> int:
    """An end of the range, moved to where it can be answered."""
    hour, minute = at_ns - at_ns % _HOUR_NS, at_ns - at_ns % _MINUTE_NS
    if hour != at_ns and not levels.minutes_complete(hour):
        return hour + outwards * _HOUR_NS
    if minute != at_ns:
        total = levels.minute(minute)
        inside = not total.records or _within(total, start_ns, end_ns)
        if not inside and not levels.rows_complete(minute, total.records):
            return minute + outwards * _MINUTE_NS
    return at_ns


def _within(total: Total, start_ns: int, end_ns: int) -> bool:
    return total.first_ns >= start_ns and total.last_ns < end_ns


def _pieces(levels: Levels, start_ns: int, end_ns: int, finest_s: int) -> Iterator[Piece]:
    first, last = _ceil(start_ns, _HOUR_NS), end_ns - end_ns % _HOUR_NS
    if first < last and (finest_s >= HOUR_S or not _has_minutes(levels, first, last)):
        yield from _fine(levels, start_ns, first)
        yield Piece(HOUR_S, first, last)
        yield from _fine(levels, last, end_ns)
    else:
        yield from _fine(levels, start_ns, end_ns)


def _has_minutes(levels: Levels, start_ns: int, end_ns: int) -> bool:
    minutes, hours = (levels.records(width, start_ns, end_ns) for width in (MINUTE_S, HOUR_S))
    return minutes == hours


def _fine(levels: Levels, start_ns: int, end_ns: int) -> Iterator[Piece]:
    """Minutes, with rows where a minute is cut."""
    first, last = _ceil(start_ns, _MINUTE_NS), end_ns - end_ns % _MINUTE_NS
    if first > last:
        yield from _cut(levels, start_ns, end_ns)
        return
    if start_ns < first:
        yield from _cut(levels, start_ns, first)
    if first < last:
        yield Piece(MINUTE_S, first, last)
    if last < end_ns:
        yield from _cut(levels, last, end_ns)


def _cut(levels: Levels, start_ns: int, end_ns: int) -> Iterator[Piece]:
    """A part of one minute: all of the minute when nothing of it lies outside the part."""
    minute = start_ns - start_ns % _MINUTE_NS
    total = levels.minute(minute)
    if total.records and _within(total, start_ns, end_ns):
        yield Piece(MINUTE_S, minute, minute + _MINUTE_NS)
    elif total.records:
        yield Piece(ROWS, start_ns, end_ns)


def _ceil(at_ns: int, width_ns: int) -> int:
    return -(-at_ns // width_ns) * width_ns
