"""What each endpoint answers."""

import asyncio
import json
from typing import Any

import pytest

from argus.api import SystemState, create_app
from argus.api.answer import Form, convert
from argus.api.traces import span_answer
from argus.errors import DeadlineExceeded
from argus.model import TraceSummary
from argus.storage import Page, Retention, TraceQuery
from tests.api.doubles import (
    CHILD,
    LOG,
    SPAN_ID,
    TRACE_ID,
    MemoryReader,
    always_ready,
    call,
    parts_with,
)

TRACE = f"/api/traces/{TRACE_ID.hex()}"
STAMP = "2026-01-31T12:00:00.123456789Z"


def get(target: str, reader: MemoryReader | None = None, **changes: Any) -> Any:
    """The decoded answer of a request that must succeed."""
    path, _, query = target.partition("?")
    status, headers, body = call(create_app(parts_with(reader, **changes)), path, query.encode())
    assert status == 200, body
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == ("private, no-cache" if "etag" in headers else "no-store")
    return json.loads(body)


def test_the_trace_list_answers_summaries_and_a_page() -> None:
    reader = MemoryReader()
    reader.next_cursor = "more"
    assert get("/api/traces?limit=1&offset=2", reader) == {
        "traces": [
            {
                "trace_id": TRACE_ID.hex(),
                "root_service": "orders",
                "root_operation": "GET /orders",
                "root_missing": False,
                "services": ["orders", "stock"],
                "start_time": STAMP,
                "duration_us": 1500.25,
                "span_count": 2,
                "error_count": 1,
                "status": "ERROR",
            }
        ],
        "total": 1,
        "total_is_estimate": False,
        "limit": 1,
        "offset": 2,
        "next_cursor": "more",
    }


def test_a_trace_answers_its_spans_with_every_field() -> None:
    answer = get(TRACE)
    assert answer["trace"]["trace_id"] == TRACE_ID.hex()
    span = answer["spans"][0]
    assert len(span.pop("events")) == len(span.pop("links")) == 1
    assert span == {
        "trace_id": TRACE_ID.hex(),
        "span_id": SPAN_ID.hex(),
        "parent_span_id": None,
        "service_name": "orders",
        "operation_name": "GET /orders",
        "kind": "SERVER",
        "start_time": STAMP,
        "end_time": "2026-01-31T12:00:00.124957039Z",
        "duration_us": 1500.25,
        "status": "ERROR",
        "status_message": "boom",
        "trace_state": "a=b",
        "flags": 1,
        "attributes": {
            "s": "x", "i": 3, "d": 3.0, "big": "9223372036854775807", "nan": "NaN",
            "raw": "AAE=", "list": [1, "two"], "$odd": {"k": 1},
        },
        "dropped_attributes_count": 4,
        "dropped_events_count": 5,
        "dropped_links_count": 6,
        "resource": {"service.name": "orders", "process.pid": 7},
        "scope": {
            "name": "orders.http",
            "version": "1.2.3",
            "attributes": {"scoped": True},
            "dropped_attributes_count": 0,
        },
        "schema_url": "https://schema/1",
        "resource_schema_url": "",
        "resource_dropped_attributes_count": 0,
    }  # fmt: skip


def test_events_and_links_come_with_their_attributes() -> None:
    span, child = get(TRACE)["spans"]
    assert span["events"] == [
        {
            "name": "exception",
            "time": "2026-01-31T12:00:00.123456790Z",
            "attributes": {"n": 1},
            "dropped_attributes_count": 2,
        }
    ]
    assert span["links"] == [
        {
            "trace_id": "ab" * 16,
            "span_id": "cd" * 8,
            "trace_state": "t=1",
            "flags": 1,
            "attributes": {"l": 2.5},
            "dropped_attributes_count": 0,
        }
    ]
    assert (child["events"], child["links"]) == ([], [])


def test_a_child_span_names_its_parent_kind_and_status() -> None:
    child = get(TRACE)["spans"][1]
    assert child["parent_span_id"] == SPAN_ID.hex()
    assert (child["kind"], child["status"]) == ("CLIENT", "UNSET")


