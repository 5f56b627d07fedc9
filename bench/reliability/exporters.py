"""The cases in which the stock Python SDK sends, and a server is away, blocked or overloaded."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.reliability.crashes import locked
from bench.reliability.reading import span_ids
from bench.reliability.trial import Outcome, Trial

Fault = Literal["database locked", "server away", "overload"]

_SPANS_PER_S = 60
_QUEUE = 2048
_PATIENCE_S = 60.0


class Watched(SpanExporter):
    """A stock exporter, and the ids of the spans it says it exported or gave up."""

    def __init__(self, stock: SpanExporter) -> None:
        self._stock = stock
        self.exported: list[int] = []
        self.given_up: list[int] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export, and note what became of it."""
        result = self._stock.export(spans)
        ids = [span.context.span_id for span in spans if span.context is not None]
        (self.exported if result is SpanExportResult.SUCCESS else self.given_up).extend(ids)
        return result

    def shutdown(self) -> None:
        """End the stock exporter."""
        self._stock.shutdown()


async def sdk(
    folder: Path, seed: int, transport: str, fault: Fault, seconds: float = 10.0
) -> Outcome:
    """SDK: a BatchSpanProcessor with its default queue feeds a stock exporter through a fault.

    Only while the server is away is the exporter told to be more patient than its ten seconds:
    what it gives up by itself no server can store.
    """
    small = {"MAX_REQUEST_BYTES": "1MiB", "MAX_INFLIGHT_BYTES": "1MiB"}
    async with Trial(
        f"SDK {transport}", folder, seed, **(small if fault == "overload" else {})
    ) as trial:
        await trial.start()
        patience = _PATIENCE_S if fault == "server away" else None
        exporter = Watched(_stock(transport, trial, patience))
        processor = BatchSpanProcessor(exporter, max_queue_size=_QUEUE)
        provider = TracerProvider(resource=Resource({"service.name": "sdk"}))
        provider.add_span_processor(processor)
        ended: list[int] = []
        stop = threading.Event()
        spans = asyncio.to_thread(_make_spans, provider.get_tracer("sdk"), ended, stop)
        making = asyncio.create_task(spans)
        await asyncio.sleep(1)
        await _FAULTS[fault](trial, seconds)
        await asyncio.sleep(1)
        stop.set()
        await making
        await asyncio.to_thread(processor.force_flush, 60_000)
        await asyncio.to_thread(provider.shutdown)
        await asyncio.to_thread(trial.server.until_settled)
        _judge(trial, exporter, ended)
        return trial.outcome


def _stock(transport: str, trial: Trial, patience_s: float | None) -> SpanExporter:
    if transport == "grpc":
        return GrpcSpans(endpoint=trial.server.grpc, insecure=True, timeout=patience_s)
    return HttpSpans(endpoint=f"{trial.server.otlp}/v1/traces", timeout=patience_s)


def _make_spans(tracer: Any, ended: list[int], stop: threading.Event) -> None:
    while not stop.wait(1 / _SPANS_PER_S):
        span = tracer.start_span(f"operation {len(ended) % 7}", attributes={"n": len(ended)})
        span.end()
        ended.append(span.get_span_context().span_id)


async def _lock(trial: Trial, seconds: float) -> None:
    with locked(trial.server.folder):
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


def _judge(trial: Trial, exporter: Watched, ended: list[int]) -> None:
    outcome = trial.outcome
    stored = [int.from_bytes(span_id) for span_id in span_ids(trial.server.folder, "sdk")]
    held = set(ended) - set(exporter.given_up)
    outcome.runs = 1
    outcome.acked = len(exporter.exported)
    outcome.lost = len(held - set(stored))
    outcome.duplicated = len(stored) - len(set(stored))
    outcome.worst("given up by the SDK", len(exporter.given_up))
    outcome.expect(not exporter.given_up, f"the SDK gave up {len(exporter.given_up)} spans")
    outcome.expect(not outcome.lost, f"{outcome.lost} of {len(ended)} spans lost")
    outcome.expect(not outcome.duplicated, f"{outcome.duplicated} spans doubled")
    outcome.expect(set(stored) <= set(ended), "spans that nobody made")
