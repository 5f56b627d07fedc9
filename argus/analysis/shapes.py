"""Reads the shape of a log record: its first words, with what varies replaced by `<*>`.

A shape has at most `MOST_WORDS` words and then `MORE` if there are others: what a message is about
stands at its beginning, and what it carries along would only set equal messages apart.
"""

import re
from typing import Any

import msgspec

from argus.model import LogRecord

VARIABLE, MORE = "<*>", "…"
MOST_WORDS = 10

_HEAD = 200
_MOST_MEMBERS = 10
_DIGITS = b"0123456789"
_WITH_DIGITS = re.compile(r"(?<![\w.+-])[\w.+-]*?\d[\w.:+-]*", re.ASCII)
_ESCAPES = re.compile(r"\\(?:u[0-9a-f]{4}|.)?")
_ESCAPED = {"\\n": " ", "\\t": " ", "\\r": " ", '\\"': '"', "\\\\": "\\", "\\/": "/"}
_SAYING = frozenset({"msg", "message", "event", "level", "severity", "error", "err", "exception"})


def shape_key(record: LogRecord) -> bytes:
    """What records of equal shape have in common, at a small part of the cost of the shape: the
    beginning of the body as it is written, without digits and surplus blanks."""
    head = record.body[:_HEAD]
    if "\\" in head:
        head = head.replace("\\n", " ")
    words = head.split(None, MOST_WORDS)
    more = b"+" if len(words) > MOST_WORDS else b"-"
    event = record.event_name.encode() + b"\n" if record.event_name else b""
    return (
        event
        + more
        + " ".join(words[:MOST_WORDS]).encode("utf-8", "replace").translate(None, _DIGITS)
    )


def shape(record: LogRecord) -> tuple[str, ...]:
    """The words of a record's shape; none when it says nothing."""
    words = _text(record.body).split(None, MOST_WORDS)
    if record.event_name:
        words = [*record.event_name.split(), *words]
    found = [word if word.isalpha() else _masked(word) for word in words[:MOST_WORDS]]
    return (*found, MORE) if len(words) > MOST_WORDS else tuple(found)


def _text(body: str) -> str:
    """The beginning of what a body says. Texts are cut before they are decoded."""
    if body.startswith('"'):
        text = body[1:_HEAD].removesuffix('"')
        return _ESCAPES.sub(_unescaped, text) if "\\" in text else text
    if body in ("null", "{}", "[]"):
        return ""
    if body.startswith("{"):
        return " ".join(_members(msgspec.json.decode(body)))[:_HEAD]
    return body[:_HEAD]


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[0], "?" if match[0].startswith("\\u") else " ")


def _members(body: dict[str, Any]) -> list[str]:
    """What an object says: first the members that are made for it, then the others."""
    names = sorted(body, key=lambda name: name not in _SAYING)[:_MOST_MEMBERS]
    return [
        str(body[name]) if name in _SAYING and isinstance(body[name], str) else f"{name}={VARIABLE}"
        for name in names
    ]


def _masked(word: str) -> str:
    if "=" in word:
        name, _, value = word.partition("=")
        if value and name.isidentifier() and name.lower() not in _SAYING:
            return f"{name}={VARIABLE}"
    return _WITH_DIGITS.sub(VARIABLE, word)


def is_value(word: str) -> bool:
    """Whether a word looks like a value (a path, an address, an assignment) and not like prose."""
    return VARIABLE in word or not _VALUE_MARKS.isdisjoint(word)


_VALUE_MARKS = frozenset('/\\=@"')
