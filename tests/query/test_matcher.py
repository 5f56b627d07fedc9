"""Filters hold of records in memory, also where the examples of the page do not reach."""

import pytest

from argus.attributes import index_words, word
from argus.errors import InvalidInput
from argus.model import Span
from argus.query import matcher, parse
from argus.query.tree import Attribute, Equals, Interval, Matches, WordLike, haystack
from tests.builders import a_log_record, a_resource, a_span


def span_holds(text: str, span: Span) -> bool:
    return matcher(parse(text, "traces"), "traces")(span)


def test_a_record_alone_has_no_root_to_look_at() -> None:
    with pytest.raises(InvalidInput, match="needs whole traces") as raised:
        matcher(parse("a (b OR NOT root.service:shop)", "traces"), "traces")
    assert raised.value.field == "filter"


def test_a_term_about_a_root_that_is_not_known_is_false() -> None:
    tree = parse("root.service:*", "traces")
    assert not matcher(tree, "traces", lambda span: None)(a_span())


def test_the_first_place_that_has_the_key_decides_alone() -> None:
    span = a_span(attributes={"env": None}, resource=a_resource(env="prod"))
    assert not span_holds("env:prod", span)
    assert span_holds("env:null", span)
    assert span_holds("resource.env:prod", span)


def test_a_key_inside_a_map_is_not_the_records_own() -> None:
    span = a_span(attributes={"map": {"env": "dev"}}, resource=a_resource(env="prod"))
    assert span_holds("env:prod", span)
    assert not span_holds("env:dev OR span.env:*", span)


def test_integers_beyond_two_to_the_53_are_exact() -> None:
    span = a_span(attributes={"n": 2**53 + 1})
    assert span_holds(f"n:{2**53 + 1} n:>{2**53}", span)
    assert not span_holds(f"n:{2**53} OR n:{2**53}.0 OR n:>{2**53 + 1}", span)


def test_a_number_too_long_for_an_integer_is_a_double() -> None:
    assert span_holds(f"n:{10**23}", a_span(attributes={"n": 1e23}))


def test_minus_zero_is_zero() -> None:
    for value in (0, 0.0, -0.0):
        assert span_holds("n:0 n:-0 n:0.0 n:[0 TO 0]", a_span(attributes={"n": value}))


def test_a_boolean_is_no_number() -> None:
    for truth, number in ((True, 1), (False, 0)):
        text = str(truth).lower()
        for span in (a_span(attributes={"n": truth}), a_span(resource=a_resource(n=truth))):
            assert not span_holds(f"n:{number} OR n:{number}.0", span)
            assert span_holds(f"n:{text}", span)
        assert not span_holds(f"n:{text}", a_span(resource=a_resource(n=number)))


def test_fields_that_may_be_missing_are_so_when_empty_or_zero_and_others_never() -> None:
    span = a_span(kind=0, status=0, name="", parent_span_id=b"", start_ns=0, end_ns=0)
    fields = (
        "service",
        "trace_id",
        "kind",
        "status",
        "name",
        "parent_span_id",
        "start",
        "duration",
    )
    having = [field for field in fields if span_holds(f"{field}:*", span)]
    assert having == ["service", "trace_id", "start", "duration"]
    log = a_log_record("", severity="UNSPECIFIED", time_ns=0, observed_ns=0)
    for field in ("body", "severity", "severity_number", "observed", "event_name", "span_id"):
        assert not matcher(parse(f"{field}:*", "logs"), "logs")(log)
    assert matcher(parse("time:* service:*", "logs"), "logs")(log)


def test_what_is_no_finite_number_compares_with_nothing() -> None:
    for value in (float("nan"), float("inf"), True, "7", [7], {"a": 7}, None):
        span = a_span(attributes={"n": value})
        assert not span_holds("n:>5 OR n:<=5", span)
        assert span_holds("n:*", span)


