"""Slices of a large request say together what the request said, record by record."""

import os
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from argus.errors import InvalidInput
from argus.model import Encoding
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json
from argus.receivers.receive import RequestPath
from argus.receivers.slices import SLICE_BYTES, SLICE_RECORDS, slices
from tests.doubles import Failing, Sink
from tests.receivers.test_decoding import NOW, otlp_json


def a_request(resources: int, scopes: int, spans: int) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for number in range(resources):
        resource_spans = request.resource_spans.add(schema_url="https://schema.example/1")
        name = resource_spans.resource.attributes.add(key="service.name")
        name.value.string_value = f"service {number}"
        for scope in range(scopes):
            scope_spans = resource_spans.scope_spans.add(schema_url=f"https://schema/{scope}")
            scope_spans.scope.name = f"scope {scope}"
            for _ in range(spans):
                scope_spans.spans.add(
                    trace_id=os.urandom(16),
                    span_id=os.urandom(8),
                    name="GET /",
                    start_time_unix_nano=NOW,
                    end_time_unix_nano=NOW + 1,
                )
    return request


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.integers(0, 3), st.integers(0, 9), st.integers(1, 900))
def test_the_slices_hold_every_record_of_the_request_in_order(
    resources: int, scopes: int, spans: int, limit: int
) -> None:
    request = a_request(resources, scopes, spans)
    encodings: list[tuple[Encoding, bytes, Any]] = [
        ("protobuf", request.SerializeToString(), decode),
        ("json", otlp_json(request), decode_json),
    ]
    for encoding, body, function in encodings:
        whole = function("traces", body, "default", 7)
        cut = list(slices("traces", encoding, body, limit))
        parts = [function("traces", piece, "default", 7) for piece in cut]
        assert [span for part in parts for span in part.spans] == whole.spans
        assert cut == list(slices("traces", encoding, body, limit))


def test_a_slice_is_no_larger_than_it_must_be() -> None:
    body = a_request(2, 2, 50).SerializeToString()
    assert max(map(len, slices("traces", "protobuf", body, 1000))) < 1200


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.sampled_from(["protobuf", "json"]))
def test_random_bytes_are_cut_or_invalid(body: bytes, encoding: Encoding) -> None:
    with suppress(InvalidInput):
        list(slices("traces", encoding, body, 5))


async def test_a_large_request_is_received_in_slices_and_answered_as_one() -> None:
    sink = Sink()
    path = RequestPath(sink, None, 0)  # type: ignore[arg-type]
    request = a_request(3, 1, 20_000)
    request.resource_spans[1].scope_spans[0].spans[5].trace_id = b""
    body = request.SerializeToString()
    assert len(body) > 2 * SLICE_BYTES
    answer = await path.receive("traces", "protobuf", body, "default", "", "grpc")
    assert answer == (1, "rejected 1 of 60000 spans: invalid_trace_id 1")
    assert len(sink.spans) == 59_999
    assert len({batch.key for batch in sink.batches}) == len(sink.batches) > 2
    path.close()


async def test_equal_slices_of_one_request_are_told_apart_and_known_again() -> None:
    sink = Sink()
    path = RequestPath(sink, None, 0)  # type: ignore[arg-type]
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.extend([LogRecord(time_unix_nano=NOW)] * (2 * SLICE_RECORDS))
    records[0].severity_text = "x" * SLICE_BYTES
    for _ in range(2):
        await path.receive("logs", "protobuf", request.SerializeToString(), "default", "", "grpc")
    keys = [batch.key for batch in sink.batches]
    assert keys[:3] == keys[3:]
    assert len(set(keys)) == 3
    path.close()


async def test_a_large_request_that_is_broken_at_its_end_is_invalid() -> None:
    path = RequestPath(Sink(), None, 0)  # type: ignore[arg-type]
    body = a_request(1, 1, 30_000).SerializeToString()[:-3]
    with pytest.raises(InvalidInput):
        await path.receive("traces", "protobuf", body, "default", "", "grpc")
    path.close()


async def test_one_refused_slice_refuses_the_request() -> None:
    path = RequestPath(Failing(InvalidInput("no")), None, 0)  # type: ignore[arg-type]
    body = a_request(1, 1, 30_000).SerializeToString()
    with pytest.raises(InvalidInput):
        await path.receive("traces", "protobuf", body, "default", "", "grpc")
    path.close()


def test_many_empty_messages_take_no_memory() -> None:
    body = b"\x0a\x00" * 100_000
    tracemalloc.start()
    try:
        pieces = sum(map(len, slices("traces", "protobuf", body, 50_000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pieces == len(body)
    assert peak < 1_000_000


def test_what_would_be_repeated_too_often_is_not_cut() -> None:
    request = a_request(1, 500, 1)
    request.resource_spans[0].resource.attributes[0].value.string_value = "x" * 8192
    body = request.SerializeToString()
    assert list(slices("traces", "protobuf", body, 4096)) == [body]


def test_what_nothing_reads_is_in_no_slice() -> None:
    request = a_request(1, 1, 40)
    unknown = b"\x7a\x80\x40" + bytes(8192)
    pieces = list(slices("traces", "protobuf", unknown + request.SerializeToString(), 4096))
    assert max(map(len, pieces)) < 8192
    assert sum(len(decode("traces", piece, "default", 1).spans) for piece in pieces) == 40


def test_endless_nesting_is_invalid() -> None:
    body = b'{"resourceSpans":' + b"[" * 200_000
    with pytest.raises(InvalidInput):
        list(slices("traces", "json", body, 4096))
