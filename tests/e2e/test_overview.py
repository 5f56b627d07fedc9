"""The numbers of the overview: by hand, and counted again from the rows that the API gives."""

from typing import Any

import httpx2
import pytest

from argus.api.otlp_json import logs_request, traces_request
from argus.model import Span
from tests.builders import MILLISECOND, NOON, SECOND, a_log_record, a_span, a_trace_id
from tests.e2e.conftest import Argus

MINUTE = 60 * SECOND
RANGE = {"start": NOON, "end": NOON + 10 * MINUTE}
INTERNAL, SERVER, CLIENT = 1, 2, 3
ERROR = 2


def lasting(ms: int, service: str, start_ns: int = NOON, **fields: Any) -> Span:
    return a_span(service, start_ns=start_ns, end_ns=start_ns + ms * MILLISECOND, **fields)


def below(parent: Span) -> dict[str, Any]:
    return {"trace_id": parent.trace_id, "parent_span_id": parent.span_id}


@pytest.fixture(scope="module")
def filled(shared_argus: Argus) -> Argus:
    """Three traces and three log records in ten minutes, and one of each at their very end."""
    order = lasting(10, "web", trace_id=a_trace_id())
    call = lasting(8, "web", kind=CLIENT, **below(order))
    served = lasting(6, "shop", status=ERROR, **below(call))
    database = {"db.system.name": "sqlite", "db.namespace": "stock"}
    query = lasting(2, "shop", kind=CLIENT, attributes=database, **below(served))
    failed = lasting(30, "web", NOON + MINUTE, status=ERROR)
    job = lasting(2, "cron", NOON + 2 * SECOND, kind=INTERNAL)
    after = lasting(99, "late", NOON + 10 * MINUTE, status=ERROR)
    times = [("web", NOON), ("web", NOON + MINUTE), ("shop", NOON), ("late", NOON + 10 * MINUTE)]
    logs = [a_log_record(service=service, time_ns=time_ns) for service, time_ns in times]
    spans = traces_request([order, call, served, query, failed, job, after])
    for signal, request in (("traces", spans), ("logs", logs_request(logs))):
        answer = httpx2.post(f"{shared_argus.url}/v1/{signal}", json=request)
        assert (answer.status_code, answer.json()) == (200, {})
    return shared_argus


def test_the_dashboard_says_what_was_counted_by_hand(filled: Argus) -> None:
    found = filled.get("/api/metrics/dashboard", **RANGE)
    # entry spans last 2, 6, 10 and 30 ms
    assert found.pop("avg_latency_us") == 12_000
    for name, ms in (("p50", 6), ("p95", 30), ("p99", 30)):
        assert found.pop(f"{name}_latency_us") == pytest.approx(ms * 1000, rel=0.02)
    assert found == {
        "start": "2026-01-01T12:00:00.000000000Z", "end": "2026-01-01T12:10:00.000000000Z",
        "total_traces": 3, "total_spans": 6, "total_logs": 3, "total_errors": 2,
        "error_rate": 2 / 6, "active_services": 3,
        "top_failing_services": [
            {"service_name": "shop", "error_count": 1, "total_count": 2, "error_rate": 1 / 2},
            {"service_name": "web", "error_count": 1, "total_count": 3, "error_rate": 1 / 3},
        ],
    }  # fmt: skip


def test_the_series_and_the_map_say_what_was_counted_by_hand(filled: Argus) -> None:
    traffic = filled.get("/api/metrics/traffic", **RANGE)
    busy = [tuple(step.values()) for step in traffic if step["count"]]
    assert busy == [
        ("2026-01-01T12:00:00.000000000Z", 3, 1),
        ("2026-01-01T12:01:00.000000000Z", 1, 1),
    ]
    heatmap = filled.get("/api/metrics/latency_heatmap", **RANGE)
    assert sum(map(sum, heatmap["counts"])) == 4
    # of a call, the caller says whether it failed
    edges = filled.get("/api/metrics/service-map", **RANGE)["edges"]
    calls = [(e["source"], e["target"], e["call_count"], e["error_count"]) for e in edges]
    assert calls == [
        ("shop", "sqlite/stock", 1, 0), ("user", "web", 2, 1), ("web", "shop", 1, 0),
    ]  # fmt: skip
    services = filled.get("/api/services", **RANGE)["services"]
    assert [(one["service_name"], one["span_count"], one["count"]) for one in services] == [
        ("cron", 1, 1), ("shop", 2, 1), ("web", 3, 2),
    ]  # fmt: skip


def test_the_numbers_are_those_of_the_rows(filled: Argus) -> None:
    traces = filled.get("/api/traces", **RANGE)
    spans = [
        span
        for trace in traces["traces"]
        for span in filled.get(f"/api/traces/{trace['trace_id']}")["spans"]
    ]
    entries = [s for s in spans if s["kind"] == "SERVER" or s["parent_span_id"] is None]
    found = filled.get("/api/metrics/dashboard", **RANGE)
    assert found["total_traces"] == traces["total"]
    assert found["total_spans"] == len(spans)
    assert found["total_errors"] == sum(span["status"] == "ERROR" for span in spans)
    assert found["total_logs"] == filled.get("/api/logs", **RANGE)["total"]
    assert found["avg_latency_us"] == sum(s["duration_us"] for s in entries) / len(entries)
    traffic = filled.get("/api/metrics/traffic", **RANGE)
    assert sum(step["count"] for step in traffic) == len(entries)
