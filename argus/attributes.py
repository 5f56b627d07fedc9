"""The text form of OTLP attribute values: JSON a person can read that loses no type.

    string  "a"        bool  true      int  3        double  3.0 (never without point or exponent)
    array   [1,2]      map   {"k":1}   bytes {"$bytes":"base64"}     no value  null
    NaN and infinities {"$double":"NaN"}, {"$double":"Infinity"}, {"$double":"-Infinity"}
    a map with a key that starts with "$", or with one key twice  {"$map":[["k",1],["k",2]]}

`attributes` of a record are one JSON object whose keys are the attribute keys as they are (a tag
is only read below the top level). Events and links are JSON arrays of objects with the members
`name`, `time_ns`, `attributes`, `dropped_attributes_count` and `trace_id`, `span_id` (hex),
`trace_state`, `flags`, `attributes`, `dropped_attributes_count`.
"""

import base64
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from json.encoder import encode_basestring
from typing import Any
from zlib import crc32

import msgspec

EMPTY = "{}"
MARK = "\x1f"
"""Opens every index word that is not a word of some text: no text is indexed with it."""
MAX_SAFE_INTEGER = 2**53
"""Largest integer every JSON reader keeps exact (RFC 8259, section 6)."""

_decode = msgspec.json.decode
_encode = msgspec.json.Encoder().encode
_LONG = 100
_WORD = re.compile(r"[^\W_]+")
_NEEDS_WORK = re.compile(r'"\$|[0-9]{16}')


def text_of_string(text: str) -> str:
    """str -> JSON string text, with everything beyond ASCII as it is."""
    # of long text msgspec makes the same several times as fast, but it takes no lone surrogate
    if len(text) > _LONG:
        with suppress(UnicodeEncodeError):
            return str(_encode(text), "utf-8")
    return encode_basestring(text)


def text_of_double(value: float) -> str:
    """float -> its text, distinct from every integer's."""
    if math.isfinite(value):
        return float.__repr__(value)
    name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return f'{{"$double":"{name}"}}'


def text_of_bytes(value: bytes) -> str:
    """bytes -> their tagged text."""
    return f'{{"$bytes":"{base64.b64encode(value).decode()}"}}'


def text_of_map(pairs: list[tuple[str, str]]) -> str:
    """Pairs of a key and a value's text -> the text of a map below the top level."""
    if any(key.startswith("$") for key, _ in pairs) or len({key for key, _ in pairs}) < len(pairs):
        inner = ",".join(f"[{text_of_string(key)},{text}]" for key, text in pairs)
        return f'{{"$map":[{inner}]}}'
    return "{" + ",".join(f"{text_of_string(key)}:{text}" for key, text in pairs) + "}"


def text_of_attributes(fragments: Iterable[str]) -> str:
    """`"key":value` fragments -> the text of a record's attributes."""
    return "{" + ",".join(fragments) + "}"


def word(fragment: str) -> str:
    """The index word of one `"key":value` fragment: `MARK`, a letter and eight hex digits.

    Two fragments may share a word (32 bits), so an index hit is a superset to be checked.
    """
    return f"{MARK}a{crc32(fragment.encode()):08x}"


def index_words(fragment: str) -> str:
    """All index words of one `"key":value` fragment, separated by spaces: its own `word` and the
    words of the strings in its value. What `Span.words` and `LogRecord.words` are joined from."""
    (value,) = _decode(f"{{{fragment}}}").values()
    return " ".join([word(fragment), *(indexable(text) for text in strings(value))])


def strings(value: Any) -> Iterator[str]:
    """The strings in a decoded value, those in arrays and maps included; no keys, no bytes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, dict):
        if len(value) == 1 and ("$bytes" in value or "$double" in value):
            return
        if len(value) == 1 and "$map" in value:
            value = dict(enumerate(inner for _, inner in value["$map"]))
        for inner in value.values():
            yield from strings(inner)


def indexable(text: str) -> str:
    """A string -> text whose runs of ASCII letters, ASCII digits and characters beyond ASCII are,
    but for the case of A-Z, exactly `search_words(text)`. ASCII text is that as it is."""
    if text.isascii():
        return text.replace(MARK, " ")
    return " ".join(_WORD.findall(text.casefold()))


def search_words(text: str) -> list[str]:
    """The words of a text: its runs of letters and digits, case folded."""
    return _WORD.findall(text.casefold())


def plain(value: Any) -> Any:
    """A decoded value -> what the API shows: tags resolved, integers beyond 2^53 as strings."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, inner),) = value.items()
            if key in ("$bytes", "$double"):
                return inner
            if key == "$map":
                return {k: plain(v) for k, v in inner}
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if type(value) is int and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    return value


def plain_json(text: str) -> msgspec.Raw:
    """The text of a value -> JSON to embed in an answer. Most texts are it already."""
    if _NEEDS_WORK.search(text) is None:
        return msgspec.Raw(text.encode())
    return msgspec.Raw(msgspec.json.encode(plain(_decode(text))))


def plain_attributes_json(text: str) -> msgspec.Raw:
    """The text of a record's attributes -> JSON to embed in an answer."""
    if _NEEDS_WORK.search(text) is None:
        return msgspec.Raw(text.encode())
    return msgspec.Raw(msgspec.json.encode({k: plain(v) for k, v in _decode(text).items()}))


def typed(value: Any) -> dict[str, Any]:
    """A decoded value -> OTLP/JSON AnyValue, without loss.

    Mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [typed(inner) for inner in value]}}
        case {"$bytes": inner} if len(value) == 1:
            return {"bytesValue": inner}
        case {"$double": inner} if len(value) == 1:
            return {"doubleValue": inner}
        case {"$map": inner} if len(value) == 1:
            return _typed_map(inner)
        case dict():
            return _typed_map(value.items())
    raise TypeError(f"not a stored attribute value: {type(value).__name__}")


def _typed_map(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {"kvlistValue": {"values": [{"key": k, "value": typed(v)} for k, v in pairs]}}


def typed_text(text: str) -> dict[str, Any]:
    """The text of a value -> OTLP/JSON AnyValue."""
    return typed(_decode(text))


def typed_attributes(text: str) -> list[dict[str, Any]]:
    """The text of a record's attributes -> OTLP/JSON KeyValue list."""
    return [{"key": key, "value": typed(value)} for key, value in _decode(text).items()]


def decode_list(text: str) -> list[dict[str, Any]]:
    """The text of events or links -> their decoded objects; empty text is none."""
    return _decode(text) if text else []
