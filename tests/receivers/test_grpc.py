"""OTLP over gRPC, on a real socket."""

import contextlib
import gc
import tracemalloc
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from argus.errors import Overloaded
from tests.doubles import Failing, Sink
from tests.receivers.test_decoding import SPAN_ID, request_with_span

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    details = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    return status_pb2.Status.FromString(bytes(details))


async def export(target: str, request: Any, **options: Any) -> Any:
    async with grpc.aio.insecure_channel(target) as channel:
        return await trace_service_pb2_grpc.TraceServiceStub(channel).Export(request, **options)


async def export_bytes(target: str, body: bytes) -> bytes:
    async with grpc.aio.insecure_channel(target) as channel:
        call: Any = channel.unary_unary(EXPORT)
        return bytes(await call(body))


async def test_an_accepted_request_is_answered_without_partial_success(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    response = await export(receivers.grpc_target, request_with_span())
    assert response == trace_service_pb2.ExportTraceServiceResponse()
    assert not response.HasField("partial_success")
    assert [span.span_id for span in sink.spans] == [SPAN_ID]


async def test_gzip_is_read(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    await export(receivers.grpc_target, request_with_span(), compression=grpc.Compression.Gzip)
    assert len(sink.spans) == 1


async def test_rejected_spans_are_counted_exactly_and_explained(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    request = request_with_span()
    spans = request.resource_spans[0].scope_spans[0].spans
    for _ in range(7):
        spans.add().CopyFrom(spans[0])
        spans[-1].trace_id = b""
    response = await export(receivers.grpc_target, request)
    assert response.partial_success.rejected_spans == 7
    assert response.partial_success.error_message == "rejected 7 of 8 spans: invalid_trace_id 7"
    assert len(sink.spans) == 1


async def test_metrics_are_answered_with_success_that_rejects_every_point(start: Any) -> None:
    receivers = await start(Sink())
    request = metrics_service_pb2.ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    metrics.add(name="requests").sum.data_points.add(as_int=1)
    async with grpc.aio.insecure_channel(receivers.grpc_target) as channel:
        response = await metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(request)
    assert response.partial_success.rejected_data_points == 1
    assert "metrics are not stored" in response.partial_success.error_message


async def test_garbage_is_invalid_argument_with_a_decodable_status(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await export_bytes(receivers.grpc_target, b"\xff\xff garbage")
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = status_of(refusal.value)
    detail = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(detail)
    assert detail.field_violations[0].field == "body"
    assert not sink.batches


async def test_overload_is_unavailable_with_retry_info(start: Any) -> None:
    receivers = await start(Failing(Overloaded("busy", retry_after_s=0.5)))
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await export(receivers.grpc_target, request_with_span())
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
    detail = error_details_pb2.RetryInfo()
    assert status_of(refusal.value).details[0].Unpack(detail)
    assert detail.retry_delay.ToMilliseconds() == 500


async def test_a_refused_request_is_not_kept_in_memory(start: Any) -> None:
    receivers = await start(Failing(Overloaded("busy", retry_after_s=0.5)))
    large = request_with_span(name="x" * 900_000).SerializeToString()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(10):
            with contextlib.suppress(grpc.aio.AioRpcError):
                await export_bytes(receivers.grpc_target, large)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert held < 4_000_000


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_a_request_over_the_limit_is_resource_exhausted_and_the_next_one_passes(
    start: Any, compression: grpc.Compression
) -> None:
    receivers = await start(Sink())
    async with grpc.aio.insecure_channel(receivers.grpc_target) as channel:
        stub = trace_service_pb2_grpc.TraceServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await stub.Export(request_with_span(name="x" * (1 << 20)), compression=compression)
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "grpc-status-details-bin" not in dict(refusal.value.trailing_metadata() or ())
        await stub.Export(request_with_span())


async def test_a_bad_tenant_name_is_refused_and_a_good_one_is_kept(start: Any) -> None:
    sink = Sink()
    receivers = await start(sink)
    await export(receivers.grpc_target, request_with_span(), metadata=(("x-scope-orgid", "t1"),))
    assert sink.batches[0].tenant == "t1"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await export(
            receivers.grpc_target, request_with_span(), metadata=(("x-scope-orgid", "a b"),)
        )
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_health_and_reflection_answer(start: Any) -> None:
    receivers = await start(Sink())
    async with grpc.aio.insecure_channel(receivers.grpc_target) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        call = reflection.ServerReflectionInfo(iter([asked]))
        reply = await call.read()
        names = {service.name for service in reply.list_services_response.service}
        call.cancel()
    assert "opentelemetry.proto.collector.logs.v1.LogsService" in names
    assert "grpc.health.v1.Health" in names
