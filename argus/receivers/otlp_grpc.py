"""OTLP over gRPC: the three export services, health and reflection on one port."""

import logging
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from argus.errors import ArgusError, StartError, grpc_status
from argus.model import Signal
from argus.receivers.receive import RequestPath, tenant_of
from argus.receivers.status import response_bytes, retry_info, status_bytes
from argus.telemetry import Telemetry
from argus.tenancy import HEADER

logger = logging.getLogger(__name__)

_COLLECTOR = "opentelemetry.proto.collector"
SERVICES: dict[Signal, str] = {
    "traces": f"{_COLLECTOR}.trace.v1.TraceService",
    "logs": f"{_COLLECTOR}.logs.v1.LogsService",
    "metrics": f"{_COLLECTOR}.metrics.v1.MetricsService",
}
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
_STOP_GRACE_S = 5.0


class OtlpGrpcReceiver:
    """The gRPC server. Entered when everything downstream is ready; leaving it refuses new
    calls and waits for those in flight."""

    def __init__(self, path: RequestPath, telemetry: Telemetry, host: str, port: int) -> None:
        self._path = path
        self._telemetry = telemetry
        self._host = host
        self.port = port
        self._server: grpc.aio.Server | None = None
        self._health = health.aio.HealthServicer()

    async def __aenter__(self) -> Self:
        server = grpc.aio.server(
            options=[
                # also bounds what a compressed message inflates to
                ("grpc.max_receive_message_length", self._path.max_request_bytes),
                ("grpc.max_concurrent_streams", 1000),
                ("grpc.max_metadata_size", 16 * 1024),
                ("grpc.so_reuseport", 0),
                ("grpc.http2.min_ping_interval_without_data_ms", 5000),
                ("grpc.keepalive_permit_without_calls", 1),
            ]
        )
        for signal, name in SERVICES.items():
            export: Any = grpc.unary_unary_rpc_method_handler(self._export(signal))
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(name, {"Export": export}),)
            )
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*SERVICES.values(), health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        self._refuse_busy_port()
        address = f"[{self._host}]" if ":" in self._host else self._host
        self.port = server.add_insecure_port(f"{address}:{self.port}")
        await server.start()
        self._server = server
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            await self._health.enter_graceful_shutdown()
            await self._server.stop(_STOP_GRACE_S)

    def _refuse_busy_port(self) -> None:
        # gRPC's core would write a stack of its own to standard error before it fails
        try:
            with socket.create_server((self._host, self.port), family=self._family()):
                pass
        except OSError as error:
            raise StartError(
                f"GRPC_PORT: cannot listen on {self._host} port {self.port}: {error.strerror}"
            ) from None

    def _family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self._host else socket.AF_INET

    def _export(self, signal: Signal) -> Any:
        async def export(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            try:
                answer = await self._answer(signal, body, context)
            except ArgusError as error:
                code, message = _STATUS_CODES[grpc_status(error)], error.message
                trailers = tuple(_trailers(error))
            except Exception:
                logger.exception("export failed", extra={"signal": signal})
                code, message, trailers = grpc.StatusCode.INTERNAL, "internal error", ()
            else:
                self._telemetry.request("grpc", signal, "OK")
                return answer
            self._telemetry.request("grpc", signal, code.name)
            # outside of the handlers and without the body: what `abort` raises is kept, with the
            # frames it passed, until the next collection of garbage
            del body
            await context.abort(code, message, trailers)
            raise AssertionError("abort returned")

        return export

    async def _answer(
        self, signal: Signal, body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]
    ) -> bytes:
        with self._path.budget.hold() as hold:
            hold.grow(len(body))
            tenant = tenant_of(_metadata(context, HEADER))
            peer = _address(context.peer())
            rejected, message = await self._path.receive(
                signal, "protobuf", body, tenant, peer, "grpc"
            )
        return response_bytes(signal, rejected, message)


def _address(peer: str) -> str:
    """`ipv4:127.0.0.1:5000` or `ipv6:%5B::1%5D:5000` -> the address alone."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")


def _trailers(error: ArgusError) -> Iterator[tuple[str, bytes]]:
    yield "grpc-status-details-bin", status_bytes(error)
    if error.retry_after_s is not None:
        # where the Python SDK looks for it
        yield "google.rpc.retryinfo-bin", retry_info(error.retry_after_s).SerializeToString()


def _metadata(context: grpc.aio.ServicerContext[bytes, bytes], key: str) -> str | None:
    for name, value in context.invocation_metadata() or ():
        if name == key:
            return value if isinstance(value, str) else value.decode("latin-1")
    return None
