"""Reads what a model said: into a shape, as inert text, each cited piece of evidence looked up."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from argus.analysis.evidence import Evidence, Piece
from argus.storage import InsightClaim, InsightDetails, InsightEvidence

_MOST_CLAIMS, _MOST_CHECKS, _MOST_CITED = 5, 8, 12
_LONG, _SHORT = 2_000, 600
_CONFIDENCE = ("low", "medium", "high")
_ID = re.compile(r"\b(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{16})\b")
# As `evidence.gather` gives them: at most a dozen log records and spans, one pattern, one trace.
_NAME = re.compile(r"\b(?:[LS][0-9]{1,2}|[PT][0-9])\b")
# Control characters but for newline, and those that turn the direction of text or hide in it.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def read(answer: str, evidence: Evidence) -> InsightDetails:
    """What a model said about some evidence. Whatever the text is, this succeeds."""
    found = _object(answer)
    summary = _text(found.get("summary"), _LONG) if found else ""
    structured = bool(summary)
    shown = _Shown(evidence)
    if not structured:
        found, summary = {}, _text(answer, _LONG)
    confidence = str(found.get("confidence", "")).lower()
    causes = [_claim(one, shown) for one in _list(found.get("causes"))[:_MOST_CLAIMS]]
    checks = [_text(one, _SHORT) for one in _list(found.get("checks"))[:_MOST_CHECKS]]
    texts = [summary, *(one.text for one in causes), *checks]
    names = [name for text in texts for name in shown.unknown(text)]
    return InsightDetails(
        structured=structured,
        summary=summary,
        causes=causes,
        checks=checks,
        confidence=confidence if confidence in _CONFIDENCE else None,
        unverified_ids=list(dict.fromkeys(shown.unknown_ids(answer) + names))[:_MOST_CITED],
        summary_verified=not shown.unknown(summary),
        unverified_checks=[n for n, check in enumerate(checks) if shown.unknown(check)],
    )


def written(details: InsightDetails) -> str:
    """What a model said, as text for people."""
    lines = [details.summary + _mark(details.summary_verified)]
    for claim in details.causes:
        names = ", ".join(one.name for one in claim.evidence) or "nothing"
        lines.append(f"Likely cause{_mark(claim.verified)}: {claim.text} [from {names}]")
    for number, check in enumerate(details.checks):
        lines.append(f"Check{_mark(number not in details.unverified_checks)}: {check}")
    if details.confidence:
        lines.append(f"Confidence: {details.confidence}")
    return "\n".join(lines)


def _mark(verified: bool) -> str:
    return "" if verified else " (unverified)"


def _object(answer: str) -> dict[str, Any]:
    """The JSON object in an answer, which may stand in a fence or between other words."""
    first, last = answer.find("{"), answer.rfind("}")
    try:
        found = msgspec.json.decode(answer[first : last + 1]) if 0 <= first < last else None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _Shown:
    """What the model was shown, to look up in it what a text names."""

    def __init__(self, evidence: Evidence) -> None:
        self.pieces = {piece.name: piece for piece in evidence.pieces}
        self._text = " ".join(f"{piece.id} {piece.content}" for piece in evidence.pieces)
        self._lower = self._text.lower()

    def unknown(self, text: str) -> list[str]:
        """Ids, and names such as evidence has, in a text, of which there is none. What looks like
        a name and is a word of the evidence is that word."""
        names = dict.fromkeys(_NAME.findall(text))
        return self.unknown_ids(text) + [
            name
            for name in names
            if name not in self.pieces and not re.search(rf"\b{name}\b", self._text)
        ]

    def unknown_ids(self, text: str) -> list[str]:
        """Ids in a text that were not shown."""
        ids = dict.fromkeys(match.lower() for match in _ID.findall(text))
        return [id_ for id_ in ids if id_ not in self._lower]


def _claim(said: Any, shown: _Shown) -> InsightClaim:
    if not isinstance(said, dict):
        return InsightClaim(_text(said, _SHORT), [], False)
    names = [_text(name, 60) for name in _list(said.get("evidence"))[:_MOST_CITED]]
    cited = [_cited(name, shown.pieces.get(name)) for name in dict.fromkeys(names)]
    text = _text(said.get("claim"), _SHORT)
    verified = bool(cited) and all(one.id for one in cited) and not shown.unknown(text)
    return InsightClaim(text, cited, verified)


def _cited(name: str, piece: Piece | None) -> InsightEvidence:
    if piece is None:
        return InsightEvidence(name, None, None)
    return InsightEvidence(name, piece.kind, piece.id, piece.trace_id, piece.at)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any, most: int) -> str:
    """A value as text without anything invisible, at most so many characters."""
    text = value if isinstance(value, str) else "" if value is None else str(value)[: 2 * most]
    text = _INVISIBLE.sub(" ", text[: 2 * most]).encode("utf-8", "replace").decode().strip()
    return text if len(text) <= most else f"{text[:most]}…"
