"""OTLP attribute bytes to attribute text, remembered: most attributes of a service repeat.

Every memo here is bounded and cleared when full: what is hot is decoded once more and stays.
"""

from collections.abc import Iterable
from typing import Any

from argus.attributes import (
    index_words,
    text_of_attributes,
    text_of_bytes,
    text_of_double,
    text_of_map,
    text_of_string,
)
from argus.receivers import lean

MAX_DEPTH = 32
"""Levels of arrays and maps in one value; deeper values are dropped and counted as dropped."""

_MEMO_ENTRIES = 32_768
_MEMO_VALUE_BYTES = 256
_REPLACEMENT = "\ufffd"


class TooDeep(Exception):
    """A value nests arrays and maps deeper than MAX_DEPTH."""


def clean(raw: bytes) -> str:
    """Text of a protobuf string: invalid UTF-8 and NUL, which not every database can keep,
    become U+FFFD."""
    try:
        text = str(raw, "utf-8")
    except UnicodeDecodeError:
        text = str(raw, "utf-8", "replace")
    return text.replace("\0", _REPLACEMENT) if "\0" in text else text


def clean_text(text: str) -> str:
    """The same policy for a str that may carry lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return clean(text.encode("utf-8", "surrogatepass"))


class _TextMemo(dict[bytes, str]):
    def __missing__(self, raw: bytes) -> str:
        text = clean(raw)
        if len(raw) <= _MEMO_VALUE_BYTES:
            if len(self) >= _MEMO_ENTRIES:
                self.clear()
            self[raw] = text
        return text


class _AttributeMemo(dict[bytes, "tuple[str, str] | None"]):
    """Bytes of a KeyValue -> (`"key":value` fragment, index words), or None when too deep."""

    def __missing__(self, raw: bytes) -> tuple[str, str] | None:
        pair = lean.KeyValue.FromString(raw)
        try:
            fragment = f"{text_of_string(clean(pair.key))}:{value_text(pair.value)}"
        except TooDeep:
            return None
        entry = (fragment, index_words(fragment))
        if len(raw) <= _MEMO_VALUE_BYTES:
            if len(self) >= _MEMO_ENTRIES:
                self.clear()
            self[raw] = entry
        return entry


text_of: dict[bytes, str] = _TextMemo()
"""`text_of[raw]` is `clean(raw)`, remembered."""

_attribute = _AttributeMemo()


def value_text(raw: bytes, depth: int = 0) -> str:
    """Bytes of an AnyValue -> its text. Raises TooDeep, and DecodeError for broken bytes."""
    value = lean.AnyValue.FromString(raw)
    which = value.WhichOneof("value")
    match which:
        case "string_value":
            return text_of_string(clean(value.string_value))
        case "int_value":
            return str(value.int_value)
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "double_value":
            return text_of_double(value.double_value)
        case "bytes_value":
            return text_of_bytes(value.bytes_value)
        case None:
            return "null"
    if depth >= MAX_DEPTH:
        raise TooDeep
    if which == "array_value":
        values = lean.Values.FromString(value.array_value).values
        return "[" + ",".join([value_text(inner, depth + 1) for inner in values]) + "]"
    pairs = map(lean.KeyValue.FromString, lean.Values.FromString(value.kvlist_value).values)
    return text_of_map([(clean(pair.key), value_text(pair.value, depth + 1)) for pair in pairs])


def attributes(raws: Iterable[bytes]) -> tuple[str, str, int]:
    """Bytes of KeyValues -> (attributes text, index words, attributes dropped as too deep)."""
    if not raws:
        return "{}", "", 0
    memo = _attribute
    entries = [memo[raw] for raw in raws]
    dropped = 0
    if None in entries:
        kept = [entry for entry in entries if entry is not None]
        dropped = len(entries) - len(kept)
    else:
        kept = entries  # type: ignore[assignment]
    return (
        text_of_attributes([entry[0] for entry in kept]),
        " ".join([entry[1] for entry in kept]),
        dropped,
    )


def service_name(raws: Iterable[bytes]) -> str:
    """The `service.name` among the KeyValues of a resource, as text; empty when there is none."""
    for raw in raws:
        pair: Any = lean.KeyValue.FromString(raw)
        if pair.key == b"service.name":
            value = lean.AnyValue.FromString(pair.value)
            if value.WhichOneof("value") == "string_value":
                return clean(value.string_value)
            return value_text(pair.value)
    return ""
