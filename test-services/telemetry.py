"""Owns the OpenTelemetry SDK of one service: resource, exporters, log bridge, final flush."""

import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import LogRecord, get_logger, set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs._internal import std_to_otel
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc") == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # type: ignore[assignment]
        OTLPLogExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[assignment]
        OTLPSpanExporter,
    )

# The SDK's own defaults wait five seconds; a person watching live should not.
os.environ.setdefault("OTEL_BSP_SCHEDULE_DELAY", "1000")
os.environ.setdefault("OTEL_BLRP_SCHEDULE_DELAY", "1000")

tracer = trace.get_tracer("shop")


class CountingExporter:
    """Hands every batch to an OTLP exporter and counts the records delivered and lost."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter
        self.delivered = 0
        self.lost = 0

    def export(self, batch: Sequence[Any]) -> Any:
        result = self._exporter.export(batch)
        if result.name == "SUCCESS":
            self.delivered += len(batch)
        else:
            self.lost += len(batch)
        return result

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self._exporter.force_flush(timeout_millis))

    def shutdown(self) -> None:
        self._exporter.shutdown()


class LogBridge(logging.Handler):
    """Sends `logging` records to OpenTelemetry, tied to the span they were written in.

    Log attributes are given as `extra={"attributes": {...}}`.
    """

    def emit(self, record: logging.LogRecord) -> None:
        attributes: Mapping[str, Any] = getattr(record, "attributes", {})
        get_logger(record.name).emit(
            LogRecord(
                timestamp=int(record.created * 1e9),
                severity_number=std_to_otel(record.levelno),
                severity_text={"WARNING": "WARN", "CRITICAL": "FATAL"}.get(
                    record.levelname, record.levelname
                ),
                body=record.getMessage(),
                attributes={
                    **attributes,
                    "code.function.name": record.funcName,
                    "code.line.number": record.lineno,
                },
                exception=record.exc_info[1] if record.exc_info else None,
            )
        )


class Telemetry:
    """The traces and logs of one service; made once at import, before the first span.

    Standard OTEL_* variables choose protocol (`grpc` or `http/protobuf`), endpoint and batching.
    """

    def __init__(self, service_name: str, version: str) -> None:
        self._name = service_name
        resource = Resource.create(
            {
                "service.name": service_name,
                "service.version": version,
                "service.instance.id": str(uuid.uuid4()),
                "deployment.environment.name": os.environ.get("SHOP_ENVIRONMENT", "simulation"),
            }
        )
        self._span_exporter = CountingExporter(OTLPSpanExporter())
        self._log_exporter = CountingExporter(OTLPLogExporter())
        self._traces = TracerProvider(resource=resource)
        self._traces.add_span_processor(BatchSpanProcessor(self._span_exporter))  # type: ignore[arg-type]
        trace.set_tracer_provider(self._traces)
        self._logs = LoggerProvider(resource=resource)
        self._logs.add_log_record_processor(BatchLogRecordProcessor(self._log_exporter))  # type: ignore[arg-type]
        set_logger_provider(self._logs)
        shop = logging.getLogger("shop")
        shop.setLevel(os.environ.get("SHOP_LOG_LEVEL", "INFO"))
        shop.addHandler(LogBridge())
        shop.propagate = False

    def stop(self) -> None:
        """Deliver what is still buffered and leave the tally where `run_simulation.sh` adds it up.

        The tally is the file `NAME.sent` in SHOP_DATA: spans and logs delivered, then records lost.
        """
        self._traces.force_flush()
        self._logs.force_flush()
        self._traces.shutdown()
        self._logs.shutdown()
        if directory := os.environ.get("SHOP_DATA"):
            spans, logs = self._span_exporter, self._log_exporter
            tally = f"{spans.delivered} {logs.delivered} {spans.lost + logs.lost}\n"
            Path(directory, f"{self._name}.sent").write_text(tally)
