"""The records that flow through Argus: resources, scopes, spans, log records and batches of them.

Names are OTLP's own. Records are NamedTuples because one is built per span on the ingest path
(a frozen dataclass costs six times as much); times are integer nanoseconds since the Unix epoch;
ids are raw bytes; every `attributes`, `body`, `events` and `links` field is text in the form that
`argus.attributes` defines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Literal, NamedTuple

Signal = Literal["traces", "logs", "metrics"]
Encoding = Literal["protobuf", "json"]
Transport = Literal["grpc", "http"]

DEFAULT_TENANT = "default"
UNKNOWN_SERVICE = "unknown_service"


class SpanKind(IntEnum):
    """Span kinds; numbers are OTLP's. Unknown numbers are stored as they came."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class StatusCode(IntEnum):
    """Span status codes; numbers are OTLP's."""

    UNSET = 0
    OK = 1
    ERROR = 2


SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
UNSPECIFIED = "UNSPECIFIED"

_SEVERITY_WORDS = {
    "TRACE": 1, "VERBOSE": 1, "FINEST": 1, "FINER": 1, "FINE": 5, "DEBUG": 5,
    "INFO": 9, "INFORMATION": 9, "INFORMATIONAL": 9, "LOG": 9, "NOTICE": 10,
    "WARN": 13, "WARNING": 13, "ERROR": 17, "ERR": 17, "SEVERE": 17,
    "CRITICAL": 21, "CRIT": 21, "FATAL": 21, "ALERT": 21, "EMERG": 21, "EMERGENCY": 21, "PANIC": 21,
}  # fmt: skip


def severity_number(number: int, text: str) -> int:
    """The effective severity 0..24: the number when valid, else read from the text, else 0.

    Ranges: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    """
    if 1 <= number <= 24:
        return number
    return _SEVERITY_WORDS.get(text.strip().upper(), 0)


def severity_name(number: int) -> str:
    """TRACE, DEBUG, INFO, WARN, ERROR or FATAL of an effective severity; 0 is UNSPECIFIED."""
    return SEVERITIES[(number - 1) // 4] if 1 <= number <= 24 else UNSPECIFIED


def severity_floor(name: str) -> int:
    """The lowest number of a severity named by a person (CRITICAL is FATAL).

    Raises ValueError for a word that is no severity.
    """
    number = _SEVERITY_WORDS.get(name.strip().upper())
    if number is None:
        raise ValueError(f"unknown severity {name!r}; expected one of {', '.join(SEVERITIES)}")
    return (number - 1) // 4 * 4 + 1


class Resource(NamedTuple):
    """What produced telemetry. `key` is a digest of its content: equal keys, equal resources."""

    key: bytes
    service_name: str
    attributes: str
    dropped_attributes_count: int = 0
    schema_url: str = ""


class Scope(NamedTuple):
    """The instrumentation scope. `key` is a digest of its content."""

    key: bytes
    name: str
    version: str
    attributes: str
    dropped_attributes_count: int = 0
    schema_url: str = ""


class Span(NamedTuple):
    """One span. `words` are the index words of its attributes (see `argus.attributes`);
    they are present on the way in and empty on a span read back.

    `parent_span_id` is empty for a root. `events` and `links` are empty strings when there are
    none, else the JSON array text that `argus.attributes` defines.
    """

    resource: Resource
    scope: Scope
    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    trace_state: str
    flags: int
    attributes: str
    dropped_attributes_count: int
    events: str
    dropped_events_count: int
    links: str
    dropped_links_count: int
    words: str = ""


class LogRecord(NamedTuple):
    """One log record. `severity` is the effective number (0..24), `severity_number` the sent one.

    `trace_id` and `span_id` are empty when absent. `time_ns` is never 0 (it falls back to the
    observed time, then to arrival); `observed_ns` is as sent. `body` is one JSON value text.
    `id` increases in order of arrival. It is 0 on the way in, where `Batch.first_log_id` tells.
    `pattern_id` is empty before the record's pattern is known.
    """

    resource: Resource
    scope: Scope
    time_ns: int
    observed_ns: int
    severity: int
    severity_number: int
    severity_text: str
    body: str
    event_name: str
    trace_id: bytes
    span_id: bytes
    flags: int
    attributes: str
    dropped_attributes_count: int
    words: str = ""
    id: int = 0
    pattern_id: bytes = b""


class Pattern(NamedTuple):
    """What log records that say the same have in common: the words of `template`, in which `<*>`
    stands for what varies. More of them may come to vary; the id (eight bytes) stays."""

    id: bytes
    template: str


class Source(NamedTuple):
    """What one resource contributed to a request: records accepted, and rejected by reason.

    `newest_ns` is the time of its last accepted record (a span's end, a log's time), 0 without.
    """

    resource: Resource
    accepted: int
    rejected: Mapping[str, int]
    newest_ns: int


def log_id_text(log_id: int) -> str:
    """The text form of `LogRecord.id`: texts are in the order of their numbers."""
    return f"{log_id:016x}"


def parse_log_id(text: str) -> int:
    """The id of a text that `log_id_text` gave. Raises ValueError for any other."""
    log_id = int(text, 16)
    if log_id_text(log_id) != text or log_id < 0:
        raise ValueError("not the id of a log record")
    return log_id


@lru_cache(maxsize=4096)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def format_time(ns: int) -> str:
    """Unix nanoseconds -> RFC 3339 in UTC with nine fractional digits."""
    second, fraction = divmod(ns, 1_000_000_000)
    return f"{_second_text(second)}{fraction:09d}Z"


@dataclass(slots=True)
class Batch:
    """The decoded records of one export request, of one tenant.

    `rejected` counts records of the request that broke a rule, `filtered` those the operator's
    settings leave out, both by reason; neither are in the batch. A batch is what flows from the
    receivers through the pipeline to storage and then to the exporters.
    """

    tenant: str
    signal: Signal
    received_ns: int
    spans: Sequence[Span] = ()
    logs: Sequence[LogRecord] = ()
    patterns: Sequence[Pattern] = ()
    """Those that the log records are of."""
    rejected: dict[str, int] = field(default_factory=dict)
    filtered: dict[str, int] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    """Who the records of the request come from, before any filter."""
    peer: str = ""
    """Address of the sender, without port."""
    transport: Transport = "grpc"
    encoding: Encoding = "protobuf"
    body: bytes = b""
    """The request as it came, decompressed: what the dead-letter queue keeps of it."""
    key: bytes = b""
    """Digest of tenant, signal and body. A key is stored once: a byte-identical retry and a
    replayed dead letter are recognised by it. Empty keys are never recognised."""
    first_log_id: int = 0
    """Id of the first of `logs`, which the others' follow; 0 until stored."""

    @property
    def size(self) -> int:
        """Bytes of the request after decompression."""
        return len(self.body)

    def __len__(self) -> int:
        return len(self.spans) + len(self.logs)

    @property
    def rejected_count(self) -> int:
        """Records rejected, all reasons together."""
        return sum(self.rejected.values())

    @property
    def received_count(self) -> int:
        """Records of the request: in the batch, rejected and filtered."""
        return len(self) + self.rejected_count + sum(self.filtered.values())


class TraceSummary(NamedTuple):
    """A trace as lists show it; definitions in the API contract.

    Without a root span the earliest span stands for it and `root_missing` is true.
    `services` is sorted. Duration is latest end minus earliest start.
    """

    trace_id: bytes
    root_service: str
    root_operation: str
    root_missing: bool
    services: tuple[str, ...]
    start_ns: int
    end_ns: int
    span_count: int
    error_count: int
    status: int
