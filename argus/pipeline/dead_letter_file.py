"""The form of one dead letter on disk: its name, its header, its checksum, and how it is read.

A file is a fixed head (magic, version, two lengths, a BLAKE2b-128 digest of everything else), a
header in JSON, and the request's bytes as they came. It is whole or it is nothing: there is no
valid prefix.
"""

import os
import re
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec

from argus.model import Encoding, Signal

_MAGIC = b"ARGUS-DL"
_VERSION = 1
_HEAD = struct.Struct(">8sHIQ16s")
_DIGEST_AT = _HEAD.size - 16
_LONGEST_HEADER = 65_536
_MILLISECOND_NS = 1_000_000

WAITING = ".letter"
SPLIT = ".split"
"""The ending of a letter that is stored record by record, because the database refused it whole."""

_NAME = re.compile(
    r"(?P<id>(?P<sequence>[0-9]{16})-(?P<signal>traces|logs|metrics)-(?P<records>[0-9]{1,10})"
    r"-(?P<bytes>[0-9]{1,12})-(?P<received_ms>[0-9]{1,16})-[0-9a-f]{12})"
    r"(?P<ending>\.letter|\.split)",
    re.ASCII,
)


class Corrupt(Exception):
    """A file that has the name of a dead letter and is none; the message says why."""


class Header(msgspec.Struct, frozen=True):
    """What is known of a request besides its bytes.

    `records` counts every record of the request, rejected and filtered ones too: which are which
    is decided again when it is replayed. `received_ns` is Unix time.
    """

    tenant: str
    signal: Signal
    encoding: Encoding
    received_ns: int
    key: bytes
    records: int
    reason: str


class Letter(NamedTuple):
    """A whole dead letter: its header, and the request's bytes."""

    header: Header
    body: bytes


class Name(NamedTuple):
    """What the name of a letter's file says, so that counting needs no file opened.

    Ids sort in order of arrival: a sequence number leads, and no clock has a part in it.
    `records` and `bytes` (of the whole file) are what to count for it, whatever it holds.
    `received_ns` is Unix time, to the millisecond, and only for people.
    """

    id: str
    sequence: int
    signal: Signal
    records: int
    bytes: int
    received_ns: int
    split: bool

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.id + (SPLIT if self.split else WAITING)


def new_name(sequence: int, header: Header, size: int) -> Name:
    """The name for a letter whose file takes `size` bytes; no other letter has it."""
    received_ms = max(0, header.received_ns // _MILLISECOND_NS)
    unique = os.urandom(6).hex()
    id_ = f"{sequence:016d}-{header.signal}-{header.records}-{size}-{received_ms}-{unique}"
    return Name(
        id_, sequence, header.signal, header.records, size, received_ms * _MILLISECOND_NS, False
    )


def parse_name(file: str) -> Name | None:
    """What a file's name says, or None when it is not the name of a letter."""
    match = _NAME.fullmatch(file)
    if match is None:
        return None
    id_, sequence, signal, records, size, received_ms, ending = match.groups()
    return Name(
        id_,
        int(sequence),
        cast(Signal, signal),
        int(records),
        int(size),
        int(received_ms) * _MILLISECOND_NS,
        ending == SPLIT,
    )


def encode(letter: Letter) -> bytes:
    """The bytes of the file."""
    header = msgspec.json.encode(letter.header)
    start = _HEAD.pack(_MAGIC, _VERSION, len(header), len(letter.body), b"")[:_DIGEST_AT]
    return b"".join((start, _digest(start, header, letter.body), header, letter.body))


def read(path: Path) -> Letter:
    """The letter in a file. Raises Corrupt when it is none, OSError when it cannot be read now."""
    with _opened(path) as file:
        head = file.read(_HEAD.size)
        _check_size(head, os.fstat(file.fileno()).st_size)
        return decode(head + file.read())


def read_header(path: Path) -> Header:
    """The header of a letter, its checksum not compared: for lists. Raises as `read`."""
    with _opened(path) as file:
        head = file.read(_HEAD.size)
        header_length, _, _ = _check_size(head, os.fstat(file.fileno()).st_size)
        return _parse_header(file.read(header_length))


def decode(data: bytes) -> Letter:
    """The letter in the bytes of a file. Raises Corrupt."""
    _, body_at, digest = _check_size(data[: _HEAD.size], len(data))
    header, body = data[_HEAD.size : body_at], data[body_at:]
    if _digest(data[:_DIGEST_AT], header, body) != digest:
        raise Corrupt("checksum mismatch")
    return Letter(_parse_header(header), body)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    # never through a link, and without waiting for the other end of a pipe
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except PermissionError as error:
        raise Corrupt(f"cannot be read: {error.strerror}") from None
    except OSError:
        if path.is_symlink():
            raise Corrupt("a symbolic link") from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Corrupt("not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def _check_size(head: bytes, size: int) -> tuple[int, int, bytes]:
    """(length of the header, where the body begins, digest) of a file of `size` bytes."""
    if len(head) < _HEAD.size:
        raise Corrupt(f"only {size} bytes")
    magic, version, header_length, body_length, digest = _HEAD.unpack(head)
    if magic != _MAGIC:
        raise Corrupt("not a dead letter")
    if version != _VERSION:
        raise Corrupt(f"version {version}, which this Argus does not know")
    body_at = _HEAD.size + header_length
    if header_length > _LONGEST_HEADER or size != body_at + body_length:
        raise Corrupt(f"{size} bytes, which is not the length it was written with")
    return header_length, body_at, digest


def _parse_header(data: bytes) -> Header:
    try:
        return msgspec.json.decode(data, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"header: {error}") from None


def _digest(start: bytes, header: bytes, body: bytes) -> bytes:
    digest = blake2b(start, digest_size=16)
    digest.update(header)
    digest.update(body)
    return digest.digest()