def test_an_attribute_whose_key_looks_like_a_tag_is_searched_as_any_other() -> None:
    assert span_holds("secret", a_span(attributes={"$bytes": "a secret"}))
    assert not span_holds("c2VjcmV0", a_span(attributes={"raw": b"secret"}))


def test_words_are_those_of_every_script_and_of_no_escape() -> None:
    span = a_span(attributes={"text": "Die Straße\nnach Köln"})
    assert span_holds("STRASSE köln nach", span)
    assert not span_holds("nnach", span)


def test_resources_with_the_same_text_are_read_once_and_others_by_themselves() -> None:
    for env, size in (("prod", 1), ("dev", 1), ("dev", 10_000), ("prod", 10_000)):
        assert span_holds(f"env:{env}", a_span(resource=a_resource(env=env, pad="x" * size)))


def test_the_body_of_a_log_record_that_is_a_list_or_number_is_searched_for_its_strings() -> None:
    holds = matcher(parse("body:b", "logs"), "logs")
    assert holds(a_log_record(["a", {"k": "b"}]))
    assert not holds(a_log_record(5))
    assert not holds(a_log_record("a", attributes={"k": "b"}))


def test_a_pattern_of_many_wildcards_takes_one_pass() -> None:
    pattern = Matches(("", *["a"] * 1000, "b"))
    assert not pattern.found_in("a" * 100_000)
    assert pattern.found_in("a" * 100_000 + "b")


@pytest.mark.parametrize(
    ("parts", "text", "found"),
    [
        (("a", ""), "a", True),
        (("", "a"), "ba", True),
        (("ab", "ba"), "aba", False),
        (("a", "b", "c"), "a-b-c", True),
        (("a", "b", "b"), "ab", False),
        (("a", "x", "c"), "abc", False),
        (("A", ""), "abc", False),
    ],
)
def test_a_pattern_is_anchored_and_its_parts_do_not_overlap(
    parts: tuple[str, ...], text: str, found: bool
) -> None:
    assert Matches(parts).found_in(text) is found


def test_one_word_matches_a_pattern_whatever_its_case() -> None:
    assert WordLike(("CAR", "")).found_in(haystack(["a Card"]))
    assert not WordLike(("a", "card")).found_in(haystack(["a card"]))


@pytest.mark.parametrize(
    ("target", "places"),
    [
        (Attribute("k"), [("record", "k"), ("resource", "k")]),
        (Attribute("k", "log."), [("record", "k"), ("record", "log.k"), ("resource", "log.k")]),
        (
            Attribute("k", "resource."),
            [("resource", "k"), ("record", "resource.k"), ("resource", "resource.k")],
        ),
    ],
)
def test_an_attribute_is_looked_for_in_these_places_in_order(
    target: Attribute, places: list[tuple[str, str]]
) -> None:
    assert list(target.places) == places


@pytest.mark.parametrize(
    ("condition", "fragments"),
    [
        (Equals("200"), {'"k":"200"', '"k":200', '"k":200.0'}),
        (Equals("200", string_only=True), {'"k":"200"'}),
        (Equals("0.5"), {'"k":"0.5"', '"k":0.5'}),
        (Equals("0"), {'"k":"0"', '"k":0', '"k":0.0', '"k":-0.0'}),
        (Equals("true"), {'"k":"true"', '"k":true'}),
        (Equals("null"), {'"k":"null"', '"k":null'}),
        (Equals("NaN"), {'"k":"NaN"', '"k":{"$double":"NaN"}'}),
        (Equals("a\n"), {'"k":"a\\n"'}),
    ],
)
def test_an_index_is_asked_for_every_fragment_of_an_equal_value(
    condition: Equals, fragments: set[str]
) -> None:
    assert set(condition.fragments("k")) == fragments
    for fragment in fragments:
        assert word(fragment) in index_words(fragment)


def test_an_interval_of_integers_is_closed_for_an_index() -> None:
    assert Interval(1, 5, True, True).closed() == (2, 4)
    assert Interval(None, 5).closed() == (None, 5)
    assert Interval(1, None).closed() == (1, None)
