"""The byte sequences in a prepared request that are replaced to make it unique."""

import random

ID = b"\xf5\xf6\xf7\xf8"
"""Opens every trace and span id. Its bytes occur in no UTF-8 text."""

TIME = b"\xf9\xfa\xfb\x17"
"""The upper half of every time, a little-endian fixed64: steps of 4.3 s, in the year 2024."""

TEXT = b"<unique>"
"""Eight characters inside values that differ from request to request. No marker can overlap
itself: with a repeated byte, a length before it that happens to be that byte would be replaced."""


def fresh_id(number: int) -> bytes:
    """Four bytes, different for each of 2^32 numbers and in no order (an odd factor permutes)."""
    return ((number * 2_654_435_761 + 97) & 0xFFFFFFFF).to_bytes(4, "big")


def id_bytes(draw: random.Random, size: int) -> bytes:
    """An id of `size` bytes that opens with the marker."""
    return ID + draw.randbytes(size - len(ID))


def time_ns(offset: int) -> int:
    """A time `offset` nanoseconds into the marked step; below 4.29 s."""
    return int.from_bytes(TIME, "little") << 32 | offset


def text() -> str:
    """The marker of a value that is new in every request."""
    return TEXT.decode()
