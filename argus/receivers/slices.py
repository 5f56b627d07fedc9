"""Cuts a large export request into small ones that say the same, without decoding its records.

Each slice is a whole request of its own: it is decoded, committed, dead-lettered and recognised
as a retry by itself, so one large request neither fills the memory with decoded records nor makes
one endless transaction. Equal requests are cut alike.
"""

from collections.abc import Iterator, Sequence

import msgspec
from google.protobuf.message import DecodeError

from argus.errors import InvalidInput
from argus.model import Encoding, Signal

SLICE_BYTES = 1024 * 1024
"""Aim of a slice; one with a single record may be larger."""
SLICE_RECORDS = 16_384
"""Most records of a slice of a large request: tiny ones cost more memory than their bytes say."""

_LISTS: dict[Signal, tuple[str, str, str]] = {
    "traces": ("resourceSpans", "scopeSpans", "spans"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
}
# In all three requests: resources are field 1 of the request, scopes field 2 of a resource and
# records field 2 of a scope. Each slice repeats what else is read of the messages around them
# (the resource or scope and its schema URL); what nothing reads is left out.
_NUMBERS = (1, 2, 2)
_REPEATED: tuple[tuple[int, ...], ...] = ((), (1, 3), (1, 3))
_LENGTH_DELIMITED = 2
_MOST_FIELDS = 4_000_000


def slices(
    signal: Signal, encoding: Encoding, body: bytes, limit: int = SLICE_BYTES
) -> Iterator[bytes]:
    """The slices of a request, at least one. Raises InvalidInput for what cannot be cut, while
    iterating: what came before is good."""
    try:
        if encoding == "protobuf":
            yield from _cut_message(memoryview(body), 0, limit, _Scan())
        else:
            yield from _cut_object(body, _LISTS[signal], limit)
    except (DecodeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"body: not an OTLP {signal} request: {error}", field="body") from None


def _cut_message(data: memoryview, level: int, limit: int, scan: "_Scan") -> Iterator[bytes]:
    number = _NUMBERS[level]
    repeated = _REPEATED[level]
    head = b"".join(
        data[start:end] for field, start, _, end in scan.fields(data) if field in repeated
    )
    if len(head) > limit:  # to repeat it in every slice would cost more than one large slice
        yield bytes(data)
        return
    group: list[tuple[int, int]] = []  # the bytes that belong to it, as few ranges as possible
    size = records = 0
    cut = False
    for field, start, payload, end in scan.fields(data):
        if field != number:
            continue
        if end - start > limit and level < 2:
            for piece in _cut_message(data[payload:end], level + 1, limit, scan):
                yield head + bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(piece)) + piece
            cut = True
            continue
        if group and (size + end - start > limit or records == SLICE_RECORDS):
            yield head + b"".join(data[first:last] for first, last in group)
            group, size, records, cut = [], 0, 0, True
        size += end - start
        records += 1
        first = group.pop()[0] if group and group[-1][1] == start else start
        group.append((first, end))
    if group or not cut:
        yield head + b"".join(data[first:last] for first, last in group)


class _Scan:
    """Reads the fields of a request's messages, twice each and not without end: 64 MiB of empty
    messages would keep the decoding thread busy for minutes."""

    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def fields(self, data: memoryview) -> Iterator[tuple[int, int, int, int]]:
        """(field number, start, start of the payload, end) of each field of a message."""
        position, length = 0, len(data)
        while position < length:
            self._left -= 1
            if not self._left:
                raise DecodeError("too many messages in one request")
            start = position
            tag, position = _read_varint(data, position)
            match tag & 7:
                case 2:
                    size, position = _read_varint(data, position)
                    end = position + size
                case 0:
                    _, end = _read_varint(data, position)
                case 1:
                    end = position + 8
                case 5:
                    end = position + 4
                case kind:
                    raise DecodeError(f"wire type {kind}")
            if end > length:
                raise DecodeError("truncated message")
            yield tag >> 3, start, position, end
            position = end


def _read_varint(data: memoryview, position: int) -> tuple[int, int]:
    result = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7
    raise DecodeError("truncated message")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _cut_object(text: bytes, lists: Sequence[str], limit: int) -> Iterator[bytes]:
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    items = msgspec.json.decode(members.pop(lists[0], b"[]"), type=list[msgspec.Raw] | None) or []
    head = b"".join(
        msgspec.json.encode(name) + b":" + bytes(raw) + b"," for name, raw in members.items()
    )
    if len(head) > limit:
        yield text
        return
    head = b"{" + head + msgspec.json.encode(lists[0]) + b":["
    group: list[bytes] = []
    size = 0
    cut = False
    for item in items:
        one = bytes(item)
        if len(one) > limit and len(lists) > 1:
            for piece in _cut_object(one, lists[1:], limit):
                yield head + piece + b"]}"
            cut = True
            continue
        if group and size + len(one) > limit:
            yield head + b",".join(group) + b"]}"
            group, size, cut = [], 0, True
        group.append(one)
        size += len(one)
    if group or not cut:
        yield head + b",".join(group) + b"]}"
