"""REL-G1, G2, G3: what comes again is stored once, and what only looks the same is kept apart."""

import time
from pathlib import Path

import httpx2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.reliability import repeats
from bench.reliability.server import serving

PROTOBUF = {"content-type": "application/x-protobuf"}


async def test_requests_sent_three_times_with_replies_dropped_count_once(tmp_path: Path) -> None:
    outcome = await repeats.sent_three_times(tmp_path, seed=21)
    assert outcome.problems == []
    assert outcome.acked > 1000


async def test_spans_batched_anew_before_and_after_a_crash_are_stored_once(
    tmp_path: Path,
) -> None:
    outcome = await repeats.batched_anew(tmp_path, seed=22)
    assert outcome.problems == []
    assert outcome.acked == 5000


def test_what_only_looks_the_same_is_kept_apart(tmp_path: Path) -> None:
    now = time.time_ns()
    lines = ExportLogsServiceRequest()
    records = lines.resource_logs.add().scope_logs.add().log_records
    for _ in range(100):
        records.add(time_unix_nano=now, severity_number=9).body.string_value = "tick"
    spans = ExportTraceServiceRequest()
    found = spans.resource_spans.add().scope_spans.add().spans
    for trace_id, kind in ((b"a" * 16, 2), (b"a" * 16, 3), (b"b" * 16, 2)):
        found.add(
            trace_id=trace_id, span_id=b"same id.", kind=kind, name="call",
            start_time_unix_nano=now, end_time_unix_nano=now + 1,
        )  # fmt: skip
    with serving(tmp_path) as argus:
        for path, request in (("logs", lines), ("traces", spans)):
            for _ in range(2):
                answer = httpx2.post(
                    f"{argus.otlp}/v1/{path}", content=request.SerializeToString(), headers=PROTOBUF
                )
                assert (answer.status_code, answer.content) == (200, b"")
        board = argus.get("/api/metrics/dashboard", start="0")
        assert (board["total_logs"], board["total_spans"], board["total_traces"]) == (100, 3, 2)
        assert argus.get("/api/logs")["total"] == 100
        assert len(argus.get(f"/api/traces/{(b'a' * 16).hex()}")["spans"]) == 2
        assert argus.metrics().sum("argus_duplicate_records_total") == 103
