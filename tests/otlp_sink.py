"""A real OTLP gRPC server that keeps what it is sent, for tests of what sends."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent import futures

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span


def plain(attributes: Iterable[KeyValue]) -> dict[str, object]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in attributes
    }


class OtlpSink(
    trace_service_pb2_grpc.TraceServiceServicer, logs_service_pb2_grpc.LogsServiceServicer
):
    """An OTLP gRPC server that keeps everything it is sent, with the service that sent it."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, object]] = {}
        self.spans: list[tuple[str, Span]] = []
        self.logs: list[tuple[str, LogRecord]] = []

    def Export(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
        for group in getattr(request, "resource_spans", ()) or getattr(
            request, "resource_logs", ()
        ):
            resource = plain(group.resource.attributes)
            service = str(resource["service.name"])
            self.resources[service] = resource
            for scope in getattr(group, "scope_spans", ()):
                self.spans.extend((service, span) for span in scope.spans)
            for scope in getattr(group, "scope_logs", ()):
                self.logs.extend((service, record) for record in scope.log_records)
        if isinstance(request, trace_service_pb2.ExportTraceServiceRequest):
            return trace_service_pb2.ExportTraceServiceResponse()
        return logs_service_pb2.ExportLogsServiceResponse()

    def named(self, service: str, name: str) -> list[Span]:
        return [span for owner, span in self.spans if owner == service and span.name == name]


@contextlib.contextmanager
def serving(sink: OtlpSink) -> Iterator[str]:
    """The endpoint under which `sink` listens."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(sink, server)
    logs_service_pb2_grpc.add_LogsServiceServicer_to_server(sink, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()
