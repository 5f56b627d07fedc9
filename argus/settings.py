"""How settings are written: the text forms of their values, and the `.env` file.

The `.env` reader is ours because the settings files people already have carry trailing comments
and `export`, which starlette.config reads as part of the value.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from argus.errors import StartError

_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_GO_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_GO_LONGEST_S = 2**63 / 1e9
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]ib|b)?", re.ASCII | re.IGNORECASE)
_SIZE_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True}
_BOOLEANS |= {"false": False, "0": False, "no": False, "off": False}
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?", re.ASCII)
_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.ASCII)
_ENV_QUOTED = re.compile(r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?""")
_ENV_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

# A parser takes the stripped text of a value and returns the field's value, or raises ValueError
# whose message completes "expected ...".
Parser = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What one environment variable is. `works` is false while it is accepted without effect."""

    key: str
    name: str
    group: str
    default: str
    help: str
    parse: Parser
    secret: bool
    works: bool


def _expected(condition: object, what: str) -> None:
    if not condition:
        raise ValueError(what)


def text(value: str) -> str:
    """Any text, as it is."""
    return value


def port(value: str) -> int:
    """A TCP port."""
    digits = value.isascii() and value.isdigit() and len(value) <= 5
    _expected(digits and 1 <= int(value) <= 65535, "a port from 1 to 65535")
    return int(value)


def whole(lowest: int, highest: int) -> Parser:
    """A parser of whole numbers in a closed range."""

    def parse(value: str) -> int:
        digits = value.isascii() and value.isdigit() and len(value) <= 18
        what = f"a whole number from {lowest} to {highest}"
        _expected(digits and lowest <= int(value) <= highest, what)
        return int(value)

    return parse


def whole_or_none(lowest: int, highest: int) -> Parser:
    """Like `whole`, but an empty text is None."""
    parse = whole(lowest, highest)
    return lambda value: parse(value) if value else None


def boolean(value: str) -> bool:
    """true, false, 1, 0, yes, no, on or off."""
    _expected(value.lower() in _BOOLEANS, "true or false")
    return _BOOLEANS[value.lower()]


def duration(value: str) -> float:
    """A positive Go duration (`5m`, `1h30m`, `500ms`, `1.5h`) -> seconds.

    Grammar: https://pkg.go.dev/time#ParseDuration, without signs.
    """
    what = "a duration such as 30s, 5m or 1h30m"
    _expected(_GO_TERM.sub("", value) == "" and value, what)
    seconds = sum(float(number) * _GO_UNITS[unit] for number, unit in _GO_TERM.findall(value))
    _expected(0 < seconds < _GO_LONGEST_S, what)
    return seconds


def size(lowest: int, highest: int = 2**63 - 1) -> Parser:
    """A parser of sizes (`64MiB`, `1.5GiB`, `4096`) -> bytes, in a closed range."""

    def parse(value: str) -> int:
        match = _SIZE.fullmatch(value)
        _expected(match and len(value) <= 24, "a size such as 512KiB, 64MiB or 1GiB")
        assert match is not None
        number, unit = match[1], _SIZE_UNITS[(match[2] or "").lower()]
        count = int(float(number) * unit) if "." in number else int(number) * unit
        _expected(lowest <= count <= highest, f"a size from {lowest} to {highest} bytes")
        return count

    return parse


def one_of(*words: str, **aliases: str) -> Parser:
    """A parser of one word of a list, in any case; aliases are accepted and translated."""
    known = {word.lower(): word for word in words} | aliases

    def parse(value: str) -> str:
        _expected(value.lower() in known, "one of " + ", ".join(words))
        return known[value.lower()]

    return parse


def names(value: str) -> tuple[str, ...]:
    """A comma-separated list, blanks around its items removed."""
    return tuple(item for part in value.split(",") if (item := part.strip()))


def host(value: str) -> str:
    """An IP address (brackets removed) or a host name, without port."""
    bare = value.removeprefix("[").removesuffix("]").lower()
    what = "an address or host name such as 127.0.0.1, 0.0.0.0 or ::1, without port"
    _expected(is_address(bare) or _HOST_NAME.fullmatch(bare), what)
    return bare


def hosts(value: str) -> tuple[str, ...]:
    """A list of what `host` takes, of `*.domain`, or of `*` for any."""
    what = "host names without scheme or port, separated by commas"
    items = tuple(item.lower().strip("[]") for item in names(value))
    for item in items:
        name = item.removeprefix("*.")
        _expected(item == "*" or is_address(item) or _HOST_NAME.fullmatch(name), what)
    return items


def origins(value: str) -> tuple[str, ...]:
    """A list of origins (scheme, host, port and nothing more), or of `*` for any."""
    items = tuple(item.rstrip("/").lower() for item in names(value))
    for item in items:
        good = item == "*" or (_is_web_address(item) and item.count("/") == 2)
        _expected(good, "origins such as https://shop.example.com, separated by commas")
    return items


def web_address(value: str) -> str:
    """An http or https URL, or nothing."""
    _expected(not value or _is_web_address(value), "a URL that starts with http:// or https://")
    return value


def is_address(value: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_env_file(path: Path) -> dict[str, str]:
    """The values of a settings file; none when there is no such file.

    Raises StartError, which names the file and the line but not its content.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path}: cannot be read: {type(error).__name__}") from None
    values = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        match = _ENV_LINE.fullmatch(line)
        value = _env_value(match[2]) if match else None
        if match is None or value is None:
            raise StartError(f"{path}, line {number}: expected KEY=value")
        values[match[1]] = value
    return values


def _env_value(written: str) -> str | None:
    if written[:1] in ("'", '"'):
        match = _ENV_QUOTED.fullmatch(written)
        if match is None:
            return None
        if match[2] is not None:
            return match[2]
        return re.sub(r"\\(.)", lambda m: _ENV_ESCAPES.get(m[1], m[1]), match[1])
    return re.split(r"(?:^|\s)#", written, maxsplit=1)[0].strip()
