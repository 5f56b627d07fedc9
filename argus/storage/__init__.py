"""The storage protocols, their query objects, and the door to the backends.

A `Writer` makes batches durable, a `Reader` answers for one tenant. Backends are reached through
`argus.storage.open.open_storage` only, and `tests/storage/test_contract.py` holds them to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from argus.model import Batch, LogRecord, Pattern, Span, TraceSummary
from argus.query import Node
from argus.query.tree import Target
from argus.storage.counts import Contrast as Contrast
from argus.storage.counts import PatternNumbers as PatternNumbers
from argus.storage.counts import PatternQuery as PatternQuery
from argus.storage.counts import Patterns as Patterns
from argus.storage.counts import RecordQuery as RecordQuery
from argus.storage.counts import Tally as Tally
from argus.storage.counts import TimeRange as TimeRange
from argus.storage.insights import Insight as Insight
from argus.storage.insights import InsightClaim as InsightClaim
from argus.storage.insights import InsightDetails as InsightDetails
from argus.storage.insights import InsightEvidence as InsightEvidence
from argus.storage.insights import InsightKey as InsightKey
from argus.storage.insights import insight_key as insight_key
from argus.storage.limits import Retention as Retention
from argus.storage.limits import SegmentLimits as SegmentLimits
from argus.storage.outline import TraceOutline as TraceOutline

T = TypeVar("T")

TraceSort = Literal["start_time", "duration", "status", "service", "span_count", "error_count"]


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

    `severities` are names (TRACE..FATAL, UNSPECIFIED). `search`: whole words, in any case, that
    must all occur in body or string values. Without `count` the total is a free lower bound.
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


class Latencies(NamedTuple):
    """Durations in nanoseconds: the exact mean, and percentiles within 2 % of nearest rank."""

    avg_ns: float
    p50_ns: float
    p95_ns: float
    p99_ns: float


class Dashboard(NamedTuple):
    """Counts over spans and logs of [start_ns, end_ns); `latencies` of its entry spans, None when
    there is none. An entry span is SERVER, CONSUMER or has no parent."""

    start_ns: int
    end_ns: int
    total_traces: int
    total_spans: int
    total_logs: int
    total_errors: int
    latencies: Latencies | None
    active_services: int
    top_failing_services: list[ServiceErrors]


class TrafficBucket(NamedTuple):
    """Entry spans that start within one of evenly spaced times, and those with status ERROR."""

    start_ns: int
    span_count: int
    error_count: int


class LatencyHeatmap(NamedTuple):
    """Entry spans by start (columns) and duration: `counts[column][row]`. Row 0 is below
    `bounds_ns[0]`, row r in [bounds_ns[r - 1], bounds_ns[r]), the last one beyond all bounds."""

    starts_ns: list[int]
    bounds_ns: list[float]
    counts: list[list[int]]


class LatencyPoints(NamedTuple):
    """(start, duration) in nanoseconds of some entry spans, by start, of how many there are."""

    points: list[tuple[int, int]]
    total: int


NodeKind = Literal["service", "database", "messaging", "external", "user"]


class MapNode(NamedTuple):
    """A node of the service map. Numbers of a service are of its entry spans, of other nodes of
    the calls that reach them."""

    name: str
    kind: NodeKind
    total_calls: int
    error_count: int
    latencies: Latencies | None


class MapEdge(NamedTuple):
    """Calls from a node to a node, as the caller saw them where it was seen."""

    source: str
    target: str
    call_count: int
    error_count: int
    latencies: Latencies


class ServiceMap(NamedTuple):
    """The calls of [start_ns, end_ns) and what they connect."""

    start_ns: int
    end_ns: int
    nodes: list[MapNode]
    edges: list[MapEdge]


class ServiceNumbers(NamedTuple):
    """One service in a range: its spans, and its entry spans with their latencies and trend."""

    service_name: str
    span_count: int
    error_count: int
    entry_count: int
    entry_error_count: int
    latencies: Latencies | None
    trend: list[TrafficBucket]


class Services(NamedTuple):
    """Services with spans in [start_ns, end_ns), by name."""

    start_ns: int
    end_ns: int
    services: list[ServiceNumbers]


class OperationNumbers(NamedTuple):
    """Spans of one service, name and kind (OTLP's number)."""

    service_name: str
    name: str
    kind: int
    span_count: int
    error_count: int
    latencies: Latencies


class Operations(NamedTuple):
    """Operations with spans in [start_ns, end_ns), most spans first."""

    start_ns: int
    end_ns: int
    operations: list[OperationNumbers]


class StorageStats(NamedTuple):
    """Where the data lies and how much of it there is. `full_in_days` foresees when there is no
    room left, at the pace of the last day; None when retention comes first. None: not known."""

    path: str
    bytes: int
    free_bytes: int | None
    spans: int
    logs: int
    segments: int = 1
    full_in_days: float | None = None


class Purged(NamedTuple):
    """What a purge deleted: traces of which no span is left, spans, log records, bytes."""

    traces: int
    spans: int
    logs: int
    freed_bytes: int


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
        """The whole trace, or None when no span is known."""

    async def get_outline(self, trace_id: bytes) -> TraceOutline | None:
        """What a waterfall needs of a trace, or None when no span is known."""

    async def get_spans(self, trace_id: bytes, span_ids: Sequence[bytes]) -> list[Span]:
        """Of the spans of a trace those with these ids, by start time."""

    async def latest_spans(
        self, trace_id: bytes, limit: int, before: int | None = None
    ) -> tuple[list[Span], int | None]:
        """Its last spans before a position, as they arrived, and where they begin, or None."""

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        """Log records that match."""

    async def get_log(self, log_id: int) -> LogRecord | None:
        """The log record with this id, or None when the tenant has none."""

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

    async def patterns(self, query: PatternQuery) -> Patterns:
        """What log records of a range say, the most frequent first."""

    async def insights(self, keys: Sequence[InsightKey]) -> dict[InsightKey, Insight]:
        """Those of the keys that a model said something of."""

    async def service_names(self) -> list[str]:
        """Every service that sent a span or a log record that is still kept, sorted."""

    async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
        """Numbers of a range, over the given services (all when empty).

        Here and below the range is wider where rows are gone and only rollups are left, and an
        open side ends with the hour of the first or last record. An answer with `start_ns` and
        `end_ns` says what it counts.
        """

    async def traffic(self, range_: TimeRange, services: tuple[str, ...]) -> list[TrafficBucket]:
        """Entry spans over time: about 60 times of a round width, those without any included."""

    async def latency_heatmap(self, range_: TimeRange, services: tuple[str, ...]) -> LatencyHeatmap:
        """Entry spans over time and duration, in columns like those of `traffic`."""

    async def latency_points(
        self, range_: TimeRange, services: tuple[str, ...], limit: int
    ) -> LatencyPoints:
        """At most `limit` entry spans of a range, spread evenly over those whose rows are kept."""

    async def service_map(self, range_: TimeRange, services: tuple[str, ...]) -> ServiceMap:
        """Who calls whom; of the given services, the calls from or to any of them."""

    async def services(self, range_: TimeRange, services: tuple[str, ...]) -> Services:
        """Numbers of each service."""

    async def operations(self, range_: TimeRange, services: tuple[str, ...]) -> Operations:
        """Numbers of each operation."""


class Storage(Protocol):
    """An open database: the writer, and a reader per tenant."""

    writer: Writer

    def reader(self, tenant: str) -> Reader:
        """The reader of one tenant; there is no reader without one."""

    async def known_patterns(self) -> list[tuple[str, Pattern]]:
        """The patterns of all tenants, with their tenant; those seen last come first."""

    async def put_insight(self, tenant: str, insight: Insight) -> None:
        """Keep what a model said, in the place of what it said before about the same."""

    async def note_tokens(self, at_ns: int, tokens: int) -> int:
        """Note that a request to a model begins, and what it may cost at most; the number of the
        note. Notes that are older by an hour are forgotten."""

    async def correct_tokens(self, number: int, tokens: int) -> None:
        """What the request of a note has cost."""

    async def noted_tokens(self, since_ns: int) -> list[tuple[int, int]]:
        """When requests began after a time, oldest first, and what they cost, over all tenants."""

    async def stats(self) -> StorageStats:
        """Size and place of the data, over all tenants."""

    def wal_bytes(self) -> int:
        """Bytes of write-ahead log on disk: it grows while somebody else's reader keeps the
        database from being checkpointed. 0 where the database looks after its own."""

    async def purge(self, before_ns: int) -> Purged:
        """Delete, for all tenants, spans that start and log records that lie before a time (Unix
        nanoseconds). What is pinned stays. Raises Unavailable when it cannot be done now."""

    async def vacuum(self) -> None:
        """Give unused room back to the disk. Raises NotSupported where the database does that
        by itself."""

    async def pin(self, tenant: str, trace_id: bytes) -> bool:
        """Let a trace outlive retention and purges; False when it is not known."""

    async def pinned(self, tenant: str, trace_id: bytes) -> bool:
        """Whether a trace outlives retention."""

    async def unpin(self, tenant: str, trace_id: bytes) -> None:
        """Take a pin back; without one there is nothing to do."""

    async def close(self) -> None:
        """Release everything; the storage is unusable afterwards."""
