"""The load test sends what it says it sends, and counts what became of it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status as RpcStatus
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.otlp_sink import OtlpSink, plain, serving

LOAD_TEST = Path(__file__).parent.parent / "test-services" / "load_test.py"


def drive(endpoint: str, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and result of a short run."""
    command = [sys.executable, str(LOAD_TEST), "--endpoint", endpoint, "--duration", "1", "--json"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


class Busy(OtlpSink):
    """Asks for a retry after 300 ms the first time, then takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[float] = []

    def Export(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        self.calls.append(time.monotonic())
        if len(self.calls) == 1:
            info, detail = RetryInfo(), AnyMessage()
            info.retry_delay.FromMilliseconds(300)
            detail.Pack(info)
            status = RpcStatus(code=8, message="busy", details=[detail])
            trailer = (("grpc-status-details-bin", status.SerializeToString()),)
            context.set_trailing_metadata(trailer)
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")
        return super().Export(request, context)


class Picky(OtlpSink):
    """Rejects three spans of every request."""

    def Export(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        answer = ExportTraceServiceResponse()
        answer.partial_success.rejected_spans = 3
        return answer


class Closed(OtlpSink):
    """Refuses for good."""

    def Export(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "closed")


@pytest.fixture(scope="module")
def sink() -> OtlpSink:
    """A sink after a run of 2 000 spans a second and one log record for every other span."""
    collected = OtlpSink()
    with serving(collected) as endpoint:
        code, result = drive(
            endpoint, "--rate", "2000", "--batch", "100", "--logs", "0.5", "--seed", "7"
        )
    assert code == 0
    assert result["traces"] == {"sent": 2000, "acked": 2000, "refused": 0, "rejected": 0}
    assert result["logs"]["acked"] == result["logs"]["sent"] == len(collected.logs)
    assert result["ack_p99_ms"] >= result["ack_p50_ms"] > 0
    return collected


def test_every_span_is_sent_once_and_its_times_are_recent(sink: OtlpSink) -> None:
    assert len({(span.trace_id, span.span_id) for _, span in sink.spans}) == 2000
    now = time.time_ns()
    for _, span in sink.spans:
        assert now - 60e9 < span.start_time_unix_nano <= span.end_time_unix_nano < now


def test_traces_of_ten_to_a_hundred_spans_have_their_parents(sink: OtlpSink) -> None:
    sizes: dict[bytes, int] = {}
    known = {(span.trace_id, span.span_id) for _, span in sink.spans}
    for _, span in sink.spans:
        sizes[span.trace_id] = sizes.get(span.trace_id, 0) + 1
        if span.parent_span_id:
            assert (span.trace_id, span.parent_span_id) in known
    assert max(sizes.values()) <= 100
    # The last trace may be cut by the end of the run.
    assert sorted(sizes.values())[1] >= 10


def test_spans_carry_twelve_attributes_and_some_fail(sink: OtlpSink) -> None:
    assert {len(plain(span.attributes)) for _, span in sink.spans} == {12}
    failed = sum(span.status.code == Status.STATUS_CODE_ERROR for _, span in sink.spans)
    assert 0.02 < failed / len(sink.spans) < 0.08


def test_log_records_belong_to_spans_that_were_sent(sink: OtlpSink) -> None:
    known = {(span.trace_id, span.span_id) for _, span in sink.spans}
    assert 800 < len(sink.logs) < 1200
    assert all((record.trace_id, record.span_id) in known for _, record in sink.logs)


def test_a_retry_waits_as_long_as_the_server_asks_over_grpc() -> None:
    busy = Busy()
    with serving(busy) as endpoint:
        code, result = drive(endpoint, "--rate", "10", "--batch", "10")
    assert code == 0
    assert result["retries"] == 1
    assert result["traces"]["acked"] == len(busy.spans) == 10
    assert busy.calls[1] - busy.calls[0] >= 0.3


def test_rejected_spans_are_counted_and_fail_the_run() -> None:
    with serving(Picky()) as endpoint:
        code, result = drive(endpoint, "--rate", "10", "--batch", "10")
    assert code == 1
    assert result["traces"] == {"sent": 10, "acked": 7, "refused": 0, "rejected": 3}


def test_refused_spans_are_counted_with_the_reason() -> None:
    with serving(Closed()) as endpoint:
        code, result = drive(endpoint, "--rate", "10", "--batch", "10")
    assert code == 1
    assert result["traces"] == {"sent": 10, "acked": 0, "refused": 10, "rejected": 0}
    assert result["reasons"] == {"INVALID_ARGUMENT: closed": 1}


@pytest.fixture
def busy_http() -> Iterator[tuple[str, list[float]]]:
    """An OTLP/HTTP endpoint that asks for one second before it takes anything."""
    calls: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            calls.append(time.monotonic())
            self.send_response(503 if len(calls) == 1 else 200)
            self.send_header("retry-after", "1")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", calls
        server.shutdown()
        thread.join()


def test_a_retry_waits_as_long_as_the_server_asks_over_http(
    busy_http: tuple[str, list[float]],
) -> None:
    endpoint, calls = busy_http
    code, result = drive(endpoint, "--protocol", "http/protobuf", "--rate", "10", "--batch", "10")
    assert code == 0
    assert result["retries"] == 1
    assert result["traces"]["acked"] == 10
    assert calls[1] - calls[0] >= 1
