"""Test doubles of the API's surroundings: records, an in-memory reader and a server on a socket."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from argus.analysis.disabled import Disabled
from argus.api import ApiParts, HttpProtocol, Ports, SystemState
from argus.errors import InvalidInput, NotFound
from argus.model import LogRecord, Resource, Scope, Signal, Span, TraceSummary
from argus.query import Node
from argus.query.tree import Target
from argus.storage import (
    Contrast,
    Dashboard,
    Insight,
    InsightKey,
    Latencies,
    LatencyHeatmap,
    LatencyPoints,
    LogQuery,
    MapEdge,
    MapNode,
    OperationNumbers,
    Operations,
    Page,
    PatternQuery,
    Patterns,
    Reader,
    RecordQuery,
    ServiceErrors,
    ServiceMap,
    ServiceNumbers,
    Services,
    Tally,
    TimeRange,
    TraceDetail,
    TraceOutline,
    TraceQuery,
    TrafficBucket,
)
from argus.telemetry import Telemetry
from tests.api.one_trace import TRACE_ID as TRACE_ID
from tests.api.one_trace import OneTrace as OneTrace
from tests.api.posting import call_with

START_NS = 1_769_860_800_123_456_789
SPAN_ID = bytes(range(1, 9))

RESOURCE = Resource(b"r" * 12, "orders", '{"service.name":"orders","process.pid":7}')
SCOPE = Scope(b"s" * 12, "orders.http", "1.2.3", '{"scoped":true}', 0, "https://schema/1")

SPAN = Span(
    resource=RESOURCE,
    scope=SCOPE,
    trace_id=TRACE_ID,
    span_id=SPAN_ID,
    parent_span_id=b"",
    name="GET /orders",
    kind=2,
    start_ns=START_NS,
    end_ns=START_NS + 1_500_250,
    status=2,
    status_message="boom",
    trace_state="a=b",
    flags=1,
    attributes='{"s":"x","i":3,"d":3.0,"big":9223372036854775807,"nan":{"$double":"NaN"},'
    '"raw":{"$bytes":"AAE="},"list":[1,"two"],"$odd":{"k":1}}',
    dropped_attributes_count=4,
    events='[{"name":"exception","time_ns":1769860800123456790,'
    '"attributes":{"n":1},"dropped_attributes_count":2}]',
    dropped_events_count=5,
    links='[{"trace_id":"' + "ab" * 16 + '","span_id":"' + "cd" * 8 + '","trace_state":"t=1",'
    '"flags":1,"attributes":{"l":2.5},"dropped_attributes_count":0}]',
    dropped_links_count=6,
)
CHILD = SPAN._replace(
    span_id=bytes(range(2, 10)), parent_span_id=SPAN_ID, kind=3, status=0, events="", links=""
)

LOG = LogRecord(
    resource=RESOURCE,
    scope=SCOPE,
    time_ns=START_NS,
    observed_ns=0,
    severity=17,
    severity_number=17,
    severity_text="Error",
    body='{"message":"no stock","count":9223372036854775807}',
    event_name="stock.missing",
    trace_id=TRACE_ID,
    span_id=b"",
    flags=1,
    attributes='{"sku":"a-1"}',
    dropped_attributes_count=1,
    id=255,
    pattern_id=b"8 bytes.",
)

SUMMARY = TraceSummary(
    TRACE_ID,
    "orders",
    "GET /orders",
    False,
    ("orders", "stock"),
    START_NS,
    START_NS + 1_500_250,
    2,
    1,
    2,
)

OUTLINE = TraceOutline(
    summary=SUMMARY,
    span_ids=SPAN_ID.hex() + CHILD.span_id.hex() + "0b" * 8,
    missing_ids="0c" * 8,
    parents=[-1, 0, 3],
    services=[0, 0, 1],
    service_names=["orders", "stock"],
    operations=[0, 0, 1],
    operation_names=["GET /orders", "take"],
    kinds=[2, 3, 77],
    statuses=[2, 0, 1],
    starts_ns=[START_NS, START_NS, START_NS + 1_500],
    ends_ns=[SPAN.end_ns, SPAN.end_ns, START_NS + 1_750],
    logs_total=1,
)
"""SPAN, CHILD and a span of `stock` whose parent never came."""

LATENCIES = Latencies(2_000_000.0, 1_000_000.0, 3_000_000.0, 4_000_000.0)
DASHBOARD = Dashboard(
    START_NS, START_NS + 60, 10, 40, 5, 4, LATENCIES, 2, [ServiceErrors("orders", 4, 8)]
)
TRAFFIC = [TrafficBucket(START_NS, 3, 1), TrafficBucket(START_NS + 60, 0, 0)]
HEATMAP = LatencyHeatmap([START_NS], [1000.0, 2000.0], [[0, 3, 1]])
POINTS = LatencyPoints([(START_NS, 1_500_250)], 7)
SERVICE_MAP = ServiceMap(
    START_NS,
    START_NS + 60,
    [MapNode("orders", "service", 3, 1, LATENCIES), MapNode("user", "user", 0, 0, None)],
    [MapEdge("user", "orders", 3, 1, LATENCIES)],
)
SERVICES = Services(
    START_NS,
    START_NS + 2 * 10**9,
    [
        ServiceNumbers("idle", 1, 0, 0, 0, None, []),
        ServiceNumbers("orders", 8, 4, 4, 1, LATENCIES, TRAFFIC),
    ],
)
OPERATIONS = Operations(
    START_NS,
    START_NS + 2 * 10**9,
    [
        OperationNumbers("orders", "GET /orders", 2, 6, 3, LATENCIES),
        OperationNumbers("orders", "odd", 77, 2, 0, LATENCIES),
    ],
)


INSIGHT = Insight(
    InsightKey(b"8 bytes.", "orders", ""),
    START_NS,
    255,
    "a model",
    99,
    "It is full.",
    '{"structured":false,"summary":"It is full.","causes":[],"checks":[],"confidence":null,'
    '"unverified_ids":[]}',
)


class MemoryReader:
    """A Reader over fixed answers that notes the queries it is asked."""

    def __init__(self, tenant: str = "default") -> None:
        self.tenant = tenant
        self.queries: list[Any] = []
        self.spans: list[Span] = [SPAN, CHILD]
        self.logs: list[LogRecord] = [LOG]
        self.next_cursor: str | None = None

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        self.queries.append(query)
        if query.cursor == "broken":
            raise InvalidInput("not a cursor", field="cursor")
        return Page([SUMMARY], 1, False, self.next_cursor)

    async def get_trace(self, trace_id: bytes, max_logs: int = 1000) -> TraceDetail | None:
        found = TraceDetail(SUMMARY, self.spans, self.logs[:max_logs], len(self.logs))
        return found if trace_id == TRACE_ID else None

    async def get_outline(self, trace_id: bytes) -> TraceOutline | None:
        return OUTLINE if trace_id == TRACE_ID else None

    async def get_spans(self, trace_id: bytes, span_ids: Sequence[bytes]) -> list[Span]:
        return [span for span in self.spans if span.span_id in span_ids and trace_id == TRACE_ID]

    async def latest_spans(
        self, trace_id: bytes, limit: int, before: int | None = None
    ) -> tuple[list[Span], int | None]:
        upto = len(self.spans) if before is None else before
        first = max(0, upto - limit)
        return self.spans[first:upto], first or None

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        self.queries.append(query)
        return Page(self.logs, 1, True, "next")

    async def get_log(self, log_id: int) -> LogRecord | None:
        return next((log for log in self.logs if log.id == log_id), None)

    async def logs_after(self, log_id: int, limit: int) -> list[LogRecord]:
        return [log for log in self.logs if log.id > log_id][-limit:]

    async def logs_around(self, query: LogQuery, time_ns: int) -> list[LogRecord]:
        self.queries.append((query, time_ns))
        return self.logs

    async def count_keys(self, query: RecordQuery) -> Tally:
        self.queries.append(query)
        return Tally(5, 5, False, {(0, '"http.route"'): 4, (0, '"a key"'): 5})

    async def count_values(self, query: RecordQuery, target: Target, bucket_ns: int = 0) -> Tally:
        self.queries.append((query, target))
        bucket = (query.range.start_ns or 0) // bucket_ns if bucket_ns else 0
        return Tally(5, 9, True, {(bucket, '"a"'): 3, (bucket, "null"): 2})

    async def contrast(self, query: RecordQuery, selection: Node) -> Contrast:
        self.queries.append((query, selection))
        counts = {("record", "user.id", '"u-1"'): (4, 1), ("field", "service", '"shop"'): (5, 4)}
        return Contrast(10, 10, False, 5, counts)

    async def patterns(self, query: PatternQuery) -> Patterns:
        self.queries.append(query)
        return Patterns(START_NS, START_NS + 60, 60, [START_NS], [], 0, 0)

    async def insights(self, keys: Sequence[InsightKey]) -> dict[InsightKey, Insight]:
        return {key: INSIGHT for key in keys if key == INSIGHT.key}

    async def service_names(self) -> list[str]:
        return [self.tenant, "orders"]

    async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
        self.queries.append((range_, services))
        return DASHBOARD

    async def traffic(self, range_: TimeRange, services: tuple[str, ...]) -> list[TrafficBucket]:
        self.queries.append((range_, services))
        return TRAFFIC

    async def latency_heatmap(self, range_: TimeRange, services: tuple[str, ...]) -> LatencyHeatmap:
        self.queries.append((range_, services))
        return HEATMAP

    async def latency_points(
        self, range_: TimeRange, services: tuple[str, ...], limit: int
    ) -> LatencyPoints:
        self.queries.append((range_, services, limit))
        return POINTS

    async def service_map(self, range_: TimeRange, services: tuple[str, ...]) -> ServiceMap:
        self.queries.append((range_, services))
        return SERVICE_MAP

    async def services(self, range_: TimeRange, services: tuple[str, ...]) -> Services:
        self.queries.append((range_, services))
        return SERVICES

    async def operations(self, range_: TimeRange, services: tuple[str, ...]) -> Operations:
        self.queries.append((range_, services))
        return OPERATIONS


class FailingReader(MemoryReader):
    """A Reader whose every list fails in a way nobody foresaw."""

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        raise RuntimeError("secret-dsn-password")


async def idle_state() -> SystemState:
    """The state of a system at rest."""
    return SystemState("OK", 0, 0, 0, "/data/argus.db", 4096, 1_000_000)


async def always_ready() -> bool:
    return True


@dataclass
class WaitingLetter:
    """One request in the dead-letter queue."""

    id: str
    tenant: str = "default"
    signal: Signal = "logs"
    records: int = 2
    bytes: int = 300
    received_ns: int = 1_700_000_000_000_000_000
    reason: str = "the commit took over 2 s"
    attempts: int = 1


class WaitingLetters:
    """A dead-letter queue in memory: what is replayed or discarded is gone, and remembered."""

    def __init__(self, *letters: WaitingLetter) -> None:
        self.letters = {letter.id: letter for letter in letters}
        self.done: list[tuple[str, str]] = []

    async def list(self, limit: int, after: str) -> Sequence[WaitingLetter]:
        ids = [id_ for id_ in sorted(self.letters) if id_ > after]
        return [self.letters[id_] for id_ in ids[:limit]]

    async def replay(self, id_: str) -> None:
        self._take("replayed", id_)

    async def discard(self, id_: str) -> None:
        self._take("deleted", id_)

    def _take(self, verb: str, id_: str) -> None:
        if self.letters.pop(id_, None) is None:
            raise NotFound(f"no dead letter {id_}", field="id")
        self.done.append((verb, id_))


def parts_with(reader: Reader | None = None, **changes: Any) -> ApiParts:
    """The parts of an API over one reader, or over a MemoryReader per tenant."""
    readers: Callable[[str], Reader] = MemoryReader if reader is None else lambda tenant: reader
    parts = ApiParts(
        reader=readers,
        telemetry=Telemetry(),
        state=idle_state,
        ready=always_ready,
        receipts=lambda tenant: [],
        dead_letters=WaitingLetters(),
        data=OneTrace(),
        insights=Disabled(readers),
        ports=Ports(http=8080, grpc=4317, otlp_http=4318),
        version="9.9.9",
    )
    return replace(parts, **changes)


@contextmanager
def serving(
    app: ASGIApp, protocol: type[HttpProtocol] = HttpProtocol, limit: int | None = None
) -> Iterator[int]:
    """Serve `app` on a free loopback port, which is yielded, in a thread of its own."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http=protocol, log_level="critical", lifespan="off",
        ws="websockets-sansio", loop="auto", limit_concurrency=limit,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def call(
    app: ASGIApp, path: str, query: bytes = b"", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Call an ASGI application with a query string as it is: status, headers, body."""
    return call_with(app, path, query, method, headers)
