"""The case of arbitrary bytes: a decoder answers with records, or with an error of its own."""

import gzip
import random
import traceback
from collections.abc import Callable
from typing import Any

from argus.errors import InvalidInput
from argus.model import Signal
from argus.pipeline import dead_letter_file
from argus.receivers.otlp import decode
from argus.receivers.otlp_json import decode_json
from argus.receivers.slices import slices
from bench.corpora import corpus
from bench.reliability.records import Records
from bench.reliability.trial import Outcome

_SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics")
_JSON = (
    b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":'
    b'"s"}}]},"scopeSpans":[{"scope":{"name":"n"},"spans":[{"traceId":"5b8efff798038103d269b633813'
    b'fc60c","spanId":"eee19b7ec3c1b174","kind":2,"name":"x","startTimeUnixNano":"1544712660000",'
    b'"endTimeUnixNano":1544712661000,"attributes":[{"key":"k","value":{"arrayValue":{"values":[{'
    b'"intValue":"-1"},{"doubleValue":"NaN"},{"bytesValue":"aGk="},{"kvlistValue":{}}]}}}],'
    b'"events":[{"timeUnixNano":"1"}],"links":[{"traceId":"00"}],"status":{"code":2}}]}]}]}'
)


def _mutated(draw: random.Random, seed: bytes) -> bytes:
    """Some bytes changed, left out, doubled, or put in from elsewhere."""
    body = bytearray(seed)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at, n = draw.randrange(len(body) + 1), draw.randint(1, 8)
        match draw.randrange(5):
            case 0 if at < len(body):
                body[at] = draw.randrange(256)
            case 1:
                del body[at : at + n]
            case 2:
                body[at:at] = body[at : at + n]
            case 3:
                body[at:at] = draw.randbytes(n)
            case _:
                other = draw.randrange(len(body) + 1)
                body[at : at + n] = body[other : other + n]
    return bytes(body[: draw.randrange(len(body) + 1)] if draw.random() < 0.1 else body)


def decoders(seed: int, inputs: int) -> Outcome:
    """H24: mutated requests and dead letters; any other error than a decoder's own is a crash."""
    outcome, draw = Outcome("H24", runs=inputs), random.Random(seed)
    records = Records(seed)
    spans, logs = (records.request(kind, 1, 5).body for kind in ("traces", "logs"))
    rich = corpus("llm").fresh(0)[0][:4000]
    header = dead_letter_file.Header("t", "traces", "protobuf", 1, b"k" * 16, 5, "why")
    letter = dead_letter_file.encode(dead_letter_file.Letter(header, spans))
    seeds: list[tuple[bytes, Callable[[bytes], Any]]] = [
        *((body, _as_protobuf(draw)) for body in (spans, logs, rich)),
        (_JSON, _as_json(draw)),
        (letter, dead_letter_file.decode),
        (gzip.compress(spans), _as_protobuf(draw)),
    ]
    for _ in range(inputs):
        seed_bytes, read = draw.choice(seeds)
        body = _mutated(draw, seed_bytes)
        try:
            read(body)
        except (InvalidInput, dead_letter_file.Corrupt):
            continue
        except Exception:
            outcome.crashes += 1
            outcome.problems.append(f"{body[:200]!r}: {traceback.format_exc(limit=-2)}")
    return outcome


def _as_protobuf(draw: random.Random) -> Callable[[bytes], Any]:
    def read(body: bytes) -> None:
        signal = draw.choice(_SIGNALS)
        for piece in slices(signal, "protobuf", body, draw.choice((64, 4096))):
            decode(signal, piece, "default", 1)

    return read


def _as_json(draw: random.Random) -> Callable[[bytes], Any]:
    def read(body: bytes) -> None:
        signal = draw.choice(_SIGNALS)
        for piece in slices(signal, "json", body, draw.choice((64, 4096))):
            decode_json(signal, piece, "default", 1)

    return read
