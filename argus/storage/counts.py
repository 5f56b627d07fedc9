"""What is counted of spans and log records: the question and the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from argus.query import FilterSignal, Node


@dataclass(frozen=True, slots=True)
class TimeRange:
    """[start_ns, end_ns) in Unix nanoseconds; None leaves that side open."""

    start_ns: int | None = None
    end_ns: int | None = None


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which spans or log records to count: in a range by their time, of one of the services (any
    when empty), and satisfying a filter that is about the signal. Counting stops after `budget_s`
    seconds, newest records first."""

    signal: FilterSignal
    range: TimeRange = TimeRange()
    services: tuple[str, ...] = ()
    filter: Node | None = None
    budget_s: float = 1.0


class Tally(NamedTuple):
    """How often each value occurs among the `counted` newest of `total` matching records; those
    are all of them unless the time was over. `total` may be a lower bound.

    A value is JSON text. `counts` has (bucket, value); the bucket is 0 unless asked for.
    """

    counted: int
    total: int
    total_is_estimate: bool
    counts: Mapping[tuple[int, str], int]


class Contrast(NamedTuple):
    """How often each (place, key, JSON text of a value) occurs among the selected of the counted
    records and among the rest of them; places are `field`, `record` and `resource`."""

    counted: int
    total: int
    total_is_estimate: bool
    selected: int
    counts: Mapping[tuple[str, str, str], tuple[int, int]]
