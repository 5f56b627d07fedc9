"""Running receivers on free ports, in front of any consumer."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from starlette.applications import Starlette

from argus.api import HttpProtocol
from argus.api.websocket_protocol import WebSocketProtocol
from argus.pipeline import Consumer
from argus.pipeline.budget import ByteBudget
from argus.receivers.otlp_grpc import OtlpGrpcReceiver
from argus.receivers.otlp_http import OtlpHttp
from argus.receivers.receive import RequestPath
from argus.servers import HttpServer
from argus.telemetry import Telemetry

LIMIT = 1 << 20
BUDGET = 4 << 20


class Receivers:
    """Both receivers on their ports."""

    def __init__(self, grpc_port: int, http_port: int) -> None:
        self.grpc_target = f"127.0.0.1:{grpc_port}"
        self.http_url = f"http://127.0.0.1:{http_port}"


StartReceivers = Callable[[Consumer], "AsyncIterator[Receivers]"]


@pytest.fixture
async def start() -> AsyncIterator[object]:
    """`await start(consumer)` runs both receivers until the end of the test."""
    async with AsyncExitStack() as stack:

        async def run(consumer: Consumer) -> Receivers:
            telemetry = Telemetry()
            path = RequestPath(consumer, ByteBudget(BUDGET), LIMIT)
            stack.callback(path.close)
            app = Starlette(routes=OtlpHttp(path, telemetry).routes())
            http = await stack.enter_async_context(
                HttpServer(app, "127.0.0.1", 0, "HTTP_PORT", HttpProtocol, WebSocketProtocol)
            )
            grpc = await stack.enter_async_context(
                OtlpGrpcReceiver(path, telemetry, "127.0.0.1", 0)
            )
            return Receivers(grpc.port, http.port)

        yield run
