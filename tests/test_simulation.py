"""Owns the proof that the shop of test-services sends what a real installation would send."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.otlp_sink import OtlpSink, plain, serving

SIMULATION = Path(__file__).parent.parent / "test-services" / "run_simulation.sh"
SERVICES = {
    f"{name}-service"
    for name in ("auth", "inventory", "notification", "order", "payment", "shipping", "user")
}


def settings(endpoint: str) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("OTEL_")},
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "PYTHON": sys.executable,
        "SHOP_SEED": "1",
    }


def simulate(endpoint: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(SIMULATION), *options]
    return subprocess.run(
        command, env=settings(endpoint), capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="module")
def sink() -> OtlpSink:
    """A sink after one short simulation that ended well and reported exactly what arrived."""
    collected = OtlpSink()
    with serving(collected) as endpoint:
        run = simulate(endpoint, "--duration", "5", "--rate", "12")
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        f"60 journeys: {len(collected.spans)} spans and {len(collected.logs)} log records"
        f" sent to {endpoint} over grpc\n"
    )
    return collected


def eight_free_ports() -> int:
    """The first of eight ports in a row that nobody listens on."""
    return next(
        base
        for base in range(20_000, 30_000, 8)
        if not any(listens(base + offset) for offset in range(8))
    )


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_all_seven_services_say_who_they_are(sink: OtlpSink) -> None:
    assert set(sink.resources) == SERVICES
    for resource in sink.resources.values():
        assert resource["deployment.environment.name"] == "simulation"
        assert resource["service.version"]
        assert resource["service.instance.id"]


def test_a_checkout_crosses_five_services_or_more(sink: OtlpSink) -> None:
    crossed = {
        root.trace_id: {service for service, span in sink.spans if span.trace_id == root.trace_id}
        for root in sink.named("order-service", "POST /checkout")
        if not root.parent_span_id
    }
    assert max(len(services) for services in crossed.values()) >= 6


def test_every_parent_was_sent_and_every_trace_has_one_root(sink: OtlpSink) -> None:
    known = {(span.trace_id, span.span_id) for _, span in sink.spans}
    for service, span in sink.spans:
        if span.parent_span_id:
            assert (span.trace_id, span.parent_span_id) in known, (service, span.name)
    roots = [span.trace_id for _, span in sink.spans if not span.parent_span_id]
    assert len(roots) == len(set(roots)) == len({span.trace_id for _, span in sink.spans})


def test_a_server_span_is_the_child_of_the_callers_client_span(sink: OtlpSink) -> None:
    clients = {span.span_id: service for service, span in sink.spans if span.kind == 3}
    charges = sink.named("payment-service", "POST /charges")
    servers = [span for span in charges if span.kind == Span.SPAN_KIND_SERVER]
    assert {clients[span.parent_span_id] for span in servers} == {"order-service"}


def test_failures_carry_exception_events_with_stack_traces(sink: OtlpSink) -> None:
    failed = [
        (span, event)
        for _, span in sink.spans
        if span.status.code == Status.STATUS_CODE_ERROR
        for event in span.events
        if event.name == "exception"
    ]
    types = {str(plain(event.attributes)["exception.type"]) for _, event in failed}
    assert "payment_service.CardDeclined" in types
    assert "KeyError" in types
    for _, event in failed:
        assert "Traceback" in str(plain(event.attributes)["exception.stacktrace"])


def test_logs_of_several_severities_belong_to_traces_that_arrived(sink: OtlpSink) -> None:
    spans = {(span.trace_id, span.span_id) for _, span in sink.spans}
    assert {record.severity_text for _, record in sink.logs} >= {"INFO", "WARN", "ERROR"}
    for _, record in sink.logs:
        assert (record.trace_id, record.span_id) in spans, record.body


def test_database_calls_follow_the_semantic_conventions(sink: OtlpSink) -> None:
    [*queries] = sink.named("inventory-service", "SELECT stock")
    assert plain(queries[0].attributes) == {
        "db.system.name": "sqlite",
        "db.namespace": "inventory",
        "db.collection.name": "stock",
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT stock",
        "db.query.text": "SELECT quantity FROM stock WHERE sku = ?",
        "db.response.returned_rows": 1,
    }
    assert queries[0].kind == Span.SPAN_KIND_CLIENT


def test_listing_products_shows_an_n_plus_one_query(sink: OtlpSink) -> None:
    listing = sink.named("inventory-service", "GET /products")[0]
    children = [span for _, span in sink.spans if span.parent_span_id == listing.span_id]
    assert sum(span.name == "SELECT stock" for span in children) == 12


def test_the_external_card_gateway_is_seen_from_the_callers_side_only(sink: OtlpSink) -> None:
    calls = sink.named("payment-service", "POST /v1/authorizations")
    parents = {span.parent_span_id for _, span in sink.spans}
    assert calls
    for call in calls:
        assert call.kind == Span.SPAN_KIND_CLIENT
        assert plain(call.attributes)["server.address"] == "card-gateway"
        assert call.span_id not in parents


def test_an_order_is_announced_through_the_queue(sink: OtlpSink) -> None:
    producers = {span.span_id for span in sink.named("order-service", "send orders.placed")}
    consumers = sink.named("notification-service", "process orders.placed")
    assert producers == {span.parent_span_id for span in consumers}
    assert producers == {span.links[0].span_id for span in consumers}


def test_the_simulation_refuses_in_one_line_when_no_server_answers() -> None:
    run = simulate("http://127.0.0.1:1")
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "Argus is not reachable at http://127.0.0.1:1" in run.stderr


def test_a_terminated_simulation_says_so_and_leaves_no_process() -> None:
    collected = OtlpSink()
    base_port = eight_free_ports()
    with serving(collected) as endpoint:
        command = [str(SIMULATION), "--duration", "60", "--base-port", str(base_port)]
        with subprocess.Popen(command, env=settings(endpoint), stderr=subprocess.PIPE) as run:
            deadline = time.monotonic() + 20
            while not collected.spans and time.monotonic() < deadline:
                time.sleep(0.05)
            run.terminate()
            _, complaint = run.communicate(timeout=20)
    assert collected.spans
    assert complaint == b"run_simulation: interrupted\n"
    assert not any(listens(base_port + offset) for offset in range(8))
