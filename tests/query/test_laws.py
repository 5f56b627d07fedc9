"""Laws that hold for every filter, every text and every record."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from argus.attributes import search_words, strings
from argus.errors import InvalidInput
from argus.model import LogRecord, Span
from argus.query import FilterSignal, Node, expectation_at, matcher, parse, render
from argus.query.tree import (
    And,
    Attribute,
    Equals,
    Exists,
    Not,
    Or,
    Phrase,
    Test,
)
from tests.builders import a_span, text_of
from tests.query.strategies import KEYS, TEXTS, VALUES, logs, spans, trees

# A busy machine is slow, and records with a match are rare among all records: neither is a fault.
lawful = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

SIGNALS = st.sampled_from(["traces", "logs"])
SYNTAX = st.lists(
    st.sampled_from(
        ["a", "b:", '"', "(", ")", "[", "}", "*", "AND", "OR", "NOT", "-", " ", " TO ", ">=", "\\",
         "duration:", "severity:", "trace_id:", "root.", "resource.", "5ms", "5", "warn", ":", "é"]
    ),
    max_size=30,
).map("".join)  # fmt: skip
ANY_TEXT = st.one_of(SYNTAX, st.text(max_size=60), st.text(st.characters(), max_size=60))
ABOUT_SPANS, ABOUT_LOGS = trees("traces"), trees("logs")


def holds(tree: Node, record: Span | LogRecord) -> bool:
    if isinstance(record, Span):
        return matcher(tree, "traces")(record)
    return matcher(tree, "logs")(record)


@lawful
@given(st.one_of(SYNTAX, st.text(st.characters(categories=None), max_size=60)), SIGNALS)
@example("(" * 4000, "traces")
@example("NOT " * 1000, "traces")
@example("a " * 2000, "logs")
@example("a*" * 2000, "logs")
@example("x:[" * 1000, "traces")
@example("é" * 5000, "traces")
@example("\ud800", "traces")
@example("a\0", "logs")
def test_any_text_is_a_filter_or_one_line_that_says_where_it_is_not(
    text: str, signal: FilterSignal
) -> None:
    failed = None
    try:
        tree = parse(text, signal)
    except InvalidInput as error:
        failed = error
    if failed is None:
        assert parse(render(tree), signal) == tree
    else:
        assert failed.field == "filter"
        assert (column := re.fullmatch(r"filter: column (\d+): expected .+", failed.message))
        assert 1 <= int(column[1]) <= len(text) + 1


@lawful
@given(ABOUT_SPANS)
def test_a_filter_about_spans_written_and_read_is_the_same(tree: Node) -> None:
    assert parse(render(tree), "traces") == tree


@lawful
@given(ABOUT_LOGS)
def test_a_filter_about_logs_written_and_read_is_the_same(tree: Node) -> None:
    assert parse(render(tree), "logs") == tree


@lawful
@given(ANY_TEXT, st.integers(-5, 70), SIGNALS)
def test_a_cursor_anywhere_has_an_expectation_that_begins_before_it(
    text: str, column: int, signal: FilterSignal
) -> None:
    assert 1 <= expectation_at(text, column, signal).column <= max(1, min(column, len(text) + 1))


@lawful
@given(ABOUT_SPANS, ABOUT_SPANS, spans())
def test_de_morgan_commutation_and_double_negation_hold_for_spans(
    a: Node, b: Node, span: Span
) -> None:
    laws(a, b, span)


@lawful
@given(ABOUT_LOGS, ABOUT_LOGS, logs())
def test_de_morgan_commutation_and_double_negation_hold_for_logs(
    a: Node, b: Node, log: LogRecord
) -> None:
    laws(a, b, log)


def laws(a: Node, b: Node, record: Span | LogRecord) -> None:
    a_holds, b_holds = holds(a, record), holds(b, record)
    assert holds(Not(a), record) is not a_holds
    assert holds(Not(Not(a)), record) is a_holds
    assert holds(And((a, b)), record) is holds(And((b, a)), record) is (a_holds and b_holds)
    assert holds(Or((a, b)), record) is holds(Or((b, a)), record) is (a_holds or b_holds)
    assert holds(Not(And((a, b))), record) is holds(Or((Not(a), Not(b))), record)
    assert holds(Not(Or((a, b))), record) is holds(And((Not(a), Not(b))), record)


@lawful
@given(spans(), KEYS, TEXTS, st.booleans())
def test_equality_is_that_of_the_decoded_value(
    span: Span, key: str, text: str, string_only: bool
) -> None:
    own, its_resource = json.loads(span.attributes), json.loads(span.resource.attributes)
    condition = Equals(text, string_only)
    value = own[key] if key in own else its_resource.get(key, {})
    expected = isinstance(value, str) and value == text
    if not string_only:
        expected = expected or text_of_scalar(value) in readings(text)
    assert holds(Test(Attribute(key), condition), span) is expected
    assert holds(Test(Attribute(key), Exists()), span) is (key in own or key in its_resource)


def text_of_scalar(value: Any) -> Any:
    """A number as itself, another scalar as JSON; -0.0 and 0 are one number."""
    if isinstance(value, bool | dict | None):
        return json.dumps(value)
    return value if isinstance(value, int | float) else None


def readings(text: str) -> list[Any]:
    if text in ("true", "false", "null"):
        return [text]
    if text in ("NaN", "Infinity", "-Infinity"):
        return [json.dumps({"$double": text})]
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return []
    return [int(text) if re.fullmatch("-?[0-9]+", text) else float(text)]


@lawful
@given(VALUES, KEYS, TEXTS, st.booleans())
def test_an_equal_value_has_one_of_the_fragments_that_an_index_looks_up(
    value: Any, key: str, text: str, string_only: bool
) -> None:
    condition = Equals(text, string_only)
    span = a_span(attributes={key: value})
    if holds(Test(Attribute(key), condition), span) and json.loads(span.attributes):
        fragment = span.attributes[1:-1]
        assert fragment in condition.fragments(key)


@lawful
@given(VALUES, KEYS)
def test_every_number_and_string_has_a_fragment_that_finds_it(value: Any, key: str) -> None:
    if isinstance(value, bool | int | float | str | None):
        text = value if isinstance(value, str) else text_of(value)
        text = text.removeprefix('{"$double":"').removesuffix('"}')
        fragment = a_span(attributes={key: value}).attributes[1:-1]
        assert fragment in Equals(text, isinstance(value, str)).fragments(key)


@lawful
@given(logs(), TEXTS.filter(lambda text: bool(search_words(text))))
def test_a_phrase_is_found_where_its_words_follow_each_other_in_one_string(
    log: LogRecord, text: str
) -> None:
    wanted = search_words(text)
    values = [json.loads(log.body), *json.loads(log.attributes).values()]
    runs = [search_words(string) for value in values for string in strings(value)]
    expected = any(run[i : i + len(wanted)] == wanted for run in runs for i in range(len(run)))
    assert holds(Phrase(text), log) is expected