def test_typed_attributes_lose_nothing() -> None:
    span = get(f"{TRACE}?attributes=typed")["spans"][0]
    values = {pair["key"]: pair["value"] for pair in span["attributes"]}
    assert values["i"] == {"intValue": "3"}
    assert values["d"] == {"doubleValue": 3.0}
    assert isinstance(values["d"]["doubleValue"], float)
    assert values["big"] == {"intValue": "9223372036854775807"}
    assert values["nan"] == {"doubleValue": "NaN"}
    assert values["raw"] == {"bytesValue": "AAE="}
    assert span["events"][0]["attributes"] == [{"key": "n", "value": {"intValue": "1"}}]
    assert span["links"][0]["attributes"] == [{"key": "l", "value": {"doubleValue": 2.5}}]
    assert {"key": "process.pid", "value": {"intValue": "7"}} in span["resource"]
    assert span["scope"]["attributes"] == [{"key": "scoped", "value": {"boolValue": True}}]


def test_typed_log_bodies_are_any_values() -> None:
    log = get("/api/logs?attributes=typed")["logs"][0]
    assert log["body"]["kvlistValue"]["values"][1] == {
        "key": "count",
        "value": {"intValue": "9223372036854775807"},
    }
    assert log["attributes"] == [{"key": "sku", "value": {"stringValue": "a-1"}}]


def test_the_log_list_answers_log_records() -> None:
    answer = get("/api/logs")
    assert answer["total_is_estimate"] is True
    assert answer["next_cursor"] == "next"
    assert answer["logs"] == [
        {
            "id": "00000000000000ff",
            "timestamp": STAMP,
            "observed_time": None,
            "severity": "ERROR",
            "severity_number": 17,
            "severity_text": "Error",
            "body": {"message": "no stock", "count": "9223372036854775807"},
            "event_name": "stock.missing",
            "service_name": "orders",
            "trace_id": TRACE_ID.hex(),
            "span_id": None,
            "flags": 1,
            "attributes": {"sku": "a-1"},
            "dropped_attributes_count": 1,
            "resource": {"service.name": "orders", "process.pid": 7},
            "scope": {
                "name": "orders.http",
                "version": "1.2.3",
                "attributes": {"scoped": True},
                "dropped_attributes_count": 0,
            },
            "pattern_id": "382062797465732e",
            "schema_url": "https://schema/1",
            "resource_schema_url": "",
            "resource_dropped_attributes_count": 0,
            "ai_insight": "It is full.",
        }
    ]


def test_log_ids_increase_as_text() -> None:
    reader = MemoryReader()
    reader.logs = [LOG._replace(id=number) for number in (9, 10, 2**40, 2**63 - 1)]
    ids = [log["id"] for log in get("/api/logs", reader)["logs"]]
    assert ids == sorted(ids)


@pytest.mark.parametrize("trace_id", ["f" * 32, TRACE_ID.hex()[:-1] + "f"])
def test_an_unknown_trace_is_not_found(trace_id: str) -> None:
    status, _, body = call(create_app(parts_with()), f"/api/traces/{trace_id}")
    assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("trace_id", ["x", "f" * 31, "f" * 33, "0" * 32, "g" * 32, "é" * 32])
def test_a_malformed_trace_id_is_invalid(trace_id: str) -> None:
    status, _, body = call(create_app(parts_with()), f"/api/traces/{trace_id}")
    assert (status, json.loads(body)["error"]["field"]) == (400, "trace_id")


