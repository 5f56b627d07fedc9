"""What an export holds in memory at once."""

import json

import httpx2

from argus.api import create_app
from argus.model import TraceSummary
from argus.storage import Page, TraceQuery
from tests.api.doubles import SUMMARY, MemoryReader, parts_with, serving


class LargeTraces(MemoryReader):
    """A list of a few traces that say how many spans they have."""

    def __init__(self, *span_counts: int) -> None:
        super().__init__()
        self.summaries = [SUMMARY._replace(span_count=count) for count in span_counts]

    async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
        return Page(self.summaries, 0, True, None)


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


def test_a_trace_with_many_spans_is_exported_in_a_request_of_its_own() -> None:
    assert exported(LargeTraces(2, 100_000, 100_000, 2, 4000)) == [1, 1, 1, 2]


def test_an_export_without_matches_is_empty() -> None:
    assert exported(LargeTraces()) == []
