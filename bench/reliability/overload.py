"""The cases of too much at once: more than it can take, too large, too many calls."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.generator import Generator, Job
from bench.reliability import reading
from bench.reliability.trial import Database, Outcome, Trial, server_on, shared

REFUSAL_MS = 2_000.0
ANSWER_S = 5.0
_PATH = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_MIB = 2**20


def three_times_capacity(folder: Path, seconds: float = 6.0, database: Database = None) -> Outcome:
    """B3: a generator in a process of its own offers three times what was just measured as the
    most that is taken; then the latency must be what it was. What it offers was built before, so
    that it can offer that much from the cores it shares with the server."""
    outcome = Outcome("B3", runs=1)
    small = {"MAX_REQUEST_BYTES": "4MiB", "MAX_INFLIGHT_BYTES": "8MiB"}
    server = server_on(folder / "server", database, LOG_LEVEL="ERROR", **small)
    server.start()
    try:
        with Generator() as generator:
            calm = generator.run(Job("shop", server.grpc, in_flight=1, requests=20))
            most = generator.run(Job("shop", server.grpc, in_flight=8, seconds=seconds / 2))
            rate = 3 * most.acked_requests / most.seconds
            job = Job("shop", server.grpc, rate=rate, requests=round(rate * seconds), prepare=True)
            over = generator.run(job)
            time.sleep(1)
            after = generator.run(Job("shop", server.grpc, in_flight=1, requests=20))
        acked = sum(run.acked_records for run in (calm, most, over, after))
        server.until_settled(shared(30))
        spans, _ = reading.count(server.data)
        outcome.acked = acked
        outcome.lost, outcome.duplicated = max(0, acked - spans), max(0, spans - acked)
        outcome.refused = sum(over.refused.values())
        outcome.figures = {
            "capacity /s": round(most.rate),
            "offered share": round(job.requests / over.seconds / (rate / 3), 3),
            "goodput share": round(over.rate / most.rate, 3),
            "refusal p50 ms": over.refusal_ms[0] if over.refusal_ms else 0.0,
            "refusal p99 ms": over.refusal_ms[1] if over.refusal_ms else 0.0,
            "ack p50 before ms": calm.ack_ms[0],
            "ack p50 after ms": after.ack_ms[0],
            "peak MiB": round(server.peak_mib()),
        }
        unexplained = {code: n for code, n in over.refused.items() if code != "UNAVAILABLE"}
        outcome.unexplained = sum(unexplained.values())
        outcome.expect(not unexplained, f"refused with {unexplained}")
        outcome.expect(spans == acked, f"{spans} spans stored, {acked} acked")
        outcome.problems += server.metrics().unbalanced()
        return outcome
    finally:
        server.stop()


def _large_request(number: int, size: int, text: int) -> tuple[bytes, int]:
    """A request of about `size` bytes, of spans with an attribute of `text` bytes; how many."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    now = time.time_ns()
    count = size // (text + 200)
    for n in range(count):
        span = spans.add(
            trace_id=number.to_bytes(16, "big"), span_id=(n + 1).to_bytes(8, "big"),
            name="large", start_time_unix_nano=now, end_time_unix_nano=now,
        )  # fmt: skip
        span.attributes.add(key="text").value.string_value = f"{number} {n} " + "x" * text
    return request.SerializeToString(), count


async def large_requests(folder: Path, seed: int, at_once: int = 8, text: int = 60_000) -> Outcome:
    """B4: requests near the limit of 64 MiB, many at once over both transports, until all are
    acked; /api/health is asked all the while. A `text` over a mebibyte is left out of its span,
    which makes it a case of receiving alone."""
    async with Trial("B4", folder, seed, MAX_INFLIGHT_BYTES="64MiB") as trial:
        await trial.start()
        outcome, server = trial.outcome, trial.server
        idle = server.rss_mib()
        bodies = [
            await asyncio.to_thread(_large_request, n + 1, 63 * _MIB, text) for n in range(at_once)
        ]
        with _asking(server.url, outcome):
            refused = await asyncio.gather(
                *(_until_acked(trial, body, n % 2 == 0) for n, (body, _) in enumerate(bodies))
            )
        outcome.runs = 1
        outcome.worst("idle MiB", idle)
        outcome.worst("peak MiB", server.peak_mib())
        outcome.worst("refused attempts", sum(refused))
        await asyncio.to_thread(server.until_settled, shared(30))
        spans, _ = reading.count(server.data)
        outcome.acked = sum(count for _, count in bodies)
        outcome.lost = max(0, outcome.acked - spans)
        outcome.duplicated = max(0, spans - outcome.acked)
        outcome.expect(spans == outcome.acked, f"{spans} of {outcome.acked} spans stored")
        outcome.problems += server.metrics().unbalanced()
        return outcome


