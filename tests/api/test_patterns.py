"""The route of the patterns: what it asks storage for, and what it answers with."""

import pytest

from argus.api import create_app
from argus.storage import PatternNumbers, PatternQuery, Patterns, TimeRange
from tests.api.doubles import START_NS, MemoryReader, call, parts_with
from tests.api.test_routes import get

START = "2026-01-31T12:00:00.123456789Z"
LATER = "2026-01-31T12:00:00.123456849Z"


class Reader(MemoryReader):
    async def patterns(self, query: PatternQuery) -> Patterns:
        self.queries.append(query)
        found = PatternNumbers(
            bytes(7) + b"\x0a", "order <*> failed", 5, [2, 3], [("orders", 5)],
            [("ERROR", 4), ("UNSPECIFIED", 1)], START_NS, START_NS + 60,
        )  # fmt: skip
        return Patterns(START_NS, START_NS + 60, 60, [START_NS], [found], 9, 11)


def test_patterns_answer_with_counts_and_the_filter_that_finds_them() -> None:
    assert get("/api/patterns?limit=7&offset=2", Reader()) == {
        "start": START,
        "end": LATER,
        "width_s": 60,
        "timestamps": [START],
        "patterns": [
            {
                "id": "000000000000000a",
                "template": "order <*> failed",
                "count": 5,
                "trend": [2, 3],
                "services": [{"service_name": "orders", "count": 5}],
                "severities": [
                    {"severity": "ERROR", "count": 4},
                    {"severity": "UNSPECIFIED", "count": 1},
                ],
                "first_seen": START,
                "last_seen": LATER,
                "term": "pattern:000000000000000a",
            }
        ],
        "total": 9,
        "total_logs": 11,
        "limit": 7,
        "offset": 2,
    }


def test_every_parameter_reaches_storage() -> None:
    reader = Reader()
    get(
        "/api/patterns?start=1769860800&end=1769861700&service_name=a&service_name=b&severity=warn"
        "&pattern=000000000000000A&new_since=1769860000&limit=3&offset=4",
        reader,
    )
    assert reader.queries == [
        PatternQuery(
            TimeRange(1769860800 * 10**9, 1769861700 * 10**9), ("a", "b"), ("WARN",),
            (bytes(7) + b"\x0a",), 1769860000 * 10**9, 3, 4,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"pattern=xyz", "pattern"),
        (b"new_since=soon", "new_since"),
        (b"severity=loud", "severity"),
        (b"end=1&start=2", "end"),
    ],
)
def test_a_bad_parameter_is_named(query: bytes, field: str) -> None:
    status, _, body = call(create_app(parts_with(Reader())), "/api/patterns", query)
    assert status == 400
    assert f'"field":"{field}"'.encode() in body
