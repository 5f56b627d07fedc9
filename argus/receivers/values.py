"""OTLP attribute bytes to attribute text, remembered: most attributes of a service repeat.

Every memo here is bounded and cleared when full: what is hot is decoded once more and stays.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from argus.attributes import (
    index_words,
    indexable,
    text_of_attributes,
    text_of_bytes,
    text_of_double,
    text_of_map,
    text_of_string,
    word,
)
from argus.receivers import lean

MAX_DEPTH = 32
MAX_ATTRIBUTES = 1024
MAX_ATTRIBUTE_BYTES = 1024 * 1024
"""Levels of arrays and maps in one value, attributes of one record, bytes of one attribute on the
wire. What is over is left out and counted in `dropped_attributes_count`."""

MAX_TEXT = 64 * 1024
"""Bytes of a name, a message or a state that are kept; the rest is cut off."""
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Bytes of a log record's body on the wire; a record with a larger one is rejected."""

_MEMO_ENTRIES = 32_768
_MEMO_VALUE_BYTES = 256
_MET_SLOTS = 2**16
_NESTED = ("array_value", "kvlist_value")
_KEY, _VALUE, _STRING, _SHORT = 0x0A, 0x12, 0x0A, 120
_REPLACEMENT = "\ufffd"


class OverLimit(Exception):
    """A value nests deeper than MAX_DEPTH, or is larger than MAX_ATTRIBUTE_BYTES."""


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


def short_text(text: str) -> str:
    """The same for a name, a message or a state, cut off like in `text_of`."""
    if len(text) * 4 <= MAX_TEXT:
        return clean_text(text)
    return clean(text.encode("utf-8", "surrogatepass")[:MAX_TEXT])


class _TextMemo(dict[bytes, str]):
    def __init__(self, make: Callable[[str], str] = str) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, raw: bytes) -> str:
        text = self._make(clean(raw if len(raw) <= MAX_TEXT else raw[:MAX_TEXT]))
        if len(raw) <= _MEMO_VALUE_BYTES:
            if len(self) >= _MEMO_ENTRIES:
                self.clear()
            self[raw] = text
        return text


class _AttributeMemo(dict[bytes, tuple[str, str]]):
    """Bytes of a KeyValue -> (`"key":value` fragment, index words). Raises OverLimit.

    Remembers only what it met twice: ids and paths that never come again would push out the rest.
    """

    def __init__(self) -> None:
        super().__init__()
        self._met = bytearray(_MET_SLOTS)

    def __missing__(self, raw: bytes) -> tuple[str, str]:
        entry = _short_string(raw) or _any_value(raw)
        probe = hash(raw)
        slot, mark = probe % _MET_SLOTS, probe >> 32 & 0xFF
        if self._met[slot] != mark:
            self._met[slot] = mark
        elif len(raw) <= _MEMO_VALUE_BYTES:
            if len(self) >= _MEMO_ENTRIES:
                self.clear()
            self[raw] = entry
        return entry


def _short_string(raw: bytes) -> tuple[str, str] | None:
    """The entry of a key with a string in the one form every encoder writes, lengths below 128:
    `0a N key 12 N+2 0a N value`. None for any other; that takes two messages to parse."""
    try:
        value = raw[1] + 2
        string = raw[value + 3]
        if (
            raw[0] != _KEY
            or raw[value] != _VALUE
            or raw[value + 1] != string + 2
            or raw[value + 2] != _STRING
            or len(raw) != value + 4 + string
            or value + string > _SHORT
        ):
            return None
    except IndexError:
        return None
    return _of_string(raw[2:value], clean(raw[value + 4 :]))


def _of_string(key: bytes, text: str) -> tuple[str, str]:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        fragment = f'{_opening[key]}"{text}"'  # what the general way comes to, at half the cost
        return fragment, f"{word(fragment)} {text}"
    fragment = _opening[key] + text_of_string(text)
    return fragment, f"{word(fragment)} {indexable(text)}"


def _any_value(raw: bytes) -> tuple[str, str]:
    if len(raw) > MAX_ATTRIBUTE_BYTES:
        raise OverLimit
    pair = lean.KeyValue.FromString(raw)
    value = lean.AnyValue.FromString(pair.value)
    which = value.WhichOneof("value")
    if which == "string_value":
        return _of_string(pair.key, clean(value.string_value))
    fragment = _opening[pair.key] + _text(value, which, 0)
    return fragment, index_words(fragment) if which in _NESTED else word(fragment)


text_of: dict[bytes, str] = _TextMemo()
"""`text_of[raw]` is `clean(raw)`, cut off at MAX_TEXT bytes, remembered."""

_opening: dict[bytes, str] = _TextMemo(lambda key: f"{text_of_string(key)}:")
"""What comes before the value in the fragment of a key."""

_entry_of = _AttributeMemo().__getitem__


def value_text(raw: bytes, depth: int = 0) -> str:
    """Bytes of an AnyValue -> its text. Raises OverLimit, and DecodeError for broken bytes."""
    value = lean.AnyValue.FromString(raw)
    return _text(value, value.WhichOneof("value"), depth)


def _text(value: Any, which: str | None, depth: int) -> str:
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
        raise OverLimit
    if which == "array_value":
        values = lean.Values.FromString(value.array_value).values
        return "[" + ",".join([value_text(inner, depth + 1) for inner in values]) + "]"
    pairs = map(lean.KeyValue.FromString, lean.Values.FromString(value.kvlist_value).values)
    return text_of_map([(clean(pair.key), value_text(pair.value, depth + 1)) for pair in pairs])


def attributes(raws: Sequence[bytes]) -> tuple[str, str, int]:
    """Bytes of KeyValues -> (attributes text, index words, attributes over a limit)."""
    if not raws:
        return "{}", "", 0
    dropped = max(0, len(raws) - MAX_ATTRIBUTES)
    if dropped:
        raws = raws[:MAX_ATTRIBUTES]
    try:
        entries = list(map(_entry_of, raws))
    except OverLimit:
        entries = []
        for raw in raws:
            try:
                entries.append(_entry_of(raw))
            except OverLimit:
                dropped += 1
        if not entries:
            return "{}", "", dropped
    fragments, words = zip(*entries, strict=True)
    return text_of_attributes(fragments), " ".join(words), dropped


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
