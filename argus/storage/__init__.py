"""The storage protocols, their query objects, and the door to the backends.

A `Writer` makes batches durable; a `Reader` answers for exactly one tenant. Backends are reached
through `argus.storage.open.open_storage` only, and every method here is held to one meaning by
`tests/storage/test_contract.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from argus.model import Batch, LogRecord, Span, TraceSummary
from argus.query import FilterSignal, Node
from argus.query.tree import Target

T = TypeVar("T")

TraceSort = Literal["start_time", "duration", "status", "service", "span_count", "error_count"]


@dataclass(frozen=True, slots=True)
class TimeRange:
    """[start_ns, end_ns) in Unix nanoseconds; None leaves that side open."""

    start_ns: int | None = None
    end_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `total` counts every match, whatever the page; beyond its counting
    limit it is a lower bound and `total_is_estimate` is true. `next_cursor` is None at the end."""

    items: Sequence[T]
    total: int
    total_is_estimate: bool
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces, in which order. Every condition that is set must hold.

    `services`: the trace has a span of one of them. `status`: of the trace. Durations are those
    of the trace, in nanoseconds. `search`: whole words, compared without case, that must all
    occur in the name or the string attribute values of one span. `filter`: one
    span of the trace satisfies the whole tree, which is about traces. `cursor` continues a list in
    the same order; a cursor that is not one raises InvalidInput(field="cursor"). Without
    `count` the total is a lower bound that costs nothing.
    """

    range: TimeRange = TimeRange()
    services: tuple[str, ...] = ()
    status: int | None = None
    search: str = ""
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    filter: Node | None = None
    sort_by: TraceSort = "start_time"
    descending: bool = True
    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    count: bool = True


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which log records, newest first (by time, then by arrival). Every set condition must hold.

    `severities` are names (TRACE..FATAL, UNSPECIFIED). `search`: whole words, compared without
    case, that must all occur in the body or the string attribute values of the record. `filter`
    is about logs. Without `count` the total is a lower bound that costs nothing.
    """

    range: TimeRange = TimeRange()
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    search: str = ""
    trace_id: bytes = b""
    span_id: bytes = b""
    filter: Node | None = None
    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    count: bool = True


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


class TraceDetail(NamedTuple):
    """A whole trace: spans by start time, logs by time (at most the asked number)."""

    summary: TraceSummary
    spans: list[Span]
    logs: list[LogRecord]
    logs_total: int


class ServiceErrors(NamedTuple):
    """Spans of one service in a range: how many, and how many with status ERROR."""

    service_name: str
    error_count: int
    total_count: int


class Dashboard(NamedTuple):
    """Counts over spans and logs of a range; latencies (nanoseconds) over its entry spans,
    None when there is none. An entry span is SERVER, CONSUMER or has no parent."""

    total_traces: int
    total_spans: int
    total_logs: int
    total_errors: int
    avg_latency_ns: float | None
    p50_latency_ns: float | None
    p95_latency_ns: float | None
    p99_latency_ns: float | None
    active_services: int
    top_failing_services: list[ServiceErrors]


class StorageStats(NamedTuple):
    """Where the data lies and how much of it there is."""

    path: str
    bytes: int
    free_bytes: int
    spans: int
    logs: int


class Writer(Protocol):
    """Makes batches durable. Used by one task at a time."""

    async def write(self, batches: Sequence[Batch]) -> list[Batch]:
        """Store all records of all batches in one transaction, with the batches' keys.

        When this returns, every record survives a power cut and is visible to readers. The answer
        has, for each batch, what of it was stored now: without the spans that were stored before,
        and without anything when its key (if it has one) was; `first_log_id` is set where there are
        log records. When this raises (`Unavailable`), nothing of any batch is stored.
        """


class Reader(Protocol):
    """Answers queries over the records of one tenant. Every method may raise `Unavailable`, and
    `DeadlineExceeded` when it runs longer than the configured query time."""

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        """Traces that match, traces still in progress included."""

    async def get_trace(self, trace_id: bytes, max_logs: int = 1000) -> TraceDetail | None:
        """The whole trace, or None when no span of it is known."""

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        """Log records that match."""

    async def logs_after(self, log_id: int, limit: int) -> list[LogRecord]:
        """The newest `limit` of the log records that arrived after the one with this id, in order
        of arrival. The id need not be one of this tenant's."""

    async def logs_around(self, query: LogQuery, time_ns: int) -> list[LogRecord]:
        """Log records of a query closest to a time, half of its limit before it and half from it
        on, oldest first; offset and cursor are ignored."""

    async def count_keys(self, query: RecordQuery) -> Tally:
        """How many records have each attribute key, on themselves or on their resource."""

    async def count_values(self, query: RecordQuery, target: Target, bucket_ns: int = 0) -> Tally:
        """How many records have each value of a field or attribute, `null` where it is missing;
        with `bucket_ns`, in each bucket of that width, numbered from the epoch on. Raises
        InvalidInput(field="field") for a field that is a time, a duration, an id or a text."""

    async def contrast(self, query: RecordQuery, selection: Node) -> Contrast:
        """Values among the records that satisfy a selection, and among the others."""

    async def service_names(self) -> list[str]:
        """Every service that sent a span or a log record that is still kept, sorted."""

    async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
        """Numbers of a range, over the given services (all when empty)."""


class Storage(Protocol):
    """An open database: the writer, and a reader per tenant."""

    writer: Writer

    def reader(self, tenant: str) -> Reader:
        """The reader of one tenant; there is no reader without one."""

    async def stats(self) -> StorageStats:
        """Size and place of the data, over all tenants."""

    async def close(self) -> None:
        """Release everything; the storage is unusable afterwards."""
