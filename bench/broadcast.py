"""W0: `websockets.broadcast` of a prebuilt message to every client, as fast as they take it."""

import asyncio
import contextlib
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

_BEHIND_BYTES = 256 * 1024


async def run(port: int, size: int) -> None:
    """Send a text of `size` bytes again and again until the process is ended."""
    clients: set[ServerConnection] = set()
    message = "[" + "x" * (size - 2) + "]"

    async def hold(client: ServerConnection) -> None:
        clients.add(client)
        with contextlib.suppress(Exception):
            await client.wait_closed()
        clients.discard(client)

    async with serve(
        hold, "127.0.0.1", port, compression=None, ping_interval=None, write_limit=_BEHIND_BYTES
    ):
        while True:
            behind = any(
                client.transport.get_write_buffer_size() > _BEHIND_BYTES for client in clients
            )
            if behind or not clients:
                await asyncio.sleep(0.001)
            else:
                broadcast(clients, message)
                await asyncio.sleep(0)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), int(sys.argv[2])))
