"""The page about the filter language says what is true."""

import pytest

from argus.errors import InvalidInput
from argus.query import FilterSignal, matcher, parse, render
from argus.query.fields import FIELDS, LOG_FIELDS, SPAN_FIELDS, Field
from argus.query.tree import Column, Test, leaves
from tests.query.records import LOGS, PAGE, ROOTS, SPANS, Example, examples, rows, section


def found(text: str, signal: FilterSignal) -> list[str]:
    tree = parse(text, signal)
    if signal == "logs":
        holds = matcher(tree, "logs")
        return [name for name, log in LOGS.items() if holds(log)]
    about = matcher(tree, "traces", lambda span: ROOTS.get(span.trace_id))
    return [name for name, span in SPANS.items() if about(span)]


@pytest.mark.parametrize("example", examples(), ids=lambda one: f"{one.signal}: {one.filter}")
def test_an_example_finds_what_the_page_says(example: Example) -> None:
    assert found(example.filter, example.signal) == example.finds


@pytest.mark.parametrize("example", examples(), ids=lambda one: f"{one.signal}: {one.filter}")
def test_an_example_written_back_is_the_same_filter(example: Example) -> None:
    tree = parse(example.filter, example.signal)
    assert parse(render(tree), example.signal) == tree


def test_the_page_has_many_examples_and_every_record_is_found_by_one() -> None:
    assert len(examples()) > 80
    named = {name for example in examples() for name in example.finds}
    assert named == {*SPANS, *LOGS}


@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_every_field_has_an_example(signal: FilterSignal) -> None:
    trees = [parse(one.filter, one.signal) for one in examples() if one.signal == signal]
    tests = [leaf for tree in trees for leaf in leaves(tree) if isinstance(leaf, Test)]
    shown = {test.target.field for test in tests if isinstance(test.target, Column)}
    assert {field.name for field in FIELDS[signal].values() if field not in shown} == set()


ERRORS = rows("| filter | answer |" + PAGE.partition("| filter | answer |")[2].partition("\n\n")[0])


@pytest.mark.parametrize(("text", "answer"), ERRORS, ids=[row[0] for row in ERRORS])
def test_a_broken_filter_is_answered_as_the_page_says(text: str, answer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(text.strip("`"), "traces")
    assert (raised.value.message, raised.value.field) == (answer, "filter")


def taken(field: Field) -> str:
    words = {
        "string": "text",
        "text": "words",
        "severity": "a severity",
        "integer": "a whole number",
        "duration": "a duration",
        "time": "a time",
        "id": f"{field.digits} hexadecimal digits",
        "enum": ", ".join(name for name, _ in field.names),
    }
    return words[field.kind]


def test_the_page_lists_every_field_with_its_aliases_and_what_it_takes() -> None:
    expected = []
    for field in dict.fromkeys((*SPAN_FIELDS, *LOG_FIELDS)):
        of = "both" if field in SPAN_FIELDS and field in LOG_FIELDS else "logs"
        of = "spans" if of != "both" and field in SPAN_FIELDS else of
        aliases = ", ".join(f"`{alias}`" for alias in field.aliases)
        expected.append([f"`{field.name}`", of, aliases, taken(field)])
    assert rows(section("fields")) == expected


def test_no_two_fields_of_a_signal_share_a_name() -> None:
    for fields, signal in ((SPAN_FIELDS, "traces"), (LOG_FIELDS, "logs")):
        names = sum(1 + len(field.aliases) for field in fields)
        assert len(FIELDS[signal]) == names  # type: ignore[index]
