"""Gathers what a model is shown of an error: pattern, examples, trace, and what came before.

Every piece has a short name (`L1`, `S2`, `P1`, `T1`) that an answer can cite, and stands for
something that exists. Secrets are taken out here, so that nothing else ever sees them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from argus.analysis.redaction import redact, redacted_value
from argus.attributes import plain_attributes_json, plain_json
from argus.model import LogRecord, Span, StatusCode, format_time, log_id_text, severity_name
from argus.query.fields import FIELDS
from argus.query.tree import Column, Equals, Test
from argus.storage import LogQuery, PatternQuery, Reader, TimeRange, TraceDetail, insight_key

SECOND_NS = 10**9
_DAY_NS = 86_400 * SECOND_NS
_BEFORE_NS = 60 * SECOND_NS
_EXAMPLES, _BEFORE, _FAILING = 3, 8, 8
_MOST_CHARS, _WHOLE_CHARS, _BODY_CHARS, _VALUE_CHARS = 65_536, 8_000, 1_000, 200
_ATTRIBUTES = 12

Kind = Literal["log", "span", "pattern", "trace"]


class Piece(NamedTuple):
    """One piece of evidence. `id` is that of the log record, span, pattern or trace; `trace_id`
    and `at` say where it can be seen, as `InsightEvidence` has them."""

    name: str
    kind: Kind
    id: str
    content: dict[str, Any]
    trace_id: str | None = None
    at: str | None = None


class Evidence(NamedTuple):
    """What is shown of one log record: `subject` is the piece that it is itself."""

    service: str
    version: str
    subject: str
    pieces: list[Piece]


async def gather(reader: Reader, record: LogRecord) -> Evidence:
    """The evidence about a log record that has a pattern. Raises what readers raise."""
    key = insight_key(record)
    assert key is not None
    examples = await _examples(reader, record)
    trace = await reader.get_trace(record.trace_id, max_logs=0) if record.trace_id else None
    before = await _before(reader, record)
    logs = [record, *examples, *before]
    roles = ["subject"] + ["same pattern"] * len(examples) + ["just before"] * len(before)
    pieces = [await _pattern(reader, record)]
    for number, (log, role) in enumerate(zip(logs, roles, strict=True), 1):
        content = _log(log, record, role)
        seen = (log.trace_id.hex() or None, format_time(log.time_ns))
        pieces.append(Piece(f"L{number}", "log", log_id_text(log.id), content, *seen))
    if trace is not None:
        trace_id = record.trace_id.hex()
        pieces.append(Piece("T1", "trace", trace_id, _trace(trace)))
        for number, span in enumerate(_telling(trace.spans, record.span_id), 1):
            content = _span(span, trace)
            pieces.append(Piece(f"S{number}", "span", span.span_id.hex(), content, trace_id))
    return Evidence(key.service, key.version, "L1", pieces)


async def _examples(reader: Reader, record: LogRecord) -> list[LogRecord]:
    """Other records of the pattern and service, the newest ones up to this one."""
    same = Test(Column(FIELDS["logs"]["pattern"]), Equals(record.pattern_id.hex()))
    query = LogQuery(
        TimeRange(None, record.time_ns + 1),
        (record.resource.service_name,),
        filter=same,
        limit=_EXAMPLES + 1,
        count=False,
    )
    page = await reader.find_logs(query)
    return [log for log in page.items if log.id != record.id][:_EXAMPLES]


async def _before(reader: Reader, record: LogRecord) -> list[LogRecord]:
    """What the service logged in the minute before the record, in order."""
    query = LogQuery(
        TimeRange(record.time_ns - _BEFORE_NS, record.time_ns),
        (record.resource.service_name,),
        limit=_BEFORE * 4,
        count=False,
    )
    page = await reader.find_logs(query)
    others = [log for log in page.items if log.pattern_id != record.pattern_id][:_BEFORE]
    return others[::-1]


async def _pattern(reader: Reader, record: LogRecord) -> Piece:
    """The pattern, and how often it occurred in the day up to the record's minute."""
    end_ns = record.time_ns - record.time_ns % (60 * SECOND_NS) + 60 * SECOND_NS
    found = await reader.patterns(
        PatternQuery(TimeRange(end_ns - _DAY_NS, end_ns), ids=(record.pattern_id,), limit=1)
    )
    content: dict[str, Any] = {"template": "", "last_24_hours": 0}
    for one in found.patterns:
        content = {
            "template": redact(one.template),
            "last_24_hours": one.records,
            "by_service": {redact(name): count for name, count in one.services[:10]},
            "by_severity": dict(one.severities),
            "first_seen_seconds_before": (record.time_ns - one.first_seen_ns) // SECOND_NS,
        }
    return Piece("P1", "pattern", record.pattern_id.hex(), content, at=format_time(end_ns))


