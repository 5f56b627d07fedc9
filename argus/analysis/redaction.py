"""Takes secrets out of text before it may leave this machine. The rules are in docs/ai.md.

They rather take too much than too little, and each takes time in proportion to the text.
"""

import re
from typing import Any

REDACTED = "[redacted]"
_NAMES = (
    r"passw(?:or)?d|passphrase|passwd|(?<![a-z])pass(?![a-z])|pwd|secret|token|"
    r"(?:api|access|account|private|signing|encryption)[_.-]?key|credentials?|authorization|"
    r"session[_.-]?id|signature|dsn"
)
_SECRET_NAME = re.compile(rf"{_NAMES}|cookie", re.IGNORECASE)
_PREFIXES = (
    r"sk-|(?:sk|pk|rk)_(?:live|test)_|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|AIza|ya29\.|"
    r"npm_|pypi-|hf_|SG\.|dop_v1_|shpat_|AKIA|ASIA"
)
# A value without quotes goes on over a mark that nothing else begins or ends with: `p,w` is one.
_BARE = r"(?:[^\s\"',;&)}\]]|[,;&)}\]](?![\s\"',;&)}\]]|\Z|[\w.-]{1,40}[:=]))"
_RULES = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, flags, replacement in (
        (
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
            "[private key]",
        ),
        (r"\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?", 0, "[jwt]"),
        (r"://[^\s/\"']{1,512}@", 0, "://[credentials]@"),
        (r"\b((?:set-)?cookie2?[\"']?\s*[:=])[^\n\r]*", re.IGNORECASE, r"\1 [cookie]"),
        (r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE, r"\1 [token]"),
        (
            r"(\bauthorization\\?[\"']?\s{0,8}[:=]\s{0,8}[\"']?[\w-]{1,40}\s{1,8})"
            r"(?=[^\s\"',;]{0,200}\d)[^\s\"',;]{8,}",
            re.IGNORECASE,
            r"\1[token]",
        ),
        (rf"(?<![\w-])(?:{_PREFIXES})[\w.-]{{8,}}", 0, "[token]"),
        (
            rf"((?:{_NAMES})[\w.-]{{0,40}}\\?[\"']?\s{{0,8}}[:=]>?\s{{0,8}})"
            rf"(?:\\\"[^\"\n]*\"?|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|{_BARE}+)",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        (r"(?<![\w.+%-])[\w.+%-]{1,128}@[\w-]+(?:\.[\w-]+)+", 0, "[email]"),
    )
)


def redact(text: str) -> str:
    """The text, with what the rules call a secret replaced."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redacted_value(name: str, value: Any) -> Any:
    """A JSON value under a name, without secrets."""
    if _SECRET_NAME.search(name):
        return REDACTED
    match value:
        case str():
            return redact(value)
        case dict():
            return {redact(key): redacted_value(key, inner) for key, inner in value.items()}
        case list():
            return [redacted_value("", inner) for inner in value]
    return value