def test_health_says_where_to_send_and_how_it_goes() -> None:
    kept = Retention(days=7, bytes=2**30, logs_days=30, rollup_days=90)
    parts = parts_with(retention=kept)
    parts.telemetry.stored("traces", 5)
    parts.telemetry.db_latency(0.002)
    _, _, body = call(create_app(parts), "/api/health")
    answer = json.loads(body)
    assert answer.pop("ingestion_rate") > 0
    assert answer == {
        "status": "ok",
        "version": "9.9.9",
        "ingested_total": 5,
        "dlq_size": 0,
        "dlq_bytes": 0,
        "active_connections": 0,
        "db_latency_p99_ms": 2.0,
        "writer_status": "OK",
        "queue_depth": 0,
        "disk": {
            "path": "/data/argus.db",
            "bytes": 4096,
            "free_bytes": 1_000_000,
            "full_in_days": None,
        },
        "retention": {"traces_days": 7, "logs_days": 30, "rollups_days": 90, "bytes": 2**30},
        "receivers": {"grpc_port": 4317, "otlp_http_port": 4318, "http_port": 8080},
        "ai": {
            "enabled": False,
            "model": None,
            "state": "disabled",
            "queue_depth": 0,
            "tokens_per_hour": 0,
            "tokens_used": 0,
            "tokens_left": 0,
            "problem": None,
        },
    }


def test_health_is_degraded_while_the_writer_is() -> None:
    async def delayed() -> SystemState:
        return SystemState("DELAYED", 7, 1, 2, "/d", 3, 4)

    answer = get("/api/health", state=delayed)
    assert (answer["status"], answer["writer_status"]) == ("degraded", "DELAYED")
    assert (answer["queue_depth"], answer["dlq_size"], answer["dlq_bytes"]) == (7, 1, 2)


def test_ready_says_no_while_nothing_can_be_persisted() -> None:
    async def never() -> bool:
        return False

    for ready, expected in ((always_ready, 200), (never, 503)):
        app = create_app(parts_with(ready=ready))
        assert call(app, "/readyz")[0] == expected
        assert call(app, "/livez")[0] == 200


def test_prometheus_gets_its_text() -> None:
    status, headers, body = call(create_app(parts_with()), "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"argus_ingestion_rate_total 0.0" in body


def test_a_query_that_ran_too_long_is_a_504() -> None:
    class Slow(MemoryReader):
        async def find_traces(self, query: TraceQuery) -> Page[TraceSummary]:
            raise DeadlineExceeded("the query ran longer than 10 s")

    status, _, body = call(create_app(parts_with(Slow())), "/api/traces")
    assert (status, json.loads(body)["error"]["code"]) == (504, "deadline_exceeded")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_a_path_does_not_have_is_answered_with_those_it_has(method: str) -> None:
    status, headers, body = call(create_app(parts_with()), "/api/traces", method=method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert json.loads(body)["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        (b"", {}, "default"),
        (b"", {"X_Scope_OrgID": "acme"}, "acme"),
        (b"tenant=acme", {}, "acme"),
        (b"", {"cookie": "theme=dark; argus_tenant=acme"}, "acme"),
        (b"tenant=query", {"X_Scope_OrgID": "header", "cookie": "argus_tenant=c"}, "header"),
        (b"tenant=query", {"cookie": "argus_tenant=c"}, "query"),
    ],
)
def test_the_tenant_is_the_headers_then_the_querys_then_the_cookies(
    query: bytes, headers: dict[str, str], expected: str
) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    _, _, body = call(create_app(parts_with()), "/api/metadata/services", query, **lower)
    assert json.loads(body)[0] == expected


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "é", "a%00"])
def test_a_tenant_that_is_no_name_is_refused(name: str) -> None:
    app = create_app(parts_with())
    encoded = f"tenant={name}".encode()
    for answer in (
        call(app, "/api/traces", encoded.replace(b" ", b"%20")),
        call(app, "/api/traces", x_scope_orgid=name),
    ):
        assert (answer[0], json.loads(answer[2])["error"]["field"]) == (400, "tenant")


def test_two_tenants_in_one_request_are_refused() -> None:
    assert call(create_app(parts_with()), "/api/traces", b"tenant=a&tenant=b")[0] == 400


async def test_a_large_trace_lets_other_tasks_have_their_turns() -> None:
    spans = [CHILD._replace(span_id=number.to_bytes(8, "big")) for number in range(10_000)]
    form = Form(typed=False)
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    watcher = asyncio.create_task(watch())
    answers = await convert(spans, lambda span: span_answer(span, form))
    watcher.cancel()
    assert [answer.span_id for answer in answers] == [span.span_id.hex() for span in spans]
    assert turns >= 40