def _log(log: LogRecord, subject: LogRecord, role: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "role": role,
        "seconds": _seconds(log.time_ns - subject.time_ns),
        "severity": severity_name(log.severity),
        "service": redact(log.resource.service_name),
        "body": _text(redacted_value("", _body(log.body)), _BODY_CHARS),
    }
    if log.event_name:
        content["event"] = redact(log.event_name)
    if attributes := _attributes(log.attributes):
        content["attributes"] = attributes
    return content


def _trace(trace: TraceDetail) -> dict[str, Any]:
    summary = trace.summary
    return {
        "root": redact(f"{summary.root_service}: {summary.root_operation}"),
        "services": [redact(name) for name in summary.services[:20]],
        "spans": summary.span_count,
        "failed_spans": summary.error_count,
        "milliseconds": (summary.end_ns - summary.start_ns) / 1e6,
    }


def _span(span: Span, trace: TraceDetail) -> dict[str, Any]:
    content: dict[str, Any] = {
        "service": redact(span.resource.service_name),
        "operation": redact(span.name),
        "status": "ERROR" if span.status == StatusCode.ERROR else "OK or unset",
        "starts_at_ms": (span.start_ns - trace.summary.start_ns) / 1e6,
        "milliseconds": (span.end_ns - span.start_ns) / 1e6,
    }
    if span.status_message:
        content["message"] = _text(redact(_clipped(span.status_message)), _BODY_CHARS)
    if attributes := _attributes(span.attributes):
        content["attributes"] = attributes
    return content


def _telling(spans: Iterable[Span], span_id: bytes) -> Sequence[Span]:
    """The span that a record belongs to, and those that failed, the deepest reason first: who
    failed last to begin was called by the others."""
    own = [span for span in spans if span_id and span.span_id == span_id]
    failed = [span for span in spans if span.status == StatusCode.ERROR and span not in own]
    failed.sort(key=lambda span: -span.start_ns)
    return [*own[:1], *failed[:_FAILING]]


def _attributes(text: str) -> dict[str, Any]:
    if len(text) > _MOST_CHARS:
        return {"too many to show": True}
    values: dict[str, Any] = msgspec.json.decode(plain_attributes_json(text))
    return {
        redact(_clipped(key)): _text(redacted_value(key, value), _VALUE_CHARS)
        for key, value in list(values.items())[:_ATTRIBUTES]
    }


def _body(text: str) -> Any:
    """A body as JSON; the beginning of its text when it is large."""
    if len(text) > _MOST_CHARS:
        return _clipped(text)
    body = msgspec.json.decode(plain_json(text))
    return _clipped(body) if isinstance(body, str) else body


def _clipped(text: str) -> str:
    """The beginning of a text, without the word that the cut went through: it may be half of a
    secret that nobody recognises."""
    if len(text) <= _WHOLE_CHARS:
        return text
    whole, *_ = text[:_WHOLE_CHARS].rsplit(None, 1)
    return whole


def _text(value: Any, most: int) -> Any:
    """A value as it is if it is short, else the beginning of its text."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= most else f"{text[:most]}…"


def _seconds(ns: int) -> float:
    return round(ns / SECOND_NS, 3)
