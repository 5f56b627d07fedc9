"""Takes a raw query string apart: which texts each name has."""

import re
from urllib.parse import unquote_to_bytes

from argus.errors import InvalidInput

MAX_QUERY_BYTES = 64 * 1024

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def split_query(raw: bytes) -> dict[str, list[str]]:
    """A raw query string -> the texts of each name, in order of first appearance.

    Raises InvalidInput for one that is too long, or holds a broken escape or no UTF-8.
    """
    if len(raw) > MAX_QUERY_BYTES:
        raise InvalidInput(f"the query string is over {MAX_QUERY_BYTES} bytes", field="query")
    texts: dict[str, list[str]] = {}
    for pair in raw.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            label = _text(name, "query")
            texts.setdefault(label, []).append(_text(value, label[:100]))
    return texts


def _text(escaped: bytes, name: str) -> str:
    if _BAD_ESCAPE.search(escaped):
        raise InvalidInput("a percent sign must be followed by two hex digits", field=name)
    try:
        return unquote_to_bytes(escaped.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise InvalidInput("the text is not UTF-8", field=name) from None
