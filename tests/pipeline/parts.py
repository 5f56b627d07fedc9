"""What the tests of the pipeline share: real requests, a running pipeline, and its accounts."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from argus.model import DEFAULT_TENANT, Batch, Signal
from argus.pipeline import Exporter, Processor
from argus.pipeline.dead_letter import DeadLetters
from argus.pipeline.pipeline import Pipeline
from argus.receivers.letters import decode_letter
from argus.receivers.otlp import decode
from argus.receivers.receive import request_key
from argus.storage import Writer
from argus.telemetry import Telemetry

MANY = 1 << 30


def logs(*texts: str, tenant: str = DEFAULT_TENANT) -> Batch:
    """The batch of a real OTLP request with a log record per text."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for text in texts:
        records.add(time_unix_nano=1, severity_number=9).body.string_value = text
    return _batch("logs", request.SerializeToString(), tenant)


def spans(*names: str, invalid: int = 0) -> Batch:
    """The batch of a real OTLP request with a span per name, and some that are rejected."""
    request = ExportTraceServiceRequest()
    found = request.resource_spans.add().scope_spans.add().spans
    for n, name in enumerate(names, 1):
        found.add(
            name=name, trace_id=b"t" * 16, span_id=n.to_bytes(8, "big"),
            start_time_unix_nano=1, end_time_unix_nano=2,
        )  # fmt: skip
    for _ in range(invalid):
        found.add(name="invalid")
    return _batch("traces", request.SerializeToString(), DEFAULT_TENANT)


def _batch(signal: Signal, body: bytes, tenant: str) -> Batch:
    batch = decode(signal, body, tenant, time.time_ns())
    batch.key = request_key(signal, body, tenant)
    return batch


class Running:
    """A pipeline with its dead letters and telemetry."""

    def __init__(self, pipeline: Pipeline, letters: DeadLetters, telemetry: Telemetry) -> None:
        self.pipeline = pipeline
        self.letters = letters
        self.telemetry = telemetry
        self.accounts = Accounts(telemetry)

    async def empty(self, within_s: float = 20) -> None:
        """Return when no dead letter waits."""
        await self.letters.oldest(0)  # what lies in the folder is counted now
        await until(lambda: not len(self.letters), within_s)


class Accounts:
    """Sums of the metrics of a telemetry, per signal."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def sum(self, metric: str, signal: str) -> int:
        """The sum over all samples of a metric with this signal."""
        text = self._telemetry.render().decode()
        return sum(
            int(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == metric and sample.labels["signal"] == signal
        )

    def balance(self) -> bool:
        """Whether every record that came in is accounted for, for every signal."""
        return all(
            self._all(signal, "received", "dlq_recovered")
            == self._all(
                signal, "stored", "duplicate", "rejected", "filtered", "dlq_quarantined",
                "dlq_removed",
            ) + self.sum("argus_dlq_records", signal)
            for signal in get_args(Signal)
        )  # fmt: skip

    def _all(self, signal: str, *names: str) -> int:
        return sum(self.sum(f"argus_{name}_records_total", signal) for name in names)


@asynccontextmanager
async def running(
    writer: Writer,
    folder: Path,
    *,
    max_bytes: int = MANY,
    processors: Sequence[Processor] = (),
    exporters: Sequence[Exporter] = (),
    replay_interval_s: float = 300,
) -> AsyncIterator[Running]:
    """A pipeline in front of a writer, with dead letters in a folder."""
    telemetry = Telemetry()
    async with (
        DeadLetters(folder, max_bytes, telemetry) as letters,
        Pipeline(
            writer, letters, decode_letter, telemetry, processors, exporters,
            replay_interval_s=replay_interval_s,
        ) as pipeline,
    ):  # fmt: skip
        yield Running(pipeline, letters, telemetry)


async def until(condition: Callable[[], object], within_s: float = 20) -> None:
    """Return when a condition holds; fail when it does not in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - any condition may be waited for
            await asyncio.sleep(0.01)
