"""What lists share: cursors, bounds of what is counted, and the walk over rows newest first."""

import base64
import binascii
import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, bindparam, or_, select

from argus.errors import InvalidInput
from argus.storage import TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.index import Id
from argus.storage.sql.packed import Prepared

MAX_COUNTED = 100_000
MAX_COUNTING_S = 1.0
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
BLOCK_ROWS, FINE_ROWS = 4096, 256

_BLOCKS = Prepared(
    select(View.blocks.c.max_ns, View.blocks.c.block).where(
        View.blocks.c.signal == bindparam("signal"),
        View.blocks.c.max_ns >= bindparam("from_ns"),
        View.blocks.c.min_ns <= bindparam("upto_ns"),
    )
)
_UNOPENED = -1
_FIRST_GROUP, _LARGEST_GROUP = 1, 64
_GROWTH = 4

C = TypeVar("C", bound=msgspec.Struct)


def in_ranges(
    id_: ColumnElement[int], ranges: Sequence[tuple[Id, Id]], *, indexed: bool
) -> ColumnElement[bool]:
    """Whether a row id is in one of some ranges. `indexed` rows are looked up by another
    condition, and this one must not tempt the database to walk the ranges instead."""
    value = id_ + 0 if indexed else id_
    return or_(*(value.between(first, last) for first, last in ranges))


def encode_cursor(position: msgspec.Struct) -> str:
    """A position in a list -> the opaque text that continues after it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_cursor(text: str, kind: type[C]) -> C:
    """The text of a cursor -> its position. Raises InvalidInput for any other text."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("cursor is not one this list gave out", field="cursor") from error


def clamp(number: int) -> int:
    """The nearest 64-bit integer."""
    return max(INT64_MIN, min(INT64_MAX, number))


class Counting:
    """Adds up matches until there are more than are counted exactly, or the time is over."""

    def __init__(self, seconds: float = MAX_COUNTING_S) -> None:
        self.total = 0
        self.is_estimate = False
        self._until = time.monotonic() + seconds

    @classmethod
    def at_least(cls, found: int) -> "Counting":
        """The result of not counting beyond what was found anyway."""
        one = cls()
        one.total, one.is_estimate = found, True
        return one

    @classmethod
    def exactly(cls, found: int) -> "Counting":
        """The result when everything there is was found."""
        one = cls()
        one.add(found, more=False)
        return one

    @property
    def room(self) -> int:
        """How many more matches are worth finding: one beyond the bound says it is passed."""
        return MAX_COUNTED + 1 - self.total

    def add(self, found: int, *, more: bool) -> bool:
        """Add matches; `more` says that there is more to look at. True when counting goes on."""
        self.total += found
        over = self.total > MAX_COUNTED
        self.total = min(self.total, MAX_COUNTED)
        self.is_estimate = over or (more and time.monotonic() >= self._until)
        return more and not self.is_estimate


class Part(NamedTuple):
    """Ranges of row ids (both ends included, ascending) of one segment."""

    view: View
    ranges: list[tuple[int, int]]


class Group(NamedTuple):
    """Parts to look at together; every row of a later group has a time <= `rest_max_ns`, which
    is None for the last group."""

    parts: list[Part]
    rest_max_ns: int | None


def newest_first(
    views: Sequence[View],
    signal: int,
    range_: TimeRange,
    possible: Callable[[View], bool] = lambda _: True,
) -> Iterator[Group]:
    """The rows that may lie in a time range, in groups that grow, newest first by time.

    A segment is not opened before its newest row could be the next, and left out when nothing in it
    is possible.
    """
    waiting: list[tuple[int, int, int]] = []
    for index, view in enumerate(views):
        bounds = view.bounds(signal)
        if bounds is not None and overlaps(bounds, range_):
            heapq.heappush(waiting, (-bounds[1], index, _UNOPENED))
    size = _FIRST_GROUP
    asked = {
        "signal": signal,
        "from_ns": INT64_MIN if range_.start_ns is None else clamp(range_.start_ns),
        "upto_ns": INT64_MAX if range_.end_ns is None else clamp(range_.end_ns - 1),
    }
    chosen: list[tuple[int, int]] = []
    while waiting:
        _, index, block = heapq.heappop(waiting)
        if block == _UNOPENED:
            blocks = views[index].rows(_BLOCKS, asked) if possible(views[index]) else ()
            for max_ns, found in blocks:
                heapq.heappush(waiting, (-max_ns, index, found))
        else:
            chosen.append((index, block))
        if chosen and (len(chosen) == size or not waiting):
            yield Group(_parts(views, chosen), -waiting[0][0] if waiting else None)
            chosen = []
            size = min(size * _GROWTH, _LARGEST_GROUP)


def overlaps(bounds: tuple[int, int], range_: TimeRange) -> bool:
    """Whether a time within bounds (both included) can lie in a range."""
    low, high = bounds
    starts_after = range_.start_ns is not None and high < range_.start_ns
    ends_before = range_.end_ns is not None and low >= range_.end_ns
    return not (starts_after or ends_before)


def covers(range_: TimeRange, bounds: tuple[int, int]) -> bool:
    """Whether all times within bounds (both included) lie in a range."""
    start_ns = INT64_MIN if range_.start_ns is None else range_.start_ns
    end_ns = INT64_MAX + 1 if range_.end_ns is None else range_.end_ns
    return start_ns <= bounds[0] and bounds[1] < end_ns


def joined(blocks: Iterable[int], rows: int) -> list[tuple[int, int]]:
    """The ranges of row ids (both ends included, ascending) of blocks of so many rows."""
    ranges: list[tuple[int, int]] = []
    for block in sorted(blocks):
        first, last = block * rows, (block + 1) * rows - 1
        if ranges and ranges[-1][1] + 1 == first:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def _parts(views: Sequence[View], chosen: list[tuple[int, int]]) -> list[Part]:
    parts = []
    for index, view in enumerate(views):
        ranges = joined((block for of, block in chosen if of == index), BLOCK_ROWS)
        if ranges:
            parts.append(Part(view, ranges))
    return parts
