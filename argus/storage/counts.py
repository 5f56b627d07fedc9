"""What is counted of spans, log records and patterns: the questions and the answers."""

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


@dataclass(frozen=True, slots=True)
class PatternQuery:
    """Which patterns: those that log records of a range, of the services and severities (any when
    empty) are of. `ids`: only these. `new_since_ns`: only those that no earlier record was of."""

    range: TimeRange = TimeRange()
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    ids: tuple[bytes, ...] = ()
    new_since_ns: int | None = None
    limit: int = 50
    offset: int = 0


class PatternNumbers(NamedTuple):
    """One pattern: how many of the records asked about are of it, altogether and in each column
    of `Patterns.starts_ns`, by service and by severity (both most first), and the times of the
    first and last record that was ever of it."""

    id: bytes
    template: str
    records: int
    trend: list[int]
    services: list[tuple[str, int]]
    severities: list[tuple[str, int]]
    first_seen_ns: int
    last_seen_ns: int


class Patterns(NamedTuple):
    """Some patterns of the records of [start_ns, end_ns), and how many there are. Columns are
    `width_s` wide. `records` is how many records are of any pattern that was asked about."""

    start_ns: int
    end_ns: int
    width_s: int
    starts_ns: list[int]
    patterns: list[PatternNumbers]
    total: int
    records: int
