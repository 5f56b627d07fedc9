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


def test_a_summary_or_check_that_names_evidence_there_is_none_of_is_marked() -> None:
    said = {
        "summary": "As L1 and S12 show, T1 broke.",
        "causes": [
            {"claim": "P2 says so", "evidence": ["L1"]},
            {"claim": "L1 says so", "evidence": ["L1"]},
        ],
        "checks": ["look at T1", "look at L7", f"look at {'ab' * 16}"],
    }
    details = read(json.dumps(said), EVIDENCE)
    assert not details.summary_verified
    assert [one.verified for one in details.causes] == [False, True]
    assert details.unverified_checks == [1, 2]
    assert sorted(details.unverified_ids) == ["L7", "P2", "S12", "ab" * 16]
    text = written(details).splitlines()
    assert text[0] == "As L1 and S12 show, T1 broke. (unverified)"
    assert text[3:5] == ["Check: look at T1", "Check (unverified): look at L7"]


def test_a_summary_that_names_only_what_it_was_shown_is_not_marked() -> None:
    pieces = [*EVIDENCE.pieces, Piece("S1", "span", "cd" * 8, {"operation": "put to S3"})]
    for summary in ("S1 could not put to S3", f"S1 is {'cd' * 8}", "P99 rose, HTTP 500, B2"):
        details = read(json.dumps({"summary": summary}), EVIDENCE._replace(pieces=pieces))
        assert details.summary_verified
        assert details.unverified_ids == []


def test_text_in_another_form_is_looked_through_too() -> None:
    details = read("It follows from L1 and L2.", EVIDENCE)
    assert (details.structured, details.summary_verified) == (False, False)
    assert details.unverified_ids == ["L2"]


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
