"""Numbered records: everything in one follows from its number and the seed of the run."""

import time
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Signal = Literal["traces", "logs"]

SPANS_PER_TRACE = 8
_SERVICES = 7
_OPERATIONS = 31


class Row(NamedTuple):
    """What of a record must be stored, as one comparable value. Times are Unix nanoseconds."""

    number: int
    signal: Signal
    trace_id: bytes
    span_id: bytes
    start_ns: int
    end_ns: int
    text: str
    service: str
    attributes: dict[str, Any]


class Request(NamedTuple):
    """The records `first` to `first + size - 1`, all of one signal, as one export request."""

    signal: Signal
    first: int
    size: int
    body: bytes

    @property
    def numbers(self) -> range:
        """The numbers of its records."""
        return range(self.first, self.first + self.size)


class Records:
    """The records of one run."""

    def __init__(self, seed: int, started_ns: int | None = None) -> None:
        """The times of all records are at and after `started_ns`: a minute ago when not given."""
        self.seed = seed
        self.started_ns = started_ns or time.time_ns() - 60_000_000_000

    def _id(self, kind: str, number: int, size: int) -> bytes:
        return blake2b(f"{self.seed} {kind} {number}".encode(), digest_size=size).digest()

    def row(self, number: int, signal: Signal) -> Row:
        """The record of a number."""
        check = self._id("check", number, 6).hex()
        start_ns = self.started_ns + number * 1_000
        is_span = signal == "traces"
        return Row(
            number,
            signal,
            self._id("trace", number // SPANS_PER_TRACE, 16) if is_span else b"",
            self._id("span", number, 8) if is_span else b"",
            start_ns,
            start_ns + 1 + number % 1_000_000 if is_span else 0,
            f"operation {number % _OPERATIONS}" if is_span else f"record {number} w{check}",
            f"oracle-{number % _SERVICES}",
            {
                "oracle.number": number,
                "oracle.check": check,
                "oracle.even": number % 2 == 0,
                "oracle.half": number + 0.5,
            },
        )

    def request(self, signal: Signal, first: int, size: int) -> Request:
        """The export request of some records, grouped by service as a collector would."""
        rows: dict[str, list[Row]] = {}
        for number in range(first, first + size):
            row = self.row(number, signal)
            rows.setdefault(row.service, []).append(row)
        message = _spans(rows) if signal == "traces" else _logs(rows)
        return Request(signal, first, size, message.SerializeToString())


def _spans(rows: dict[str, list[Row]]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for service, some in rows.items():
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        spans = group.scope_spans.add().spans
        for row in some:
            span = spans.add(
                trace_id=row.trace_id, span_id=row.span_id, name=row.text, kind=2,
                start_time_unix_nano=row.start_ns, end_time_unix_nano=row.end_ns,
            )  # fmt: skip
            _put(span.attributes, row.attributes)
    return request


def _logs(rows: dict[str, list[Row]]) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    for service, some in rows.items():
        group = request.resource_logs.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        logs = group.scope_logs.add().log_records
        for row in some:
            log = logs.add(time_unix_nano=row.start_ns, severity_number=9)
            log.body.string_value = row.text
            _put(log.attributes, row.attributes)
    return request


def _put(attributes: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        one = attributes.add(key=key).value
        match value:
            case bool():
                one.bool_value = value
            case int():
                one.int_value = value
            case float():
                one.double_value = value
            case _:
                one.string_value = value
