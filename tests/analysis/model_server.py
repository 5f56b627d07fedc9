"""A real OpenAI-compatible server on loopback that misbehaves on command."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

ANSWER = {
    "summary": "The database refused the order.",
    "causes": [{"claim": "It is full.", "evidence": ["L1"]}],
    "checks": ["free disk space"],
    "confidence": "high",
}
_REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 429: "Too Many", 500: "Failed"}

Writer = asyncio.StreamWriter
Behaviour = Callable[[Writer], Awaitable[None]]


@dataclass(slots=True)
class Request:
    """What the server was asked."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """All that the messages say."""
        return "\n".join(message["content"] for message in self.body["messages"])


@dataclass(slots=True)
class ModelServer:
    """Behaves as `behaviours` say, one for each request, and as `usual` once they are used up."""

    usual: Behaviour
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    now: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.split("\r\n")
                pairs = (line.split(": ", 1) for line in lines[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                path = lines[0].split(" ")[1]
                self.requests.append(Request(path, headers, json.loads(body)))
                self.now += 1
                self.most_at_once = max(self.most_at_once, self.now)
                try:
                    await (self.behaviours.pop(0) if self.behaviours else self.usual)(writer)
                finally:
                    self.now -= 1
        writer.close()


def completion(content: str | None, tokens: int | None = 500) -> bytes:
    """The body of a chat completion."""
    answer: dict[str, Any] = {"choices": [{"message": {"content": content}}]}
    if tokens is not None:
        answer["usage"] = {"total_tokens": tokens}
    return json.dumps(answer).encode()


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """Answers with a status."""

    async def answer(writer: Writer) -> None:
        lines = [f"HTTP/1.1 {code} {_REASONS.get(code, 'Odd')}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    return answer


def says(content: object, tokens: int | None = 500) -> Behaviour:
    """Answers as a model that says this."""
    text = content if isinstance(content, str) else json.dumps(content)
    return status(200, completion(text, tokens))


async def hangs(writer: Writer) -> None:
    """Never answers."""
    await asyncio.sleep(600)


async def trickles(writer: Writer) -> None:
    """Answers a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def breaks_off(writer: Writer) -> None:
    """Begins an answer and closes the connection."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


def floods(code: int, megabytes: int) -> Behaviour:
    """Answers with a status and so many megabytes."""

    async def answer(writer: Writer) -> None:
        size = megabytes * 2**20
        writer.write(f"HTTP/1.1 {code} Flood\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(megabytes):
            writer.write(b" " * 2**20)
            await writer.drain()

    return answer


@asynccontextmanager
async def model_server(usual: Behaviour | None = None) -> AsyncIterator[ModelServer]:
    """A running server."""
    running = ModelServer(usual or says(ANSWER))
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await running.serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for task in tasks:
            task.cancel()
