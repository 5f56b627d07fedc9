"""Calls an ASGI application with a body."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message

JSON = {"content-type": "application/json"}


def call_with(
    app: ASGIApp, path: str, query: bytes, method: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Call an ASGI application with a body, too."""
    pairs = {"host": "localhost"} | {name.replace("_", "-"): v for name, v in headers.items()}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
        "server": ("127.0.0.1", 8080), "scheme": "http", "root_path": "",
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message["body"] for message in sent[1:])


def post(app: ASGIApp, path: str, members: Any) -> tuple[int, dict[str, str], bytes]:
    """POST a JSON body."""
    return call_with(app, path, b"", "POST", JSON, json.dumps(members).encode())
