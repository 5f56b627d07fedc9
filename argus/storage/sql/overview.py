"""Answers with the numbers of a range: dashboard, traffic, latencies, services and operations."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from argus.storage import (
    Dashboard,
    Latencies,
    LatencyHeatmap,
    LatencyPoints,
    OperationNumbers,
    Operations,
    ServiceErrors,
    ServiceNumbers,
    Services,
    TimeRange,
    TrafficBucket,
)
from argus.storage.sql import histogram
from argus.storage.sql.engine import View
from argus.storage.sql.measures import ALL, HOUR_S, MINUTE_S, SECOND_NS, SLOT_S, Measure, Subject
from argus.storage.sql.numbers import Numbers, Sum
from argus.storage.sql.ranges import Plan
from argus.storage.sql.samples import sample
from argus.storage.sql.trace_counts import count_departed, count_traces

TOP_FAILING = 10
BUCKETS = 60
TREND_BUCKETS = 30

# All but 3 h, 12 h and what is longer than a day divide an hour or are made of hours that divide a
# day, so that bucket limits are round for people too.
_WIDTHS_S = (
    5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800,
    3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000,
)  # fmt: skip
_ROWS_PER_OCTAVE = 2
_COUNTED = (Subject.SPANS, Subject.LOGS)


def latencies(found: Measure) -> Latencies | None:
    """The latencies of what a measure counts."""
    p50, p95, p99 = histogram.percentiles(found.buckets, (0.50, 0.95, 0.99))
    if p50 is None or p95 is None or p99 is None or not found.count:
        return None
    return Latencies(found.duration_ns / found.count, p50, p95, p99)


def dashboard(views: Sequence[View], range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
    """The numbers of a range over the given services, all when there is none."""
    numbers = Numbers(views)
    plan = numbers.plan(range_, _COUNTED)
    spans: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    active: set[str] = set()
    total_logs, entries = 0, Measure()
    for key, count, failed in numbers.counts(plan, _COUNTED, services):
        name = key.service
        active.add(name)
        if key.subject == Subject.SPANS:
            spans[name] += count
            errors[name] += failed
        else:
            total_logs += count
    for _, found in numbers.whole_sums(plan, [Subject.ENTRIES], services or [ALL]):
        entries.add(found)
    traces = count_traces(views, plan.start_ns, plan.end_ns, services)
    traces += count_departed(views, plan, services) + numbers.traces_gone(plan, services)
    failing = sorted((name for name in spans if errors[name]), key=lambda n: (-errors[n], n))
    return Dashboard(
        start_ns=plan.start_ns,
        end_ns=plan.end_ns,
        total_traces=traces,
        total_spans=spans.total(),
        total_logs=total_logs,
        total_errors=errors.total(),
        latencies=latencies(entries),
        active_services=len(active),
        top_failing_services=[
            ServiceErrors(name, errors[name], spans[name]) for name in failing[:TOP_FAILING]
        ],
    )


class Columns:
    """Evenly spaced times over a range, and what of it begins in which of them."""

    def __init__(self, start_ns: int, end_ns: int, width_s: int) -> None:
        self.width_s = width_s
        self._width_ns = width_s * SECOND_NS
        self._first = start_ns // self._width_ns
        self.count = max(0, -(-end_ns // self._width_ns) - self._first)

    @property
    def starts_ns(self) -> list[int]:
        """The beginnings of all columns."""
        return [(self._first + i) * self._width_ns for i in range(self.count)]

    def of(self, at_ns: int) -> int:
        """The number of the column that a time lies in."""
        return at_ns // self._width_ns - self._first


def columns_of(
    numbers: Numbers,
    range_: TimeRange,
    wanted: int,
    narrowest_s: int = SLOT_S,
    subjects: Sequence[Subject] = _COUNTED,
) -> tuple[Columns, Plan]:
    """About as many columns of a round width as wanted, where nothing finer than what is left
    of old times is asked for."""
    start_ns, end_ns = numbers.closed(range_)
    ideal_s = (end_ns - start_ns) / SECOND_NS / wanted
    width_s = min(_WIDTHS_S, key=lambda width: abs(width / ideal_s - 1) if ideal_s else width)
    width_s = max(width_s, narrowest_s)
    plan = numbers.plan(range_, subjects, finest_s=width_s)
    if width_s < HOUR_S and any(piece.width_s == HOUR_S for piece in plan.pieces):
        width_s = HOUR_S
    return Columns(plan.start_ns, plan.end_ns, width_s), plan


def traffic(
    views: Sequence[View], range_: TimeRange, services: tuple[str, ...]
) -> list[TrafficBucket]:
    """Entry spans over time."""
    numbers = Numbers(views)
    columns, plan = columns_of(numbers, range_, BUCKETS)
    fine = columns.width_s < MINUTE_S
    sums = numbers.sums(plan, [Subject.ENTRIES], services or [ALL], buckets=False, slots=fine)
    return _traffic(columns, sums)


def _traffic(columns: Columns, sums: Iterable[Sum]) -> list[TrafficBucket]:
    counts, errors = [0] * columns.count, [0] * columns.count
    for _, start_ns, _, found in sums:
        if columns.width_s < MINUTE_S:
            for slot, (count, failed) in found.slots.items():
                column = columns.of(start_ns + slot * SLOT_S * SECOND_NS)
                counts[column] += count
                errors[column] += failed
        else:
            counts[columns.of(start_ns)] += found.count
            errors[columns.of(start_ns)] += found.errors
    rows = zip(columns.starts_ns, counts, errors, strict=True)
    return [TrafficBucket(*row) for row in rows]


def latency_heatmap(
    views: Sequence[View], range_: TimeRange, services: tuple[str, ...]
) -> LatencyHeatmap:
    """Entry spans over time and duration."""
    numbers = Numbers(views)
    columns, plan = columns_of(numbers, range_, BUCKETS, narrowest_s=MINUTE_S)
    coarse = histogram.PER_OCTAVE // _ROWS_PER_OCTAVE
    cells: Counter[tuple[int, int]] = Counter()
    some = [Subject.ENTRIES], services or [ALL]
    width_ns = columns.width_s * SECOND_NS
    for start_ns, found in numbers.coarse(plan, *some, coarse, width_ns):
        column = columns.of(start_ns)
        for row, count in found.items():
            cells[column, row] += count
    rows = [row for _, row in cells]
    # a row below the first bound and one beyond the last are part of every answer
    first, last = (min(rows) + 1, max(rows)) if rows else (0, -1)
    bounds = [histogram.lower_bound_ns(row * coarse) for row in range(first, last + 1)]
    counts = [[0] * (len(bounds) + 1) for _ in range(columns.count)]
    for (column, row), count in cells.items():
        counts[column][row - first + 1] = count
    return LatencyHeatmap(columns.starts_ns, bounds, counts)


def services_in(views: Sequence[View], range_: TimeRange, names: tuple[str, ...]) -> Services:
    """The numbers of each service with spans in a range."""
    numbers = Numbers(views)
    columns, plan = columns_of(numbers, range_, TREND_BUCKETS)
    spans: dict[str, Measure] = defaultdict(Measure)
    entries: dict[str, Measure] = defaultdict(Measure)
    over_time: dict[str, list[Sum]] = defaultdict(list)
    for one in numbers.sums(plan, [Subject.SPANS, Subject.ENTRIES], names, slots=True):
        name = one.key.service
        if one.key.subject == Subject.SPANS:
            spans[name].add(one.measure)
        else:
            entries[name].add(one.measure)
            over_time[name].append(one)
    return Services(
        plan.start_ns,
        plan.end_ns,
        [
            ServiceNumbers(
                name,
                spans[name].count,
                spans[name].errors,
                entries[name].count,
                entries[name].errors,
                latencies(entries[name]),
                _traffic(columns, over_time[name]),
            )
            for name in sorted(spans)
        ],
    )


def operations(views: Sequence[View], range_: TimeRange, names: tuple[str, ...]) -> Operations:
    """The numbers of each operation with spans in a range."""
    numbers = Numbers(views)
    plan = numbers.plan(range_, [Subject.OPERATIONS])
    found: dict[tuple[str, str, int], Measure] = defaultdict(Measure)
    for key, part in numbers.whole_sums(plan, [Subject.OPERATIONS], names):
        found[key.service, key.name, key.detail].add(part)
    rows = [
        OperationNumbers(*key, one.count, one.errors, latest)
        for key, one in found.items()
        if (latest := latencies(one)) is not None
    ]
    rows.sort(key=lambda row: (-row.span_count, *row[:3]))
    return Operations(plan.start_ns, plan.end_ns, rows)


def latency_points(
    views: Sequence[View], range_: TimeRange, services: tuple[str, ...], limit: int
) -> LatencyPoints:
    """Some entry spans, spread evenly over the rows of a range."""
    numbers = Numbers(views)
    plan = numbers.plan(range_, _COUNTED)
    counted = numbers.counts(plan, [Subject.ENTRIES], services or [ALL])
    total = sum(count for _, count, _ in counted)
    return LatencyPoints(sample(numbers, range_, services, limit, total), total)
