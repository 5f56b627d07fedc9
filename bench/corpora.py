"""The three seeded corpora: export requests encoded beforehand, made unique by patching bytes.

A request holds markers where ids, times and values of high cardinality go. `Template.fresh` puts
new ones of the same length in their place, at the cost of a few searches in C, so that no request
is a retry of another and the sender spends its time on sending.
"""

import base64
import json
import random
import time
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench import logs, spans
from bench.markers import ID, TEXT, TIME, fresh_id

SEED = 20_260_101
PER_CALL = 512
_TEMPLATES = 32
_LLM_PER_CALL = 16
_SINGLES = 2048
_JSON_TIME = b"999999999"
_JSON_ID = ID.hex().encode()


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded export request with markers, and the number of its records."""

    body: bytes
    records: int
    is_json: bool = False

    def fresh(self, number: int) -> bytes:
        """The request with ids of its own, which depend on `number` alone, and times of now."""
        id_ = fresh_id(number)
        text = b"%08x" % int.from_bytes(id_, "big")
        if self.is_json:
            moment = b"%09d" % (time.time_ns() // 10**10)
            patched = self.body.replace(_JSON_ID, text).replace(_JSON_TIME, moment)
        else:
            moment = (time.time_ns() >> 32).to_bytes(4, "little")
            patched = self.body.replace(ID, id_).replace(TIME, moment)
        return patched.replace(TEXT, text)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Requests of one kind. `signal` is the word in the address of the export service."""

    name: str
    signal: str
    templates: tuple[Template, ...]

    def fresh(self, number: int) -> tuple[bytes, int]:
        """The body of request `number` and how many records it holds."""
        template = self.templates[number % len(self.templates)]
        return template.fresh(number), template.records

    @property
    def message(self) -> Any:
        """The official message class of the requests."""
        return ExportLogsServiceRequest if self.signal == "logs" else ExportTraceServiceRequest


def corpus(name: str) -> Corpus:
    """`shop`, `llm`, `logs`, `single` (shop, one span a call) or `shop-json`, always the same."""
    draw = random.Random(f"{SEED} {name.removesuffix('-json')}")
    requests: list[Any]
    if name == "logs":
        requests = [logs.request(draw, PER_CALL) for _ in range(_TEMPLATES)]
        return Corpus(name, "logs", tuple(map(_protobuf, requests)))
    if name == "llm":
        requests = [spans.llm_request(draw, _LLM_PER_CALL) for _ in range(_TEMPLATES)]
    elif name == "single":
        requests = [spans.shop_request(draw, 1) for _ in range(_SINGLES)]
    else:
        requests = [spans.shop_request(draw, PER_CALL) for _ in range(_TEMPLATES)]
    encode = _json if name.endswith("-json") else _protobuf
    return Corpus(name, "trace", tuple(map(encode, requests)))


def _count(message: Any) -> tuple[int, int, int]:
    """Records, id markers and time markers that an encoded message must have."""
    records = ids = times = 0
    if isinstance(message, ExportLogsServiceRequest):
        found = [r for g in message.resource_logs for s in g.scope_logs for r in s.log_records]
        ids = sum(2 for record in found if record.trace_id)
        return len(found), ids, 2 * len(found)
    for span in (s for g in message.resource_spans for c in g.scope_spans for s in c.spans):
        records += 1
        ids += 3 if span.parent_span_id else 2
        times += 2 + len(span.events)
    return records, ids, times


def _protobuf(message: Any) -> Template:
    records, ids, times = _count(message)
    body = message.SerializeToString()
    assert (body.count(ID), body.count(TIME)) == (ids, times), "a marker also occurs by chance"
    return Template(body, records)


def _json(message: Any) -> Template:
    records, ids, times = _count(message)
    document = json_format.MessageToDict(message, use_integers_for_enums=True)
    body = json.dumps(_otlp(document), separators=(",", ":"), ensure_ascii=False).encode()
    assert (body.count(_JSON_ID), body.count(_JSON_TIME)) == (ids, times)
    return Template(body, records, is_json=True)


def _otlp(value: Any, key: str = "") -> Any:
    """protobuf's JSON -> OTLP/JSON: ids in hex (https://opentelemetry.io/docs/specs/otlp/), and
    times as the marker and the ten digits below it."""
    if isinstance(value, dict):
        return {name: _otlp(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_otlp(inner) for inner in value]
    if key in ("traceId", "spanId", "parentSpanId"):
        return base64.b64decode(value).hex()
    if key.endswith("UnixNano"):
        return f"{_JSON_TIME.decode()}{int(value) % 2**32:010d}"
    return value
