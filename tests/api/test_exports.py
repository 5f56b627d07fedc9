"""What an export holds in memory at once."""

import csv
import io
import json

import httpx2
import pytest

from argus.api import create_app
from argus.model import LogRecord, TraceSummary
from argus.storage import LogQuery, Page, TraceQuery
from tests.api.doubles import LOG, SUMMARY, MemoryReader, parts_with, serving


class LargeTraces(MemoryReader):
    """A list of a few traces that say how many spans they have."""

    def __init__(self, *span_counts: int) -> None:
        super().__init__()
        self.summaries = [SUMMARY._replace(span_count=count) for count in span_counts]

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        return Page(self.summaries, 0, True, None)


class OnePage(MemoryReader):
    """Lists that end after these records."""

    def __init__(self, logs: list[LogRecord], traces: list[TraceSummary]) -> None:
        super().__init__()
        self.logs, self.summaries = logs, traces

    async def find_logs(self, query: LogQuery) -> Page[LogRecord]:
        return Page(self.logs, len(self.logs), True, None)

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        return Page(self.summaries, len(self.summaries), True, None)


def exported(reader: MemoryReader) -> list[int]:
    """How many traces each request of an export holds."""
    headers = {"Accept": "application/x-otlp-ndjson"}
    with serving(create_app(parts_with(reader))) as port:
        answer = httpx2.get(f"http://127.0.0.1:{port}/api/traces", headers=headers)
    assert answer.status_code == 200
    requests = [json.loads(line)["resourceSpans"] for line in answer.content.splitlines()]
    spans = [
        [s for r in one for scope in r["scopeSpans"] for s in scope["spans"]] for one in requests
    ]
    return [len(some) // len(reader.spans) for some in spans]


def test_a_trace_with_many_spans_shares_no_request() -> None:
    assert exported(LargeTraces(2, 100_000, 100_000, 2, 4000)) == [1, 1, 1, 2]


def test_an_export_without_matches_is_empty() -> None:
    assert exported(LargeTraces()) == []


@pytest.mark.parametrize("path", ["/api/traces", "/api/logs"])
def test_a_table_without_matches_has_the_head_of_one_with_matches(path: str) -> None:
    head, *rows = table(OnePage([LOG], [SUMMARY]), path)
    assert len(rows) == 1
    assert table(OnePage([], []), path) == [head]


def table(reader: MemoryReader, path: str) -> list[list[str]]:
    """The head and the rows of an export as CSV."""
    with serving(create_app(parts_with(reader))) as port:
        answer = httpx2.get(f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text)))
