"""What a model says is read whatever it is, and what it cites is looked up."""

import json

import pytest

from argus.analysis.answer import read, written
from argus.analysis.evidence import Evidence, Piece

LOG_ID, TRACE_ID = "00000000000000ff", "0123456789abcdef" * 2
EVIDENCE = Evidence(
    "shop", "1", "L1", [Piece("L1", "log", LOG_ID, {}), Piece("T1", "trace", TRACE_ID, {})]
)


def test_claims_are_verified_when_all_they_cite_exists() -> None:
    said = {
        "summary": "It broke.",
        "causes": [
            {"claim": "a", "evidence": ["L1", "T1", "L1"]},
            {"claim": "b", "evidence": ["L1", "S9"]},
            {"claim": "c", "evidence": []},
            "d",
        ],
        "checks": ["look"],
        "confidence": "High",
    }
    details = read(f"Sure!\n```json\n{json.dumps(said)}\n```", EVIDENCE)
    assert [(one.text, one.verified) for one in details.causes] == [
        ("a", True), ("b", False), ("c", False), ("d", False),
    ]  # fmt: skip
    assert [one.id for one in details.causes[0].evidence] == [LOG_ID, TRACE_ID]
    assert [(one.kind, one.id) for one in details.causes[1].evidence] == [
        ("log", LOG_ID), (None, None),
    ]  # fmt: skip
    assert (details.structured, details.confidence, details.checks) == (True, "high", ["look"])
    assert "Likely cause (unverified): b [from L1, S9]" in written(details)


def test_ids_in_the_text_that_were_not_shown_are_marked() -> None:
    invented = "ab" * 16
    details = read(f"See trace {invented} and log {LOG_ID} of {TRACE_ID.upper()}.", EVIDENCE)
    assert details.unverified_ids == [invented]


@pytest.mark.parametrize(
    "answer",
    ["It is DNS.", "{", "}{", "[1]", '{"causes": []}', '{"summary": ""}', "{" * 5000, '{"a": NaN}'],
)
def test_any_other_text_is_shown_as_it_is(answer: str) -> None:
    details = read(answer, EVIDENCE)
    assert (details.structured, details.confidence, details.causes) == (False, None, [])
    assert details.summary == (answer if len(answer) <= 2000 else f"{answer[:2000]}…")


def test_what_is_of_the_wrong_type_does_no_harm() -> None:
    said = {
        "summary": {"a": 1}, "causes": {"claim": 7, "evidence": "L1"}, "checks": 5,
        "confidence": ["x"],
    }  # fmt: skip
    details = read(json.dumps(said), EVIDENCE)
    assert (details.summary, details.checks, details.confidence) == ("{'a': 1}", ["5"], None)
    assert [(one.text, one.verified) for one in details.causes] == [("7", True)]


def test_nothing_invisible_is_left_and_nothing_is_endless() -> None:
    details = read("a\x1b[31mb\u202ec\u200bd\x00e\nf" + "x" * 10**6, EVIDENCE)
    assert details.summary.startswith("a [31mb c d e\nf")
    assert len(written(details)) < 3000
