"""Drives a rate of spans and log records at an OTLP endpoint and says what became of them."""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import grpc
import httpx2
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from load_data import Template, templates
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

GIVE_UP_SECONDS = 30
CALL_TIMEOUT_SECONDS = 10
TEMPLATE_SPANS = 20_000
DEFAULT_ENDPOINTS = {"grpc": "http://localhost:4317", "http/protobuf": "http://localhost:4318"}
# Both lists: https://opentelemetry.io/docs/specs/otlp/#failures
RETRYABLE_CODES = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
RETRYABLE_STATUSES = {429, 502, 503, 504}


class Retry(Exception):
    """The server could not take the request now; `delay` is what it asked for, in seconds."""

    def __init__(self, reason: str, delay: float | None) -> None:
        super().__init__(reason)
        self.delay = delay


class Refused(Exception):
    """The server will never take the request."""


class Sender(Protocol):
    async def send(self, signal: str, payload: bytes) -> int:
        """Export an encoded request of `traces` or `logs`; returns how many records were rejected.

        Raises Retry and Refused.
        """
        ...


RESPONSES: dict[str, Any] = {
    "traces": ExportTraceServiceResponse,
    "logs": ExportLogsServiceResponse,
}


def rejected(signal: str, body: bytes) -> int:
    partial = RESPONSES[signal].FromString(body).partial_success
    return int(partial.rejected_spans if signal == "traces" else partial.rejected_log_records)


class GrpcSender:
    """Sends over one gRPC channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        package = "/opentelemetry.proto.collector"
        self._export: dict[str, Any] = {
            "traces": channel.unary_unary(f"{package}.trace.v1.TraceService/Export"),
            "logs": channel.unary_unary(f"{package}.logs.v1.LogsService/Export"),
        }

    async def send(self, signal: str, payload: bytes) -> int:
        try:
            body = await self._export[signal](payload, timeout=CALL_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            delay = retry_delay(error)
            reason = f"{error.code().name}: {error.details()}"
            exhausted = error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            if error.code() in RETRYABLE_CODES or (exhausted and delay is not None):
                raise Retry(reason, delay) from None
            raise Refused(reason) from None
        return rejected(signal, body)


def retry_delay(error: grpc.aio.AioRpcError) -> float | None:
    """Seconds from the RetryInfo in the error's details, None without one."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if isinstance(details, bytes):
        for detail in Status.FromString(details).details:
            info = RetryInfo()
            if detail.Unpack(info):
                return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    return None


