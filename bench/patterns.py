"""What mining patterns costs per log record, beside decoding the same records.

    python -m bench.patterns

Three kinds of records: messages that repeat but for their numbers, the corpus of the ingest
benchmark (long bodies whose words are random after the first ten), and messages of random words
alone, which no service writes and which cost most. Half a minute; one process, nothing is stored.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from argus.analysis.miner import PatternMiner
from argus.model import DEFAULT_TENANT, Batch
from argus.receivers import otlp
from bench import words
from bench.corpora import PER_CALL, SEED, corpus

T = TypeVar("T")

_REQUESTS = 40
_ROUNDS = 5


def main() -> None:
    """Print a line for each kind of records."""
    kinds: dict[str, Callable[[int], Batch]] = {
        "repeating": lambda number: _with_bodies(number, _repeating),
        "ingest corpus": lambda number: _decoded(_body(number)),
        "random words": lambda number: _with_bodies(number, _random),
    }
    decode = min(_timed(_decoded, [_body(number) for number in range(_REQUESTS)]))
    sys.stdout.write(f"{'decoding the ingest corpus':<30}{decode:6.2f} us/log\n")
    for name, batch_of in kinds.items():
        miner = PatternMiner()
        batches = [batch_of(number) for number in range(_REQUESTS * (_ROUNDS + 1))]
        first, *rest = (
            _timed_once(miner.process, batches[start : start + _REQUESTS])
            for start in range(0, len(batches), _REQUESTS)
        )
        line = f"{'mining ' + name:<30}{min(rest):6.2f} us/log"
        sys.stdout.write(f"{line}, {first:.2f} at first; {miner.size} patterns\n")


def _body(number: int) -> bytes:
    return corpus_of_logs.fresh(number)[0]


def _decoded(body: bytes) -> Batch:
    return otlp.decode("logs", body, DEFAULT_TENANT, time.time_ns())


def _with_bodies(number: int, body: Callable[[random.Random], str]) -> Batch:
    draw = random.Random(SEED + number)
    batch = _decoded(_body(number))
    batch.logs = [record._replace(body=f'"{body(draw)}"') for record in batch.logs]
    return batch


def _repeating(draw: random.Random) -> str:
    message = draw.choice(_MESSAGES)
    return message.format(draw.randrange(10**6), draw.randrange(256), draw.randrange(10**9))


def _random(draw: random.Random) -> str:
    return words.paragraph(draw, 90)


def _timed(work: Callable[[bytes], Batch], items: Sequence[bytes]) -> list[float]:
    return [_timed_once(work, items) for _ in range(_ROUNDS)]


def _timed_once(work: Callable[[T], Batch], items: Sequence[T]) -> float:
    """Microseconds of processor time per record."""
    began = time.process_time()
    for item in items:
        work(item)
    return (time.process_time() - began) / (len(items) * PER_CALL) * 1e6


_MESSAGES = (
    "order {0} of customer {1} accepted in {1} ms",
    "GET /api/v1/products/{0} answered 200 with {2} bytes",
    "connection from 10.0.{1}.{1}:{0} closed",
    "cache miss for key product:{2}, loading from replica {1}",
    "user user-{0} logged in from 192.168.{1}.{1}",
    "payment {2} declined: card expired",
    "retrying upstream call {2} to shop-{1}, attempt 2",
    "worker {1} took job {2} from the queue",
)
corpus_of_logs = corpus("logs")

if __name__ == "__main__":
    main()
