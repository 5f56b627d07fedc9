"""Compression of large answers."""

import gzip
import json

import pytest
from starlette.datastructures import Headers

from argus.api import create_app
from argus.api.compression import accepts_gzip
from tests.api.doubles import LOG, MemoryReader, call, parts_with


def reader_of(count: int) -> MemoryReader:
    """A reader of that many log records."""
    reader = MemoryReader()
    reader.logs = [LOG._replace(id=number) for number in range(count)]
    return reader


@pytest.mark.parametrize("count", [2, 1000])
def test_a_large_answer_is_compressed_for_who_asks(count: int) -> None:
    app = create_app(parts_with(reader_of(count)))
    _, plain_headers, plain = call(app, "/api/logs")
    _, headers, packed = call(app, "/api/logs", accept_encoding="br, gzip;q=0.5")
    assert "content-encoding" not in plain_headers
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept-Encoding"
    assert int(headers["content-length"]) == len(packed) < len(plain)
    assert gzip.decompress(packed) == plain
    assert len(json.loads(plain)["logs"]) == count


def test_a_small_answer_stays_as_it_is() -> None:
    app = create_app(parts_with())
    _, headers, body = call(app, "/livez", accept_encoding="gzip")
    assert "content-encoding" not in headers
    assert body == b'{"status":"ok"}'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip", True),
        ("GZIP ; q=0.1", True),
        ("br, gzip", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("xgzip", False),
    ],
)
def test_only_who_accepts_gzip_gets_it(header: str, expected: bool) -> None:
    assert accepts_gzip(Headers({"accept-encoding": header})) is expected