class HttpSender:
    """Sends over pooled HTTP/1.1 connections."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def send(self, signal: str, payload: bytes) -> int:
        try:
            answer = await self._client.post(f"/v1/{signal}", content=payload)
        except httpx2.TransportError as error:
            raise Retry(f"{type(error).__name__}: {error}", None) from None
        if answer.status_code in RETRYABLE_STATUSES:
            after = answer.headers.get("retry-after", "")
            delay = float(after) if after.replace(".", "", 1).isdigit() else None
            raise Retry(f"HTTP {answer.status_code}", delay)
        if answer.status_code != 200:
            raise Refused(f"HTTP {answer.status_code}")
        return rejected(signal, answer.content)


@contextlib.asynccontextmanager
async def connect(protocol: str, endpoint: str, concurrency: int) -> AsyncIterator[Sender]:
    if protocol == "grpc":
        parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
        channel = (
            grpc.aio.secure_channel(parts.netloc, grpc.ssl_channel_credentials())
            if parts.scheme == "https"
            else grpc.aio.insecure_channel(parts.netloc)
        )
        async with channel:
            yield GrpcSender(channel)
    else:
        async with httpx2.AsyncClient(
            base_url=endpoint,
            headers={"content-type": "application/x-protobuf"},
            timeout=CALL_TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=concurrency),
        ) as client:
            yield HttpSender(client)


@dataclass
class Tally:
    """What became of the records of one signal."""

    sent: int = 0
    acked: int = 0
    refused: int = 0
    rejected: int = 0


@dataclass
class Result:
    """What the load test counted; latencies are seconds from the first try to the ack."""

    traces: Tally = field(default_factory=Tally)
    logs: Tally = field(default_factory=Tally)
    retries: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    def note(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def quantile_ms(self, share: float) -> float:
        """Nearest rank, in milliseconds; 0 when nothing was acked."""
        ordered = sorted(self.latencies) or [0.0]
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class LoadTest:
    """Workers that take the next request of one schedule, send it, and retry it as told."""

    def __init__(self, options: argparse.Namespace, sender: Sender) -> None:
        self._options = options
        self._sender = sender
        self._pairs = templates(
            options.seed, options.batch, max(2, TEMPLATE_SPANS // options.batch), options.logs
        )
        self.result = Result()

    async def run(self) -> Result:
        start = time.monotonic()
        requests = self._requests(start)
        workers = (self._work(requests) for _ in range(self._options.concurrency))
        await asyncio.gather(*workers)
        self.result.seconds = time.monotonic() - start
        return self.result

    def _requests(self, start: float) -> Iterator[tuple[float, Template, Template | None, bytes]]:
        """Due time, requests and id bytes of each sending, until the duration is over."""
        dice = random.Random(self._options.seed)
        interval = self._options.batch / self._options.rate if self._options.rate else 0.0
        for number in itertools.count():
            place = number % len(self._pairs)
            if place == 0:
                # One prefix for a whole round, as a trace may go on in the next request.
                prefix = dice.randbytes(12)
            due = start + number * interval
            if max(due, time.monotonic()) >= start + self._options.duration:
                return
            yield due, *self._pairs[place], prefix

    async def _work(
        self, requests: Iterator[tuple[float, Template, Template | None, bytes]]
    ) -> None:
        for due, spans, logs, prefix in requests:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._deliver("traces", self.result.traces, spans, prefix)
            if logs:
                await self._deliver("logs", self.result.logs, logs, prefix)

    async def _deliver(self, signal: str, tally: Tally, template: Template, prefix: bytes) -> None:
        payload = template.fill(prefix[:8], prefix[8:], time.time_ns())
        tally.sent += template.records
        first_try = time.monotonic()
        for attempt in itertools.count():
            try:
                rejections = await self._sender.send(signal, payload)
            except Retry as error:
                backoff = min(5.0, 0.1 * 2**attempt) * random.uniform(0.8, 1.2)
                delay = backoff if error.delay is None else error.delay
                if time.monotonic() + delay < first_try + GIVE_UP_SECONDS:
                    self.result.retries += 1
                    await asyncio.sleep(delay)
                    continue
                self.result.note(f"gave up retrying: {error}")
                tally.refused += template.records
            except Refused as error:
                self.result.note(str(error))
                tally.refused += template.records
            else:
                self.result.latencies.append(time.monotonic() - first_try)
                tally.rejected += rejections
                tally.acked += template.records - rejections
            return


def bounded(kind: type, low: float, high: float = float("inf")) -> Any:
    def number(text: str) -> Any:
        value = kind(text)
        if not low <= value < high:
            raise argparse.ArgumentTypeError(f"must be at least {low} and below {high}")
        return value

    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--rate", type=bounded(float, 0), default=1000, help="spans per second; 0: all it takes")
    add("--duration", type=bounded(float, 0), default=10, help="seconds (10)")
    add("--protocol", choices=DEFAULT_ENDPOINTS, default="grpc")
    add("--endpoint", help="URL (http://localhost:4317, or :4318 for http/protobuf)")
    add("--batch", type=bounded(int, 1), default=512, help="spans per request (512)")
    add("--concurrency", type=bounded(int, 1), default=8, help="requests in flight at most (8)")
    add("--logs", type=bounded(float, 0, 100), default=0, help="log records per span (0)")
    add("--seed", type=int, help="same data, ids included; two runs with it send duplicates")
    add("--json", action="store_true", help="print the result as one JSON object")
    options = parser.parse_args()
    options.endpoint = (options.endpoint or DEFAULT_ENDPOINTS[options.protocol]).rstrip("/")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    return options


async def drive(options: argparse.Namespace) -> Result:
    async with connect(options.protocol, options.endpoint, options.concurrency) as sender:
        return await LoadTest(options, sender).run()


def report(options: argparse.Namespace, result: Result) -> str:
    signals = {"traces": vars(result.traces), "logs": vars(result.logs)}
    latency = {
        "ack_p50_ms": round(result.quantile_ms(0.5), 2),
        "ack_p99_ms": round(result.quantile_ms(0.99), 2),
    }
    if options.json:
        totals = {"seconds": round(result.seconds, 3), "retries": result.retries}
        identity = {"seed": options.seed, "reasons": result.reasons}
        return json.dumps(signals | totals | latency | identity)
    lines = [f"{result.seconds:.1f} s to {options.endpoint} over {options.protocol}"]
    lines[0] += f", seed {options.seed}, {result.retries} retries"
    for name, counts in signals.items():
        if counts["sent"]:
            words = ", ".join(f"{count} {word}" for word, count in counts.items())
            rate = counts["acked"] / result.seconds
            lines.append(f"{'spans' if name == 'traces' else name}: {words} ({rate:.0f}/s acked)")
    lines.append(f"ack latency: p50 {latency['ack_p50_ms']} ms, p99 {latency['ack_p99_ms']} ms")
    lines.extend(f"{count} requests refused: {reason}" for reason, count in result.reasons.items())
    return "\n".join(lines)


def main() -> None:
    """Exit code 0 when every record was acked, 1 when one was refused or rejected."""
    options = arguments()
    result = asyncio.run(drive(options))
    print(report(options, result))  # noqa: T201
    tallies = (result.traces, result.logs)
    sys.exit(any(tally.acked < tally.sent for tally in tallies))


if __name__ == "__main__":
    main()
