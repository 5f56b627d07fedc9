"""G0: a gRPC server on the same library as Argus whose handler throws the bytes away."""

import sys
from typing import Any

import grpc
import uvloop

from bench.load import GRPC_PATHS


async def serve(port: int) -> None:
    """Answer every export with success until the process is ended."""

    async def export(body: bytes, context: Any) -> bytes:
        return b""

    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
    for path in GRPC_PATHS.values():
        service = path.split("/")[1]
        handler: Any = grpc.unary_unary_rpc_method_handler(export)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, {"Export": handler}),)
        )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
