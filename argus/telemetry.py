"""Argus' own numbers: what it received, stored, refused and how long the database took."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from argus.model import Signal, Transport

MissedReason = Literal["slow", "overloaded", "too_large", "failed"]
"""Why a live client is not sent a log record: it is too slow, this server has too much to tell,
the record is too large to be held for every client, or a defect."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"

REASONS = frozenset(
    {
        "invalid_trace_id", "invalid_span_id", "invalid_parent_span_id", "start_time_missing",
        "time_out_of_range", "end_before_start", "body_too_deep", "body_too_large",
        "metrics_not_stored", "severity", "service", OTHER,
    }
)  # fmt: skip
"""The only values of the `reason` label; what is not among them counts as "other", so that no
sender can make time series without end."""

_LATENCY_BUCKETS = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_LAG_BUCKETS = (
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip
_LAG_EVERY_S = 0.1
_RATE_WINDOW_S = 60
_LATENCIES_KEPT = 1024


class DeadLetterMetrics:
    """What waits in the dead-letter queue, and what became of records that did."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, help_: str, *labels: str) -> Gauge:
            return Gauge(f"argus_dlq_{name}", help_, labels, registry=registry)

        def records(verb: str, help_: str) -> Counter:
            return Counter(f"argus_dlq_{verb}_records", help_, ("signal",), registry=registry)

        self._oldest_ns: int | None = None
        self._files = gauge("size", "Files in the dead-letter queue.")
        self._bytes = gauge("bytes", "Disk space of the dead-letter queue.")
        self._records = gauge("records", "Records in the dead-letter queue.", "signal")
        age = gauge("oldest_age_seconds", "Age of the oldest request in the dead-letter queue.")
        age.set_function(self._oldest_age_s)
        self._recovered = records("recovered", "Records of files found that another run left.")
        self._replayed = records("replayed", "Records of files that went to the database.")
        self._quarantined = records("quarantined", "Records set aside: corrupt or not storable.")
        self._removed = records("removed", "Records of files deleted by a person.")
        for signal in get_args(Signal):
            self._records.labels(signal)
            for counter in (self._recovered, self._replayed, self._quarantined, self._removed):
                counter.labels(signal)

    def waiting(
        self, files: int, size: int, records: Mapping[Signal, int], oldest_ns: int | None
    ) -> None:
        """So many files wait, of `size` bytes together, with so many records per signal; the
        oldest request arrived at `oldest_ns` (Unix time)."""
        self._files.set(files)
        self._bytes.set(size)
        for signal, n in records.items():
            self._records.labels(signal).set(n)
        self._oldest_ns = oldest_ns

    def _oldest_age_s(self) -> float:
        oldest_ns = self._oldest_ns
        return 0.0 if oldest_ns is None else max(0.0, time.time() - oldest_ns / 1e9)

    def recovered(self, signal: Signal, n: int) -> None:
        """Files with `n` records lie in the queue that this process did not write."""
        self._recovered.labels(signal).inc(n)

    def replayed(self, signal: Signal, n: int) -> None:
        """A file of `n` records left the queue for the database."""
        self._replayed.labels(signal).inc(n)

    def quarantined(self, signal: Signal, n: int) -> None:
        """`n` records of a file were set aside, for nobody but a person to see."""
        self._quarantined.labels(signal).inc(n)

    def removed(self, signal: Signal, n: int) -> None:
        """A person deleted files with `n` records."""
        self._removed.labels(signal).inc(n)


DroppedReason = Literal["queue_full", "budget"]
"""Why an error was not looked at by the model."""


class AiState(NamedTuple):
    """How the analysis of errors is doing. `failing`: the model is left alone for a while, as it
    failed some times in a row. `problem` is what went wrong last, None when nothing did since."""

    enabled: bool
    model: str | None
    state: Literal["disabled", "ok", "failing", "budget_spent"]
    queue_depth: int
    tokens_per_hour: int
    tokens_used: int
    tokens_left: int
    problem: str | None


class AiMetrics:
    """What is asked of a language model, and what is not. Methods never raise."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, help_: str, *labels: str) -> Counter:
            return Counter(f"argus_ai_{name}", help_, labels, registry=registry)

        self._registry = registry
        self._requests = counter("requests", "Requests to the model, by outcome.", "outcome")
        self._tokens = counter("tokens", "Tokens that requests to the model have cost.")
        self._insights = counter("insights", "Insights that were made.")
        self._dropped = counter(
            "dropped", "Errors that were not looked at, by reason; others of their kind may be.",
            "reason",
        )  # fmt: skip
        for reason in get_args(DroppedReason):
            self._dropped.labels(reason)

    def watch(self, state: Callable[[], AiState]) -> None:
        """From now on the gauges are what `state` returns at each scrape."""

        def gauge(name: str, help_: str, read: Callable[[AiState], float]) -> None:
            made = Gauge(f"argus_ai_{name}", help_, registry=self._registry)
            made.set_function(lambda: read(state()))

        gauge("queue_depth", "Errors that wait for the model.", lambda now: now.queue_depth)
        gauge("tokens_left", "Tokens left in this hour.", lambda now: now.tokens_left)
        gauge(
            "circuit_open", "1 while the model is left alone because it failed, else 0.",
            lambda now: now.state == "failing",
        )  # fmt: skip

    def request(self, outcome: str) -> None:
        """A request to the model ended: `ok`, or how it failed."""
        self._requests.labels(outcome).inc()

    def tokens(self, n: int) -> None:
        """A request has cost `n` tokens."""
        self._tokens.inc(n)

    def insight(self) -> None:
        """An insight was made."""
        self._insights.inc()

    def dropped(self, reason: DroppedReason) -> None:
        """An error is not looked at."""
        self._dropped.labels(reason).inc()


class LiveMetrics:
    """What live clients were not shown. Methods never raise."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._missed = Counter(
            "argus_live_missed_records",
            "Log records that a live client was not sent, by reason, once for each client.",
            ("reason",),
            registry=registry,
        )

    def missed(self, reason: MissedReason, n: int) -> None:
        """A client was not sent `n` log records."""
        self._missed.labels(reason).inc(n)


class Telemetry:
    """Counters, gauges and a histogram on a registry of their own, and what health shows of them.

    At any quiet moment, per signal: received + dlq_recovered = stored + duplicate + rejected +
    filtered + dlq_records (waiting) + dlq_quarantined + dlq_removed.

    Methods take plain values and never raise; call them from the event loop's thread or from any
    other, but `stored` from one thread at a time.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._ingested = Counter(
            "argus_ingestion_rate", "Spans and log records committed.", registry=registry
        )
        self._received = self._records("received", "Records that reached a receiver.")
        self._stored = self._records("stored", "Records committed to the database.")
        self._duplicate = self._records("duplicate", "Records that had been stored before.")
        self._rejected = self._records("rejected", "Records refused, by reason.", "reason")
        self._filtered = self._records("filtered", "Records left out on purpose.", "reason")
        self._requests = Counter(
            "argus_requests",
            "Export requests answered, by transport, signal and status code.",
            ("transport", "signal", "code"),
            registry=registry,
        )
        self._db_latency = Histogram(
            "argus_db_latency",
            "Seconds a database operation took.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._loop_lag = Histogram(
            "argus_event_loop_lag_seconds",
            "How late the event loop woke, sampled ten times a second.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self._connections = self._gauge("active_connections", "Open WebSocket connections.")
        self.live = LiveMetrics(registry)
        self.ai = AiMetrics(registry)
        self.dead_letters = DeadLetterMetrics(registry)
        self._circuit_open = self._gauge(
            "circuit_open", "1 while the database is given up on and requests go to disk, else 0."
        )
        self._queue_depth = self._gauge("queue_depth", "Batches waiting for the writer.")
        self._inflight = self._gauge("inflight_bytes", "Bytes accepted and not yet durable.")
        self._total = 0
        self._per_second: deque[tuple[int, int]] = deque()
        self._started = time.monotonic()
        self._latencies: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._open_connections = 0
        for signal in get_args(Signal):
            for counter in (self._received, self._stored, self._duplicate):
                counter.labels(signal)

    def _records(self, verb: str, help_: str, *labels: str) -> Counter:
        return Counter(f"argus_{verb}_records", help_, ("signal", *labels), registry=self._registry)

    def _gauge(self, name: str, help_: str) -> Gauge:
        return Gauge(f"argus_{name}", help_, registry=self._registry)

    def received(self, signal: Signal, n: int) -> None:
        """`n` records of a signal reached a receiver."""
        self._received.labels(signal).inc(n)

    def stored(self, signal: Signal, n: int) -> None:
        """`n` records were committed."""
        self._stored.labels(signal).inc(n)
        self._ingested.inc(n)
        self._total += n
        second = int(time.monotonic())
        last = self._per_second[-1] if self._per_second else None
        if last is not None and last[0] == second:
            self._per_second[-1] = (second, last[1] + n)
        else:
            self._per_second.append((second, n))
            self._forget(second)

    def duplicate(self, signal: Signal, n: int) -> None:
        """`n` records were not stored because they had been before."""
        self._duplicate.labels(signal).inc(n)

    def rejected(self, signal: Signal, reason: str, n: int) -> None:
        """`n` records were refused for `reason` (one of REASONS)."""
        self._rejected.labels(signal, _known(reason)).inc(n)

    def filtered(self, signal: Signal, reason: str, n: int) -> None:
        """`n` records were left out because the configuration says so (one of REASONS)."""
        self._filtered.labels(signal, _known(reason)).inc(n)

    def request(self, transport: Transport, signal: Signal, code: int | str) -> None:
        """An export request was answered with a gRPC status name or an HTTP status number."""
        self._requests.labels(transport, signal, str(code)).inc()

    def db_latency(self, seconds: float) -> None:
        """A database operation took `seconds`."""
        self._db_latency.observe(seconds)
        self._latencies.append(seconds)

    async def watch_loop(self) -> None:
        """Sample how late the event loop wakes, until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_LAG_EVERY_S)
            self._loop_lag.observe(max(0.0, time.perf_counter() - began - _LAG_EVERY_S))

    def connection_opened(self) -> None:
        """A WebSocket was accepted."""
        self._open_connections += 1
        self._connections.set(self._open_connections)

    def connection_closed(self) -> None:
        """An accepted WebSocket is gone."""
        self._open_connections -= 1
        self._connections.set(self._open_connections)

    def circuit_open(self, is_open: bool) -> None:
        """Whether requests go to disk because the database is given up on for now."""
        self._circuit_open.set(is_open)

    def queue_depth(self, batches: int) -> None:
        """`batches` batches wait for the writer."""
        self._queue_depth.set(batches)

    def inflight_bytes(self, n: int) -> None:
        """`n` bytes of requests are accepted and not yet durable."""
        self._inflight.set(n)

    @property
    def ingested_total(self) -> int:
        """Spans and log records committed since the start."""
        return self._total

    @property
    def active_connections(self) -> int:
        """Open WebSocket connections."""
        return self._open_connections

    def ingestion_rate(self) -> float:
        """Records committed per second over the last minute, or since the start when that is
        shorter ago."""
        now = time.monotonic()
        self._forget(int(now))
        window = max(1.0, min(_RATE_WINDOW_S, now - self._started))
        return sum(n for _, n in self._per_second) / window

    def _forget(self, second: int) -> None:
        while self._per_second and self._per_second[0][0] <= second - _RATE_WINDOW_S:
            self._per_second.popleft()

    def db_latency_p99_ms(self) -> float:
        """Nearest-rank 99th percentile, in milliseconds, of the last 1024 database operations;
        0 before the first."""
        ordered = sorted(self._latencies)
        return ordered[-(-len(ordered) * 99 // 100) - 1] * 1000 if ordered else 0.0

    def watch_wal(self, read: Callable[[], int]) -> None:
        """From now on the write-ahead log's bytes are what `read` returns at each scrape."""
        self._gauge("db_wal_bytes", "Write-ahead log on disk.").set_function(read)

    def render(self) -> bytes:
        """The Prometheus text exposition; its media type is CONTENT_TYPE."""
        return generate_latest(self._registry)


def _known(reason: str) -> str:
    return reason if reason in REASONS else OTHER
