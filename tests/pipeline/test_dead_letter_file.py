"""One dead letter on disk: what is read is what was written, or it is said to be corrupt."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.pipeline.dead_letter_file import (
    Corrupt,
    Header,
    Letter,
    decode,
    encode,
    new_name,
    parse_name,
    read,
    read_header,
)

HEADER = Header("acme", "logs", "protobuf", 1_767_268_800_123_456_789, b"k" * 16, 3, "was locked")
LETTER = Letter(HEADER, b"\x0a\x02\x08\x01")


@given(body=st.binary(max_size=2000), reason=st.text(max_size=200), key=st.binary(max_size=16))
def test_a_letter_is_read_as_it_was_written(body: bytes, reason: str, key: bytes) -> None:
    header = Header("t", "traces", "json", 1, key, 7, reason.encode("utf-8", "replace").decode())
    assert decode(encode(Letter(header, body))) == Letter(header, body)


def test_a_letter_cut_at_any_byte_is_corrupt() -> None:
    data = encode(LETTER)
    for length in range(len(data)):
        with pytest.raises(Corrupt):
            decode(data[:length])


def test_a_letter_with_any_bit_flipped_is_corrupt() -> None:
    data = encode(LETTER)
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            with pytest.raises(Corrupt):
                decode(bytes(changed))


def test_a_thousand_random_mutations_of_a_large_letter_are_corrupt() -> None:
    chance = random.Random(7)
    data = encode(Letter(HEADER, chance.randbytes(100_000)))
    for _ in range(1_000):
        changed = bytearray(data)
        start = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                changed[start : start + 8] = chance.randbytes(8)
            case 1:
                del changed[start : start + chance.randrange(1, 100)]
            case _:
                changed[start:start] = chance.randbytes(chance.randrange(1, 100))
        with pytest.raises(Corrupt):
            decode(bytes(changed))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_in_another_way(data: bytes) -> None:
    with pytest.raises(Corrupt):
        decode(data)


def test_a_letter_of_a_later_version_says_so() -> None:
    data = bytearray(encode(LETTER))
    data[8:10] = (2).to_bytes(2, "big")
    with pytest.raises(Corrupt, match="version 2"):
        decode(bytes(data))


def test_the_header_alone_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(encode(LETTER))
    assert read_header(path) == HEADER
    assert read(path) == LETTER


def test_a_pipe_in_place_of_a_letter_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    with pytest.raises(Corrupt, match="not a regular file"):
        read(tmp_path / "x")


def test_a_sparse_giant_in_place_of_a_letter_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(encode(LETTER))
    os.truncate(path, 1 << 40)
    with pytest.raises(Corrupt, match="not the length"):
        read(path)


def test_names_carry_what_is_counted_and_sort_in_order_of_arrival() -> None:
    names = [new_name(n, HEADER, 500) for n in (9, 10, 100)]
    assert [parse_name(name.file) for name in names] == names
    assert sorted(name.file for name in names) == [name.file for name in names]
    assert (names[0].signal, names[0].records, names[0].bytes) == ("logs", 3, 500)
    assert names[0].received_ns == 1_767_268_800_123_000_000


@pytest.mark.parametrize("file", ["", ".lock", "batch_1767268800.json", "notes.letter", "a.split"])
def test_other_names_are_none_of_ours(file: str) -> None:
    assert parse_name(file) is None


def test_marking_a_letter_as_split_keeps_its_id() -> None:
    name = new_name(1, HEADER, 500)
    assert parse_name(name._replace(split=True).file) == name._replace(split=True)


VERSION_1 = bytes.fromhex(
    "41524755532d444c00010000009800000000000000026c763a3e9a25fbdb2d194c8a6d7de7717b2274656e61"
    "6e74223a2261636d65222c227369676e616c223a226c6f6773222c22656e636f64696e67223a226a736f6e22"
    "2c2272656365697665645f6e73223a313736373236383830303132333435363738392c226b6579223a226132"
    "74726132747261327472613274726132747261773d3d222c227265636f726473223a332c22726561736f6e22"
    "3a22776173206c6f636b6564227d7b7d"
)


def test_files_of_the_first_version_stay_readable() -> None:
    header = Header("acme", "logs", "json", 1_767_268_800_123_456_789, b"k" * 16, 3, "was locked")
    assert decode(VERSION_1) == Letter(header, b"{}")