async def _until_acked(trial: Trial, body: bytes, over_http: bool) -> int:
    """Send until it is acked; how often it was refused."""
    refused = 0
    options = [("grpc.max_send_message_length", -1)]
    async with (
        grpc.aio.insecure_channel(trial.server.grpc, options=options) as channel,
        httpx2.AsyncClient(base_url=trial.server.otlp, timeout=60) as client,
        asyncio.timeout(shared(60)),
    ):
        call: Any = channel.unary_unary(_PATH)
        while True:
            if over_http:
                with contextlib.suppress(httpx2.WriteError, httpx2.ReadError):
                    answer = await client.post(
                        "/v1/traces",
                        content=body,
                        headers={"content-type": "application/x-protobuf"},
                    )
                    if answer.status_code == 200:
                        return refused
                    problem = answer.status_code != 503
                    trial.outcome.expect(not problem, f"HTTP {answer.status_code}")
            else:
                try:
                    await call(body, timeout=60)
                    return refused
                except grpc.aio.AioRpcError as error:
                    problem = error.code() is not grpc.StatusCode.UNAVAILABLE
                    trial.outcome.expect(not problem, f"gRPC {error.code().name}")
            refused += 1
            await asyncio.sleep(0.5)


_ASK = """
import sys, threading, time, httpx2
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
slowest = 0.0
with httpx2.Client(timeout=30) as client:
    while not ended.wait(0.1):
        began = time.monotonic()
        client.get(sys.argv[1]).raise_for_status()
        slowest = max(slowest, time.monotonic() - began)
sys.stdout.write(str(slowest))
"""


@contextlib.contextmanager
def _asking(url: str, outcome: Outcome) -> Iterator[None]:
    """Ask for /api/health all the while, from a process of its own: the slowest answer."""
    asking = subprocess.Popen(
        [sys.executable, "-c", _ASK, f"{url}/api/health"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield
    finally:
        slowest, _ = asking.communicate(timeout=60)
    outcome.expect(slowest, "/api/health did not answer")
    outcome.worst("slowest health s", float(slowest or 0))


async def many_calls(folder: Path, seed: int, channels: int, calls: int = 256) -> Outcome:
    """A9: unary calls in flight on few or many connections, while others are killed, half closed
    or given a deadline of 50 ms."""
    async with Trial("A9", folder, seed) as trial:
        await trial.start()
        trial.load.workers = calls // channels
        senders = [trial.sender]
        trial.load.size = 4
        stop = asyncio.Event()
        rude = asyncio.create_task(_be_rude(trial, stop))
        for _ in range(channels - 1):
            senders.append(trial.new_sender())
        await asyncio.gather(*(trial.load.for_seconds(sender, 3.0) for sender in senders))
        stop.set()
        await rude
        for sender in senders[1:]:
            await sender.close()
        outcome = trial.outcome
        outcome.runs = 1
        outcome.worst("slowest ack s", trial.load.slowest_ack_s)
        outcome.expect(trial.load.slowest_ack_s <= shared(ANSWER_S), "an answer took over 5 s")
        await trial.verify()
        return outcome


async def _be_rude(trial: Trial, stop: asyncio.Event) -> None:
    """Give up after 50 ms, half close, and break off, each on a connection of its own."""
    host, _, port = trial.server.grpc.rpartition(":")
    while not stop.is_set():
        request = trial.oracle.request("traces", 4)
        async with grpc.aio.insecure_channel(
            trial.server.grpc, options=[("grpc.use_local_subchannel_pool", 1)]
        ) as channel:
            call: Any = channel.unary_unary(_PATH)
            try:
                await call(request.body, timeout=0.05)
                trial.oracle.acked(request)
            except grpc.aio.AioRpcError as error:
                trial.oracle.not_acked(request, error.code().name, retryable=False)
                trial.load.pending.append(request)
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + trial.draw.randbytes(64))
        writer.write_eof()
        await asyncio.sleep(0.02)
        writer.transport.abort()
