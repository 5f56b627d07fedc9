"""The routes of the overview: what they answer with, and when they say that nothing changed."""

import json

import pytest

from argus.api import create_app
from argus.storage import Dashboard, TimeRange
from tests.api.doubles import MemoryReader, call, parts_with
from tests.api.test_routes import get


def test_the_dashboard_answers_in_microseconds_and_rates() -> None:
    answer = get("/api/metrics/dashboard?start=1769860800&end=1769861700&service_name=orders")
    assert answer == {
        "start": "2026-01-31T12:00:00.123456789Z",
        "end": "2026-01-31T12:00:00.123456849Z",
        "total_traces": 10,
        "total_spans": 40,
        "total_logs": 5,
        "total_errors": 4,
        "error_rate": 0.1,
        "avg_latency_us": 2000.0,
        "p50_latency_us": 1000.0,
        "p95_latency_us": 3000.0,
        "p99_latency_us": 4000.0,
        "active_services": 2,
        "top_failing_services": [
            {"service_name": "orders", "error_count": 4, "total_count": 8, "error_rate": 0.5}
        ],
    }


def test_an_empty_dashboard_divides_by_nothing() -> None:
    class Empty(MemoryReader):
        async def dashboard(self, range_: TimeRange, services: tuple[str, ...]) -> Dashboard:
            return Dashboard(0, 0, 0, 0, 0, 0, None, 0, [])

    answer = get("/api/metrics/dashboard", Empty())
    assert (answer["error_rate"], answer["avg_latency_us"]) == (0.0, None)


def test_traffic_is_a_list_of_steps() -> None:
    assert get("/api/metrics/traffic") == [
        {"timestamp": "2026-01-31T12:00:00.123456789Z", "count": 3, "error_count": 1},
        {"timestamp": "2026-01-31T12:00:00.123456849Z", "count": 0, "error_count": 0},
    ]


def test_the_heatmap_has_one_row_more_than_bounds() -> None:
    assert get("/api/metrics/latency_heatmap") == {
        "timestamps": ["2026-01-31T12:00:00.123456789Z"],
        "bounds_us": [1.0, 2.0],
        "counts": [[0, 3, 1]],
    }


def test_the_heatmap_as_points_says_how_many_it_shows() -> None:
    app = create_app(parts_with())
    status, headers, body = call(app, "/api/metrics/latency_heatmap", b"format=points")
    assert (status, headers["x-argus-sampled"]) == (200, "1/7")
    assert json.loads(body) == [
        {"timestamp": "2026-01-31T12:00:00.123456789Z", "duration": 1500.25}
    ]


def test_the_service_map_has_nodes_and_edges() -> None:
    assert get("/api/metrics/service-map") == {
        "start": "2026-01-31T12:00:00.123456789Z",
        "end": "2026-01-31T12:00:00.123456849Z",
        "nodes": [
            {
                "name": "orders", "kind": "service", "total_calls": 3, "error_count": 1,
                "avg_latency_us": 2000.0, "p95_latency_us": 3000.0,
            },
            {
                "name": "user", "kind": "user", "total_calls": 0, "error_count": 0,
                "avg_latency_us": None, "p95_latency_us": None,
            },
        ],
        "edges": [
            {
                "source": "user", "target": "orders", "call_count": 3, "error_count": 1,
                "avg_latency_us": 2000.0, "p95_latency_us": 3000.0,
            }
        ],
    }  # fmt: skip


def test_services_have_rates_of_their_entry_spans() -> None:
    idle, orders = get("/api/services")["services"]
    assert (idle["count"], idle["rate"], idle["error_rate"], idle["p95_latency_us"]) == (
        0,
        0,
        0,
        None,
    )
    assert orders.pop("trend")[0]["count"] == 3
    assert orders == {
        "service_name": "orders", "span_count": 8, "span_error_count": 4, "count": 4,
        "error_count": 1, "error_rate": 0.25, "rate": 2.0, "avg_latency_us": 2000.0,
        "p50_latency_us": 1000.0, "p95_latency_us": 3000.0, "p99_latency_us": 4000.0,
    }  # fmt: skip


def test_operations_come_up_to_the_limit_with_the_number_of_all() -> None:
    answer = get("/api/operations?limit=1")
    assert answer["total"] == 2
    assert answer["operations"] == [
        {
            "service_name": "orders", "operation_name": "GET /orders", "kind": "SERVER",
            "count": 6, "error_count": 3, "error_rate": 0.5, "rate": 3.0, "avg_latency_us": 2000.0,
            "p50_latency_us": 1000.0, "p95_latency_us": 3000.0, "p99_latency_us": 4000.0,
        }
    ]  # fmt: skip
    assert get("/api/operations")["operations"][1]["kind"] == "UNSPECIFIED"


@pytest.mark.parametrize(
    "path",
    ["metrics/dashboard", "metrics/traffic", "metrics/latency_heatmap", "metrics/service-map",
     "services", "operations"],
)  # fmt: skip
def test_an_unchanged_overview_is_not_sent_again(path: str) -> None:
    app = create_app(parts_with())
    query = b"start=1769860800&end=1769861700"
    status, headers, body = call(app, f"/api/{path}", query)
    assert (status, headers["cache-control"]) == (200, "private, no-cache")
    tag = headers["etag"]
    status, headers, body = call(app, f"/api/{path}", query, if_none_match=f'"x", {tag}')
    assert (status, headers["etag"], body) == (304, tag, b"")
    status, _, body = call(app, f"/api/{path}", query, if_none_match='"x"')
    assert (status, bool(body)) == (200, True)
