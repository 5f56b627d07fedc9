"""Telemetry of some time in a storage: the shop's spans and logs, spread evenly up to now."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from argus.model import Batch, LogRecord, Span
from argus.receivers import otlp
from argus.storage import Storage
from bench.corpora import SEED, Corpus, Template, corpus
from bench.markers import ID, TEXT, TIME, fresh_id

DAY_NS = 86_400 * 10**9
DAYS = 10
LOGS_PER_SPAN = 0.25

_PER_WRITE = 8


@dataclass(slots=True)
class History:
    """What was stored: how much, what the requests took as protobuf, and what to ask for."""

    start_ns: int
    end_ns: int
    spans: int = 0
    logs: int = 0
    protobuf_bytes: int = 0
    long_traces: list[bytes] = field(default_factory=list)
    """Ids of traces with 90 to 100 spans."""

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        ids = [id_.hex() for id_ in self.long_traces]
        values = {name: getattr(self, name) for name in self.__slots__} | {"long_traces": ids}
        path.write_text(json.dumps(values) + "\n")

    @classmethod
    def of(cls, path: Path) -> Self:
        """What `write` kept."""
        values = json.loads(path.read_text())
        ids = [bytes.fromhex(id_) for id_ in values.pop("long_traces")]
        return cls(**values, long_traces=ids)


async def store(storage: Storage, spans: int, long_ns: int = DAYS * DAY_NS) -> History:
    """Store about so many spans, and a quarter as many log records, oldest first, whose times are
    spread over `long_ns` nanoseconds up to now."""
    now = time.time_ns()
    history = History(now - long_ns, now)
    waiting: list[Batch] = []
    for batch in _batches(history, spans):
        waiting.append(batch)
        if len(waiting) == _PER_WRITE:
            await storage.writer.write(waiting)
            waiting = []
    await storage.writer.write(waiting)
    return history


def _batches(history: History, spans: int) -> Iterator[Batch]:
    shop, logs = corpus("shop"), corpus("logs")
    draw = random.Random(SEED)
    number, owed = 0, 0.0
    while history.spans < spans:
        share = history.spans / spans
        at_ns = history.start_ns + int(share * (history.end_ns - history.start_ns))
        template = shop.templates[number % len(shop.templates)]
        step_ns = int(template.records / spans * (history.end_ns - history.start_ns))
        batch = _decoded(history, shop, template, number, at_ns)
        moved = {span.trace_id: draw.randrange(max(1, step_ns)) for span in batch.spans}
        batch.spans = [_moved(span, moved[span.trace_id]) for span in batch.spans]
        _note_long_traces(history, batch.spans)
        history.spans += len(batch.spans)
        yield batch
        owed += template.records * LOGS_PER_SPAN
        number += 1
        if owed >= logs.templates[0].records:
            owed -= logs.templates[0].records
            yield _log_batch(history, logs, number, at_ns, draw, step_ns)


def _log_batch(
    history: History, logs: Corpus, number: int, at_ns: int, draw: random.Random, step_ns: int
) -> Batch:
    batch = _decoded(history, logs, logs.templates[number % len(logs.templates)], number, at_ns)
    spread = max(1, int(step_ns / LOGS_PER_SPAN))
    moved: list[LogRecord] = []
    for record in batch.logs:
        at = max(history.start_ns, record.time_ns - draw.randrange(spread))
        moved.append(record._replace(time_ns=at, observed_ns=at))
    batch.logs = moved
    history.logs += len(moved)
    return batch


def _decoded(history: History, of: Corpus, template: Template, number: int, at_ns: int) -> Batch:
    id_ = fresh_id(number)
    body = template.body.replace(ID, id_).replace(TIME, (at_ns >> 32).to_bytes(4, "little"))
    body = body.replace(TEXT, b"%08x" % int.from_bytes(id_, "big"))
    history.protobuf_bytes += len(body)
    return otlp.decode("logs" if of.signal == "logs" else "traces", body, "default", at_ns)


def _moved(span: Span, by_ns: int) -> Span:
    return span._replace(start_ns=span.start_ns + by_ns, end_ns=span.end_ns + by_ns)


def _note_long_traces(history: History, spans: list[Span]) -> None:
    if len(history.long_traces) < 200 or random.random() < 0.01:
        sizes: dict[bytes, int] = {}
        for span in spans:
            sizes[span.trace_id] = sizes.get(span.trace_id, 0) + 1
        history.long_traces += [id_ for id_, size in sizes.items() if 90 <= size <= 100]
