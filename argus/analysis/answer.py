"""Reads what a model said: into a shape, as inert text, each cited piece of evidence looked up."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from argus.analysis.evidence import Evidence, Piece
from argus.storage import InsightClaim, InsightDetails, InsightEvidence

_MOST_CLAIMS, _MOST_CHECKS, _MOST_CITED = 5, 8, 12
_LONG, _SHORT = 2_000, 600
_CONFIDENCE = ("low", "medium", "high")
_ID = re.compile(r"\b(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{16})\b")
# Control characters but for newline, and those that turn the direction of text or hide in it.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def read(answer: str, evidence: Evidence) -> InsightDetails:
    """What a model said about some evidence. Whatever the text is, this succeeds."""
    found = _object(answer)
    summary = _text(found.get("summary"), _LONG) if found else ""
    if not found or not summary:
        return InsightDetails(
            False, _text(answer, _LONG), [], [], None, _unknown_ids(answer, evidence)
        )
    pieces = {piece.name: piece for piece in evidence.pieces}
    confidence = str(found.get("confidence", "")).lower()
    return InsightDetails(
        structured=True,
        summary=summary,
        causes=[_claim(one, pieces) for one in _list(found.get("causes"))[:_MOST_CLAIMS]],
        checks=[_text(one, _SHORT) for one in _list(found.get("checks"))[:_MOST_CHECKS]],
        confidence=confidence if confidence in _CONFIDENCE else None,
        unverified_ids=_unknown_ids(answer, evidence),
    )


def written(details: InsightDetails) -> str:
    """What a model said, as text for people."""
    lines = [details.summary]
    for claim in details.causes:
        names = ", ".join(one.name for one in claim.evidence) or "nothing"
        mark = "" if claim.verified else " (unverified)"
        lines.append(f"Likely cause{mark}: {claim.text} [from {names}]")
    lines += [f"Check: {check}" for check in details.checks]
    if details.confidence:
        lines.append(f"Confidence: {details.confidence}")
    return "\n".join(lines)


def _object(answer: str) -> dict[str, Any]:
    """The JSON object in an answer, which may stand in a fence or between other words."""
    first, last = answer.find("{"), answer.rfind("}")
    try:
        found = msgspec.json.decode(answer[first : last + 1]) if 0 <= first < last else None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _claim(said: Any, pieces: Mapping[str, Piece]) -> InsightClaim:
    if not isinstance(said, dict):
        return InsightClaim(_text(said, _SHORT), [], False)
    names = [_text(name, 60) for name in _list(said.get("evidence"))[:_MOST_CITED]]
    cited = [
        InsightEvidence(name, pieces[name].kind, pieces[name].id)
        if name in pieces
        else InsightEvidence(name, None, None)
        for name in dict.fromkeys(names)
    ]
    verified = bool(cited) and all(one.id is not None for one in cited)
    return InsightClaim(_text(said.get("claim"), _SHORT), cited, verified)


def _unknown_ids(answer: str, evidence: Evidence) -> list[str]:
    shown = " ".join(f"{piece.id} {piece.content}" for piece in evidence.pieces).lower()
    named = dict.fromkeys(match.lower() for match in _ID.findall(answer))
    return [id_ for id_ in named if id_ not in shown][:_MOST_CITED]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any, most: int) -> str:
    """A value as text without anything invisible, at most so many characters."""
    text = value if isinstance(value, str) else "" if value is None else str(value)[: 2 * most]
    text = _INVISIBLE.sub(" ", text[: 2 * most]).encode("utf-8", "replace").decode().strip()
    return text if len(text) <= most else f"{text[:most]}…"
