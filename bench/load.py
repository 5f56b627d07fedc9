"""The two ways to send an encoded export request: gRPC with raw bytes, and HTTP/1.1 on a socket."""

import asyncio
from typing import Any, Protocol

import grpc

GRPC_PATHS = {
    "trace": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
HTTP_PATHS = {"trace": "/v1/traces", "logs": "/v1/logs"}
OK = "OK"
_TIMEOUT_S = 60.0


class Sender(Protocol):
    """Sends requests over connections of its own."""

    async def send(self, body: bytes) -> str:
        """The answer's status once it is here: OK, or a gRPC status name or HTTP number."""

    async def close(self) -> None:
        """Give up the connections."""


class GrpcSender:
    """Calls over one gRPC channel; any number at the same time."""

    def __init__(self, address: str, signal: str) -> None:
        self._channel = grpc.aio.insecure_channel(
            address,
            options=[("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)],
        )
        self._call: Any = self._channel.unary_unary(GRPC_PATHS[signal])

    async def send(self, body: bytes) -> str:
        """OK or the name of the gRPC status."""
        try:
            await self._call(body, timeout=_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            return str(error.code().name)
        return OK

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()


class HttpSender:
    """Requests over as many keep-alive connections as are wanted at the same time."""

    def __init__(self, address: str, signal: str, kind: str, encoding: str = "") -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        coded = f"Content-Encoding: {encoding}\r\n" if encoding else ""
        self._head = (
            f"POST {HTTP_PATHS[signal]} HTTP/1.1\r\nHost: {address}\r\n"
            f"Content-Type: {kind}\r\n{coded}Content-Length: "
        ).encode()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, body: bytes) -> str:
        """OK for 200, else the HTTP status number."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():  # the server closes those that were idle for long
                break
            writer.close()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(self._head + b"%d\r\n\r\n" % len(body))
        writer.write(body)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT_S)
        status, *fields = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (f.partition(":") for f in fields)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        self._idle.append((reader, writer))
        number = status.split()[1]
        return OK if number == "200" else number

    async def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()
