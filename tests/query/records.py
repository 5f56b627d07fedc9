"""The records and examples of `docs/query.md`, read from the page itself."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from argus.model import LogRecord, Resource, Span, SpanKind, StatusCode
from argus.query import FilterSignal
from argus.query.units import read_duration, read_time
from tests.builders import a_log_record, a_resource, a_scope, a_span

PAGE = (Path(__file__).parents[2] / "docs/query.md").read_text()


class Example(NamedTuple):
    """A filter and the names of the records it finds."""

    filter: str
    signal: FilterSignal
    finds: list[str]


def section(name: str) -> str:
    """What the page has between the marks of a name."""
    return PAGE.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def rows(table: str) -> list[list[str]]:
    """The cells of each row of a table below its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def examples() -> list[Example]:
    """Every example of the page with what it finds."""
    found = []
    signals: dict[str, FilterSignal] = {"spans": "traces", "logs": "logs"}
    for name, signal in signals.items():
        head = f"| filter for {name} |"
        table = head + PAGE.partition(head)[2].partition("\n\n")[0]
        for text, _, finds in rows(table):
            found.append(Example(text.strip("`"), signal, re.findall(r"[sl]\d", finds)))
    return found


def _records() -> tuple[dict[str, Span], dict[str, LogRecord], dict[bytes, Span]]:
    spans: dict[str, Span] = {}
    logs: dict[str, LogRecord] = {}
    roots: dict[bytes, Span] = {}
    lines = re.findall(r"^\{.*\}$", section("records"), re.MULTILINE)
    for written in map(json.loads, lines):
        resource = a_resource(written["service"], **written["resource"])
        if "span" in written:
            span = _span(written, resource, spans)
            spans[written["span"]] = span
            roots.setdefault(span.trace_id, span)
        else:
            logs[written["log"]] = _log(written, resource)
    return spans, logs, roots


def _span(written: dict[str, Any], resource: Resource, spans: dict[str, Span]) -> Span:
    start_ns = read_time(written["start"])
    duration_ns = read_duration(written["duration"])
    assert start_ns is not None
    assert duration_ns is not None
    fields = _given(written, "trace_id", "span_id")
    if root := spans.get(written["root"]):
        fields |= {"trace_id": root.trace_id, "parent_span_id": root.span_id}
    return a_span(
        resource=resource,
        name=written["name"],
        kind=SpanKind[written["kind"]],
        status=StatusCode[written["status"]],
        status_message=written.get("status_message", ""),
        trace_state=written.get("trace_state", ""),
        start_ns=start_ns,
        end_ns=start_ns + duration_ns,
        attributes=written["attributes"],
        **fields,
    )


def _given(written: dict[str, Any], *ids: str) -> dict[str, Any]:
    """The scope and ids that a record is written with."""
    given: dict[str, Any] = {name: bytes.fromhex(written[name]) for name in ids if name in written}
    if "scope" in written:
        given["scope"] = a_scope(**written["scope"])
    return given


def _log(written: dict[str, Any], resource: Resource) -> LogRecord:
    given = _given(written, "trace_id")
    if "pattern" in written:
        given["pattern_id"] = bytes.fromhex(written["pattern"])
    return a_log_record(
        written["body"],
        resource=resource,
        severity=written["severity"],
        severity_text=written.get("severity_text", written["severity"]),
        time_ns=read_time(written["time"]),
        observed_ns=read_time(written.get("observed", written["time"])),
        event_name=written.get("event_name", ""),
        attributes=written["attributes"],
        **given,
    )


SPANS, LOGS, ROOTS = _records()
"""The spans and log records of the page by name; the root spans by trace id."""
