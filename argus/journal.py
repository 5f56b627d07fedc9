"""Journal: Argus' own log lines, one event a line, as text or as JSON.

Every module writes them one way: `logger = logging.getLogger(__name__)`, then
`logger.info("what happened", extra={"key": value})`. Keys are what `logging.LogRecord` has no
attribute for (so `service`, not `name`). Values may come from anywhere: whatever they hold, they
cannot break or forge a line. Records of the libraries come out in the same form, with `logger`.

The standard library's logging is all there is: structlog formats no more than these lines do, and
costs 10 ms at start.
"""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING,
           "ERROR": logging.ERROR}  # fmt: skip
_LONGEST = 16_384
_NOT_EXTRA = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message", "asctime", "taskName",
    "color_message",  # uvicorn's second copy of the message, for terminals
}  # fmt: skip


def configure_logging(level: str, format: str) -> None:
    """Send every log record of the process to standard error as `format` (text or json).

    `level` (DEBUG, INFO, WARN, ERROR) is the floor for Argus. Libraries are heard from WARN, at
    DEBUG from INFO; statements and their values are never written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if format == "json" else Text())
    floor = logging.INFO if level == "DEBUG" else max(logging.WARNING, _LEVELS[level])
    logging.basicConfig(level=floor, handlers=[handler], force=True)
    logging.getLogger("argus").setLevel(_LEVELS[level])
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    logging.captureWarnings(True)


class Text(logging.Formatter):
    """`time=2025-01-15T10:30:45.123Z level=INFO msg="…" key=value`, the form of Go's slog.

    A value with a blank, quote, equals sign or anything unprintable is quoted and escaped as JSON
    escapes it. Grammar: https://pkg.go.dev/log/slog#TextHandler
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without its end."""
        pairs = dict(_pairs(self, record))
        head = (
            f"time={pairs.pop('time')} level={pairs.pop('level')} msg={_quoted(pairs.pop('msg'))}"
        )
        return " ".join([head, *(f"{key}={_bare(_as_text(pairs[key]))}" for key in pairs)])


class Json(logging.Formatter):
    """The same pairs as one JSON object, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without its end."""
        pairs = {key: _as_json(value) for key, value in _pairs(self, record)}
        return json.dumps(pairs, separators=(",", ":"))


def _pairs(formatter: logging.Formatter, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    time = datetime.fromtimestamp(record.created, UTC)
    yield "time", time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    yield "level", _level(record.levelno)
    yield "msg", _message(record)[:_LONGEST]
    if record.name.partition(".")[0] != "argus":
        yield "logger", record.name
    for key, value in record.__dict__.items():
        if key not in _NOT_EXTRA:
            yield key, value
    if record.exc_info and record.exc_info[0] is not None:
        yield "error", f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        yield "stack", formatter.formatException(record.exc_info)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)  # arguments that do not fit must not cost the line


def _level(number: int) -> str:
    return next((name for name in reversed(_LEVELS) if number >= _LEVELS[name]), "DEBUG")


def _as_text(value: object) -> str:
    if value is None or isinstance(value, bool | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)[:_LONGEST]


def _as_json(value: object) -> object:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        value = str(value)
    return value[:_LONGEST] if isinstance(value, str) else value


def _bare(value: str) -> str:
    plain = value.isprintable() and value and not any(mark in value for mark in ' "=\\')
    return value if plain else _quoted(value)


def _quoted(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in quoted)
