"""Messages of the log hub: records gathered into frames within bounds, and notices."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from argus.live import text_frame
from argus.model import LogRecord

MAX_RECORDS = 100
MAX_MESSAGE_BYTES = 60 * 1024
MAX_RECORD_BYTES = 1024 * 1024
"""A record whose JSON is larger is told of, not shown: it would be held for every client."""

Encode = Callable[[Sequence[LogRecord]], list[bytes]]
"""Records -> the JSON of each."""


class Message(NamedTuple):
    """A frame of some records. Without a frame they are too large to be shown."""

    frame: bytes | None
    records: int
    last_id: int


def notice(kind: str, **members: Any) -> bytes:
    """The frame of a notice: an object, where log records come as an array."""
    return text_frame(msgspec.json.encode({"notice": kind, **members}))


def messages(records: Sequence[LogRecord], texts: Sequence[bytes]) -> Iterator[Message]:
    """Records, in order, with the JSON of each -> messages of at most MAX_RECORDS and, unless it
    is a single record, at most MAX_MESSAGE_BYTES of them."""
    gathered: list[bytes] = []
    size = last_id = 0
    for record, text in zip(records, texts, strict=True):
        large = len(text) > MAX_RECORD_BYTES
        over = size + len(text) > MAX_MESSAGE_BYTES or len(gathered) == MAX_RECORDS
        if gathered and (large or over):
            yield _message(gathered, last_id)
            gathered, size = [], 0
        last_id = record.id
        if large:
            yield Message(None, 1, last_id)
        else:
            gathered.append(text)
            size += len(text)
    if gathered:
        yield _message(gathered, last_id)


def _message(texts: list[bytes], last_id: int) -> Message:
    return Message(text_frame(b"[" + b",".join(texts) + b"]"), len(texts), last_id)
