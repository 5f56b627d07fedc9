"""The cases in which the stock Python SDK sends, and a server is away, blocked or overloaded."""

import asyncio
import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.reliability.reading import span_ids
from bench.reliability.trial import Outcome, Trial, shared

Fault = Literal["database locked", "server away", "overload"]

_SPANS_PER_S = 60
_QUEUE = 2048
_PATIENCE_S = 60.0
_TRIED_S = 0.8 * (1 + 2 + 4 + 8 + 16)
"""What six attempts, with a random fifth less between them, take at least: after those an exporter
of the SDK (opentelemetry-exporter-otlp-proto-grpc and -http) gives up, however patient it is."""


class Watched(SpanExporter):
    """A stock exporter, the ids of the spans it says it exported or gave up, and how long it had
    tried at least when it gave some up."""

    def __init__(self, stock: SpanExporter) -> None:
        self._stock = stock
        self.exported: list[int] = []
        self.given_up: list[int] = []
        self.tried_s = math.inf

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export, and note what became of it."""
        began = time.monotonic()
        result = self._stock.export(spans)
        ids = [span.context.span_id for span in spans if span.context is not None]
        if result is SpanExportResult.SUCCESS:
            self.exported += ids
        else:
            self.given_up += ids
            self.tried_s = min(self.tried_s, time.monotonic() - began)
        return result

    def shutdown(self) -> None:
        """End the stock exporter."""
        self._stock.shutdown()


async def sdk(folder: Path, seed: int, fault: Fault, seconds: float = 10.0) -> Outcome:
    """SDK: on each transport a BatchSpanProcessor, its queue of the default size, feeds a stock
    exporter through a fault.

    Only while the server is away are exporters told to be more patient than their ten seconds:
    what they give up by themselves, after all their attempts, no server can store.
    """
    small = {"MAX_REQUEST_BYTES": "1MiB", "MAX_INFLIGHT_BYTES": "1MiB"}
    settings = small if fault == "overload" else {}
    async with Trial("SDK", folder, seed, None, None, **settings) as trial:
        await trial.start()
        patience = _PATIENCE_S if fault == "server away" else None
        programs = [
            Program("grpc", GrpcSpans(endpoint=trial.server.grpc, insecure=True, timeout=patience)),
            Program("http", HttpSpans(endpoint=f"{trial.server.otlp}/v1/traces", timeout=patience)),
        ]
        making = [asyncio.create_task(asyncio.to_thread(one.make_spans)) for one in programs]
        await asyncio.sleep(1)
        await _FAULTS[fault](trial, seconds)
        await asyncio.sleep(1)
        for one in programs:
            one.stop.set()
        await asyncio.gather(*making)
        await asyncio.to_thread(trial.server.until_settled, shared(30))
        for one in programs:
            _judge(trial, one)
        return trial.outcome


class Program:
    """A program with the SDK that makes spans until it is told to stop."""

    def __init__(self, service: str, stock: SpanExporter) -> None:
        self.service = service
        self.exporter = Watched(stock)
        self.stop = threading.Event()
        self.ended: list[int] = []
        self._processor = BatchSpanProcessor(self.exporter, max_queue_size=_QUEUE)
        self._provider = TracerProvider(resource=Resource({"service.name": service}))
        self._provider.add_span_processor(self._processor)

    def make_spans(self) -> None:
        """Make spans at a steady rate, and at the end export what is left."""
        tracer = self._provider.get_tracer("sdk")
        while not self.stop.wait(1 / _SPANS_PER_S):
            span = tracer.start_span("operation", attributes={"n": len(self.ended)})
            span.end()
            self.ended.append(span.get_span_context().span_id)
        self._processor.force_flush(60_000)
        self._provider.shutdown()


async def _lock(trial: Trial, seconds: float) -> None:
    with trial.blocked():
        await asyncio.sleep(seconds)


async def _away(trial: Trial, seconds: float) -> None:
    await asyncio.to_thread(trial.server.kill)
    await asyncio.sleep(seconds)
    await trial.start()


async def _overload(trial: Trial, seconds: float) -> None:
    trial.load.workers, trial.load.size = 24, 1024
    await trial.load.for_seconds(trial.sender, seconds)
    trial.outcome.expect(trial.load.refusals_s, "the server was not overloaded")
    await trial.load.finish(trial.sender)


_FAULTS = {"database locked": _lock, "server away": _away, "overload": _overload}


def _judge(trial: Trial, program: Program) -> None:
    outcome, exporter, ended = trial.outcome, program.exporter, program.ended
    ids = span_ids(trial.server.folder, program.service)
    stored = [int.from_bytes(span_id, "big") for span_id in ids]
    lost = len(set(ended) - set(exporter.given_up) - set(stored))
    doubled = len(stored) - len(set(stored))
    outcome.runs += 1
    outcome.acked += len(exporter.exported)
    outcome.lost += lost
    outcome.duplicated += doubled
    given_up = len(exporter.given_up)
    outcome.worst("given up by the SDK", given_up)
    name = program.service
    outcome.expect(
        exporter.tried_s >= _TRIED_S,
        f"{name}: the SDK gave up {given_up} of {len(ended)} spans, after {exporter.tried_s:.1f} s",
    )
    outcome.expect(not lost, f"{name}: {lost} of {len(ended)} spans lost")
    outcome.expect(not doubled, f"{name}: {doubled} spans doubled")
    outcome.expect(set(stored) <= set(ended), f"{name}: spans that nobody made")
