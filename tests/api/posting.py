"""Calls an ASGI application with a body."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message

JSON = {"content-type": "application/json"}


Answer = tuple[int, dict[str, str], bytes]


def call_with(
    app: ASGIApp, path: str, query: bytes, method: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    """Call an ASGI application with a body, too, in an event loop of its own."""
    return asyncio.run(answer(app, path, query, method, headers, body))


async def answer(
    app: ASGIApp,
    path: str,
    query: bytes,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Call an ASGI application in the event loop of what it reads from."""
    headers = headers or {}
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

    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message["body"] for message in sent[1:])


def post(app: ASGIApp, path: str, members: Any) -> Answer:
    """POST a JSON body."""
    return call_with(app, path, b"", "POST", JSON, json.dumps(members).encode())
