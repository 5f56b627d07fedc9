"""Decoding: what of a request becomes records, and why the rest does not."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from argus.attributes import typed_attributes
from argus.errors import InvalidInput
from argus.model import Batch
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json
from argus.receivers.values import (
    MAX_ATTRIBUTE_BYTES,
    MAX_ATTRIBUTES,
    MAX_BODY_BYTES,
    MAX_TEXT,
)

TRACE_ID = bytes(range(1, 17))
SPAN_ID = bytes(range(1, 9))
NOW = 1_700_000_000_000_000_000


def request_with_span(**fields: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "shop"
    span = resource_spans.scope_spans.add().spans.add(
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        name="GET /",
        start_time_unix_nano=NOW,
        end_time_unix_nano=NOW + 5,
    )
    for name, value in fields.items():
        setattr(span, name, value)
    return request


def decoded(request: Any, signal: Any = "traces") -> Batch:
    return decode(signal, request.SerializeToString(), "default", 7)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": b""}, "invalid_trace_id"),
        ({"trace_id": bytes(16)}, "invalid_trace_id"),
        ({"trace_id": b"x" * 17}, "invalid_trace_id"),
        ({"span_id": b"x" * 1000}, "invalid_span_id"),
        ({"span_id": bytes(8)}, "invalid_span_id"),
        ({"parent_span_id": b"xyz"}, "invalid_parent_span_id"),
        ({"start_time_unix_nano": 0}, "start_time_missing"),
        ({"end_time_unix_nano": NOW - 1}, "end_before_start"),
        ({"end_time_unix_nano": 2**63}, "time_out_of_range"),
    ],
)
def test_a_span_that_breaks_a_rule_is_left_out_and_counted(
    fields: dict[str, Any], reason: str
) -> None:
    request = request_with_span(**fields)
    request.resource_spans[0].scope_spans[0].spans.add().CopyFrom(
        request_with_span().resource_spans[0].scope_spans[0].spans[0]
    )
    batch = decoded(request)
    assert len(batch.spans) == 1
    assert batch.rejected == {reason: 1}
    assert batch.received_count == 2


def test_an_all_zero_parent_makes_a_root() -> None:
    (span,) = decoded(request_with_span(parent_span_id=bytes(8))).spans
    assert span.parent_span_id == b""


def test_a_resource_without_service_name_is_an_unknown_service() -> None:
    request = request_with_span()
    request.resource_spans[0].ClearField("resource")
    assert decoded(request).spans[0].resource.service_name == "unknown_service"


def test_equal_resources_of_different_requests_share_a_key() -> None:
    first, second = decoded(request_with_span()), decoded(request_with_span(name="other"))
    assert first.spans[0].resource.key == second.spans[0].resource.key


def test_every_attribute_type_survives() -> None:
    request = request_with_span()
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    values = [
        AnyValue(string_value='quote " and \n and é and 😀'),
        AnyValue(bool_value=True),
        AnyValue(int_value=-(2**63)),
        AnyValue(int_value=3),
        AnyValue(double_value=3.0),
        AnyValue(double_value=1e300),
        AnyValue(bytes_value=b"\x00\xff"),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue()])),
        AnyValue(
            kvlist_value=KeyValueList(
                values=[KeyValue(key="$bytes", value=AnyValue(string_value="not a tag"))]
            )
        ),
    ]
    for index, value in enumerate(values):
        attributes.add(key=f"k{index}", value=value)
    (span,) = decoded(request).spans
    assert [pair["value"] for pair in typed_attributes(span.attributes)] == [
        otlp_json_value(value) for value in values
    ]


def test_a_value_that_nests_too_deep_is_dropped_and_counted_while_its_span_is_kept() -> None:
    value = AnyValue(string_value="bottom")
    for _ in range(40):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    request = request_with_span()
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="deep", value=value)
    attributes.add(key="flat").value.string_value = "kept"
    (span,) = decoded(request).spans
    assert span.attributes == '{"flat":"kept"}'
    assert span.dropped_attributes_count == 1


def both(request: Any, signal: Any = "traces") -> list[Batch]:
    """The batches of a request in both encodings."""
    return [decoded(request, signal), decode_json(signal, otlp_json(request), "default", 7)]


def test_attributes_over_the_count_or_the_size_are_left_out_and_counted() -> None:
    request = request_with_span(dropped_attributes_count=1)
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="big").value.string_value = "x" * (MAX_ATTRIBUTE_BYTES + 1)
    for number in range(MAX_ATTRIBUTES + 5):
        attributes.add(key=f"k{number}").value.int_value = number
    for batch in both(request):
        (span,) = batch.spans
        assert len(json.loads(span.attributes)) == MAX_ATTRIBUTES - 1
        assert span.dropped_attributes_count == 1 + 1 + 6


def test_an_endless_name_is_cut_off_and_an_endless_body_rejected() -> None:
    for batch in both(request_with_span(name="é" * MAX_TEXT)):
        assert batch.spans[0].name == "é" * (MAX_TEXT // 2)
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.add(time_unix_nano=NOW).body.string_value = "x" * (MAX_BODY_BYTES + 1)
    records.add(time_unix_nano=NOW).body.string_value = "kept"
    for batch in both(request, "logs"):
        assert [log.body for log in batch.logs] == ['"kept"']
        assert batch.rejected == {"body_too_large": 1}


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_endless_nesting_in_raw_bytes_costs_one_attribute(depth: int) -> None:
    headers = [b"\x0a\x01x"]
    size = len(headers[0])
    for _ in range(depth):
        value_header = b"\x0a" + _varint(size)
        headers += [value_header, b"\x2a" + _varint(size + len(value_header))]
        size += len(headers[-2]) + len(headers[-1])
    value = b"".join(reversed(headers))
    pair = b"\x0a\x01k\x12" + _varint(len(value)) + value
    span = b"\x0a\x10" + TRACE_ID + b"\x12\x08" + SPAN_ID
    span += b"\x39" + NOW.to_bytes(8, "little") + b"\x41" + NOW.to_bytes(8, "little")
    span += b"\x4a" + _varint(len(pair)) + pair
    body = span
    for tag in (b"\x12", b"\x12", b"\x0a"):
        body = tag + _varint(len(body)) + body
    batch = decode("traces", body, "default", 7)
    assert batch.spans[0].dropped_attributes_count == 1


def test_invalid_utf8_and_nul_become_the_replacement_character_and_cost_nothing_else() -> None:
    body = request_with_span(name="NAME").SerializeToString().replace(b"NAME", b"a\xff\x00b")
    (span,) = decode("traces", body, "default", 7).spans
    assert span.name == "a\ufffd\ufffdb"


def test_a_log_with_bad_ids_is_kept_unlinked() -> None:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.add(trace_id=b"short", span_id=SPAN_ID, time_unix_nano=NOW)
    records.add(trace_id=TRACE_ID, span_id=b"short", time_unix_nano=NOW)
    first, second = decoded(request, "logs").logs
    assert (first.trace_id, first.span_id) == (b"", b"")
    assert (second.trace_id, second.span_id) == (TRACE_ID, b"")


def test_a_log_without_time_falls_back_to_observed_time_and_then_to_arrival() -> None:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.add(observed_time_unix_nano=NOW)
    records.add()
    first, second = decoded(request, "logs").logs
    assert first.time_ns == NOW
    assert second.time_ns == 7


@pytest.mark.parametrize(
    ("number", "text", "severity"),
    [(17, "", 17), (0, "warning", 13), (0, "CRITICAL", 21), (0, "", 0), (-1, "x", 0), (99, "", 0)],
)
def test_severity_comes_from_the_number_and_else_from_the_text(
    number: int, text: str, severity: int
) -> None:
    body = {"severityNumber": number, "severityText": text}
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [body]}]}]}
    batch = decode_json("logs", json.dumps(request).encode(), "default", 7)
    assert batch.logs[0].severity == severity


def test_metrics_are_rejected_to_the_point() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    metrics.add(name="g").gauge.data_points.add(as_int=1)
    for _ in range(2):
        metrics.add(name="h").histogram.data_points.add(count=1)
    metrics.add(name="e").exponential_histogram.data_points.add(count=1)
    metrics.add(name="q").summary.data_points.add(count=1)
    metrics.add(name="s").sum.data_points.add(as_int=1)
    assert decoded(request, "metrics").rejected == {"metrics_not_stored": 6}


@pytest.mark.parametrize(
    "body", [b"\xff", b"garbage", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05\x12\x03\x12\x01"]
)
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_bytes_that_are_no_request_are_invalid(body: bytes, signal: Any) -> None:
    with pytest.raises(InvalidInput):
        decode(signal, body, "default", 7)


def test_a_truncated_request_is_invalid_or_shorter_but_never_an_accident() -> None:
    body = request_with_span().SerializeToString()
    for end in range(len(body)):
        try:
            batch = decode("traces", body[:end], "default", 7)
        except InvalidInput:
            continue
        assert not batch.spans


def test_logs_sent_as_traces_are_refused_as_a_whole() -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=NOW)
    with pytest.raises(InvalidInput, match="not an OTLP traces request"):
        decode("traces", request.SerializeToString(), "default", 7)


def test_an_empty_request_is_an_empty_batch() -> None:
    assert len(decode("traces", b"", "default", 7)) == 0
    assert len(decode_json("traces", b"{}", "default", 7)) == 0


scalars = (
    st.builds(lambda v: AnyValue(string_value=v), st.text(st.characters(exclude_categories=["Cs"])))
    | st.builds(lambda v: AnyValue(bool_value=v), st.booleans())
    | st.builds(lambda v: AnyValue(int_value=v), st.integers(-(2**63), 2**63 - 1))
    | st.builds(lambda v: AnyValue(double_value=v), st.floats())
    | st.builds(lambda v: AnyValue(bytes_value=v), st.binary(max_size=20))
    | st.just(AnyValue())
)
any_values = st.recursive(
    scalars,
    lambda inner: (
        st.builds(lambda v: AnyValue(array_value=ArrayValue(values=v)), st.lists(inner, max_size=3))
        | st.builds(
            lambda v: AnyValue(
                kvlist_value=KeyValueList(values=[KeyValue(key=k, value=x) for k, x in v.items()])
            ),
            st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), any_values, max_size=4))
def test_protobuf_and_json_of_one_request_give_the_same_records(
    attributes: dict[str, AnyValue],
) -> None:
    request = request_with_span(trace_state="a=b", flags=257, dropped_events_count=2, kind=4)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.status.code = Status.STATUS_CODE_ERROR
    span.status.message = "declined"
    event = span.events.add(name="exception", time_unix_nano=NOW)
    link = span.links.add(trace_id=TRACE_ID[::-1], span_id=SPAN_ID, trace_state="c=d", flags=1)
    for target in (span, event, link, request.resource_spans[0].scope_spans[0].scope):
        for key, value in attributes.items():
            target.attributes.add(key=key, value=value)
    batch = decoded(request)
    as_json = decode_json("traces", otlp_json(request), "default", 7)
    assert as_json.spans == batch.spans


@settings(max_examples=60, deadline=None)
@given(any_values)
def test_protobuf_and_json_of_one_log_record_give_the_same_record(body: AnyValue) -> None:
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(
            time_unix_nano=NOW, observed_time_unix_nano=NOW + 1, severity_text="warn", flags=1
        )
    )
    record.body.CopyFrom(body)
    record.trace_id, record.span_id, record.event_name = TRACE_ID, SPAN_ID, "checkout"
    batch = decoded(request, "logs")
    assert decode_json("logs", otlp_json(request), "default", 7).logs == batch.logs


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_a_batch_or_invalid(body: bytes) -> None:
    for signal in ("traces", "logs", "metrics"):
        for function in (decode, decode_json):
            with suppress(InvalidInput):
                function(signal, body, "default", 7)


def otlp_json(request: Any) -> bytes:
    """OTLP/JSON of a request: ProtoJSON, but ids in hex and enums as integers."""

    def convert(value: Any) -> Any:
        if isinstance(value, list):
            return [convert(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        return {
            key: base64.b64decode(inner).hex()
            if key in ("traceId", "spanId", "parentSpanId")
            else convert(inner)
            for key, inner in value.items()
        }

    return json.dumps(convert(MessageToDict(request, use_integers_for_enums=True))).encode()


def otlp_json_value(value: AnyValue) -> Any:
    return MessageToDict(value)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
