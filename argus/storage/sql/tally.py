"""How many traces began in which minute, by the services that took part, as short texts."""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Iterable, Iterator

import msgspec

MOST = 200
"""Minutes and services of one text: as many as the rollups take in at once."""

_LEVEL = 9


class Count(msgspec.Struct, array_like=True):
    """Some traces: the minute they began in, their services as in a summary, how many."""

    minute: int
    services: str
    n: int


def encode(counts: Iterable[Count]) -> Iterator[str]:
    """Counts -> texts of at most `MOST` of them each, in the order of time; one text of none."""
    ordered = sorted(counts, key=lambda one: one.minute)
    for first in range(0, len(ordered) or 1, MOST):
        text = msgspec.json.encode(ordered[first : first + MOST])
        yield b85encode(zlib.compress(text, _LEVEL)).decode()


def decode(text: str) -> list[Count]:
    """A text of `encode` -> counts."""
    return msgspec.json.decode(zlib.decompress(b85decode(text)), type=list[Count])
