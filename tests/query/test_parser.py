"""Filters are read as the grammar says, within bounds, and completion is told what may come."""

import pytest

from argus.errors import InvalidInput
from argus.query import FilterSignal, expectation_at, parse, render
from argus.query.fields import FIELDS
from argus.query.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, MAX_WILDCARDS
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Equals,
    Everything,
    Exists,
    Interval,
    Matches,
    Node,
    Not,
    Or,
    Phrase,
    Target,
    Test,
    WordLike,
)

A, B, C = Phrase("a"), Phrase("b"), Phrase("c")


def column(name: str, *, root: bool = False) -> Column:
    signal: FilterSignal = "traces" if name in FIELDS["traces"] else "logs"
    return Column(FIELDS[signal][name], root)


def nested(levels: int) -> str:
    return "(" * levels + "a" + ")" * levels


def phrase(words: int) -> str:
    return f'"{" ".join("a" * words)}"'


def equals(target: Target, text: str, *, string_only: bool = False) -> Test:
    return Test(target, Equals(text, string_only))


TREES: list[tuple[str, Node]] = [
    ("", Everything()),
    (" \t\n", Everything()),
    ("*", Everything()),
    ("a b", And((A, B))),
    ("a AND b c", And((A, B, C))),
    ("a OR b c", Or((A, And((B, C))))),
    ("(a OR b) c", And((Or((A, B)), C))),
    ("NOT a b", And((Not(A), B))),
    ("NOT (a b)", Not(And((A, B)))),
    ("-a --b", And((Not(A), Not(Not(B))))),
    ("a(b)c", And((A, B, C))),
    ("NOT(a)", Not(A)),
    ("(((a)))", A),
    ("and", Phrase("and")),
    ('"AND"', Phrase("AND")),
    ("well-known", Phrase("well-known")),
    (r"\-a", Phrase("-a")),
    (r'"say \"a\" \\ \n"', Phrase(r'say "a" \ \n')),
    ("pay*", WordLike(("pay", ""))),
    ("p**y", WordLike(("p", "y"))),
    ("OR:5", equals(Attribute("OR"), "5")),
    ("k:a:b", equals(Attribute("k"), "a:b")),
    (r"k:C:\dir", equals(Attribute("k"), r"C:\dir")),
    (r"k:\[a\ \(b\)\*", equals(Attribute("k"), "[a (b)*")),
    (r"k\:l:a", equals(Attribute("k:l"), "a")),
    ('k:"5"', equals(Attribute("k"), "5", string_only=True)),
    ('k:"five"', equals(Attribute("k"), "five")),
    ('k:"//b"', equals(Attribute("k"), "//b")),
    ('k:""', equals(Attribute("k"), "")),
    ("k:*a**b", Test(Attribute("k"), Matches(("", "a", "b")))),
    ("k:**", Test(Attribute("k"), Exists())),
    ("k:>-1.5", Test(Attribute("k"), Interval(-1.5, None, True))),
    ("k:[1 TO *}", Test(Attribute("k"), Interval(1, None))),
    ("k:[ 1  TO  2 ]", Test(Attribute("k"), Interval(1, 2))),
    ("k:<1.5KiB", Test(Attribute("k"), Interval(None, 1536, False, True))),
    ("resource.span.a:b", equals(Attribute("span.a", "resource."), "b")),
    ("log.a:b", equals(Attribute("log.a"), "b")),
    ('root."name":b', equals(Attribute("name", root=True), "b")),
    ("root.name:b", equals(column("name", root=True), "b")),
    ("severity:b", equals(Attribute("severity"), "b")),
    ("duration:>1m30s", Test(column("duration"), Interval(90 * 10**9, None, True))),
    ("duration:0", Test(column("duration"), Interval(0, 0))),
    ("trace_id:" + "Ab" * 16, equals(column("trace_id"), "ab" * 16)),
]


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_a_filter_about_spans_is_read_as_this_tree(text: str, tree: Node) -> None:
    assert parse(text, "traces") == tree
    assert parse(render(tree), "traces") == tree


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("error", 17, 20),
        (">=warn", 13, 24),
        (">warn", 17, 24),
        ("<=Warning", 1, 16),
        ("<warn", 1, 12),
        ("[debug TO info]", 5, 12),
        ("{debug TO error}", 9, 16),
        ("[* TO debug]", 1, 8),
        ("unspecified", 0, 0),
    ],
)
def test_a_severity_is_the_numbers_of_its_name(text: str, low: int, high: int) -> None:
    tree = Test(column("severity"), Interval(low, high))
    assert parse(f"severity:{text}", "logs") == tree
    assert parse(render(tree), "logs") == tree


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a)", '2: expected no ")", as no "(" is open'),
        ("()", '2: expected a key or a text after "("'),
        ("a AND OR b", '7: expected a key or a text before "OR"'),
        ("OR a", '1: expected a key or a text before "OR"'),
        ("a -", "3: expected a letter or a digit in what is searched for"),
        (":a", '1: expected a key before ":"'),
        ('"":a', '1: expected a key before ":"'),
        ("resource.:a", '1: expected a key before ":"'),
        ('a"b"', "2: expected a blank before the quote"),
        ('"a b".c', "6: expected a blank after the quote"),
        ('"a""b"', "4: expected a blank after the quote"),
        ('k:a"b"', "4: expected a blank before the quote"),
        ('resource."a" b', '13: expected ":" after the key'),
        ("k*:a", '1: expected a key without "*", or in quotes'),
        ("a*-b", '1: expected one word around "*"'),
        ("k:[1 5]", '6: expected "TO", as in [1 TO 5]'),
        ("k:[1 TO 5", '10: expected "]" or "}" after the range'),
        ("k:[1 TO 5]a", "11: expected a blank after the range"),
        ("k:[5 TO 1]", "3: expected a range with something in it"),
        ("k:[1 TO 1}", "3: expected a range with something in it"),
        ("k:[* TO *]", '3: expected a range with a bound other than "*"'),
        ("k:>a", "4: expected a number or a size, such as 500 or 10MiB"),
        ("k:>1e999", "4: expected a number or a size, such as 500 or 10MiB"),
        ('k:>"1"', '4: expected a value after "k:>"'),
        ("k:(a b)", '3: expected a value after "k:"'),
        ("name:>a", '7: expected a value without "<", ">" or a range: name has no order'),
        ("kind:s*", "6: expected unspecified, internal, server, client, producer or consumer"),
        ("trace_id:ab*", "10: expected 32 hexadecimal digits"),
        ("span_id:" + "é" * 16, "9: expected 16 hexadecimal digits"),
        ("start:>yesterday", "8: expected a time such as 2026-01-31T12:00:00Z"),
        ("start:2026-02-30T00:00:00Z", "7: expected a time such as 2026-01-31T12:00:00Z"),
        ("duration:>9999999999h", "11: expected a duration with a unit, such as 500ms or 1h30m"),
        ("a\0", "2: expected a character that text can have"),
    ],
)  # fmt: skip
def test_a_broken_filter_says_where_and_what_was_expected(text: str, answer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(text, "traces")
    assert raised.value.message == f"filter: column {answer}"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("severity:bad", "10: expected a severity: TRACE, DEBUG, INFO, WARN, ERROR, FATAL"),
        ("severity:>fatal", "11: expected a range with something in it"),
        ("severity_number:>1.5", "18: expected a whole number"),
        ("body:>5", '7: expected a value without "<", ">" or a range: body has no order'),
        ("body:!", "6: expected a letter or a digit in what is searched for"),
        ("root.a:b", '1: expected a key without "root.", which is for traces, or in quotes'),
    ],
)
def test_a_broken_filter_about_logs_says_so_too(text: str, answer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(text, "logs")
    assert raised.value.message == f"filter: column {answer}"


def test_a_shown_part_of_the_filter_is_short_and_printable() -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(f'"{"x" * 50}\n\x07":', "traces")
    assert raised.value.message == f'filter: column 56: expected a value after ""{"x" * 39}…"'
    with pytest.raises(InvalidInput) as raised:
        parse('"a\nb":', "traces")
    assert raised.value.message == 'filter: column 7: expected a value after ""a\ufffdb":"'


@pytest.mark.parametrize(
    ("at_bound", "over", "answer"),
    [
        ("a" * MAX_LENGTH, "a" * (MAX_LENGTH + 1), "4097: expected at most 4096 characters"),
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1), "66: expected at most 64 levels"),
        ("-" * MAX_DEPTH + "a", "-" * MAX_DEPTH + "-a", "66: expected at most 64 levels"),
        ("a " * MAX_TERMS, "a " * MAX_TERMS + "a", "513: expected at most 256 terms"),
        ("* " * MAX_TERMS, "* " * MAX_TERMS + "*", "513: expected at most 256 terms"),
        (phrase(MAX_TERMS), phrase(MAX_TERMS + 1), "1: expected at most 256 terms"),
        ("k:" + "a*" * MAX_WILDCARDS, "k:*" + "a*" * MAX_WILDCARDS, "3: expected at most 8 wild"),
    ],
    ids=["length", "parentheses", "negations", "terms", "everything", "words", "wildcards"],
)
def test_a_filter_may_reach_a_bound_and_not_pass_it(at_bound: str, over: str, answer: str) -> None:
    parse(at_bound, "traces")
    with pytest.raises(InvalidInput, match=f"column {answer}"):
        parse(over, "traces")


@pytest.mark.parametrize(
    ("text", "kind", "begun", "target"),
    [
        ("", "term", "", None),
        ("dur", "term", "dur", None),
        ("a ", "next", "", None),
        ("a AN", "next", "AN", None),
        ("(a)", "next", "", None),
        ("a(", "term", "", None),
        ("a AND ", "term", "", None),
        ("(", "term", "", None),
        ("-ser", "term", "ser", None),
        ("NOT ser", "term", "ser", None),
        ('"a b', "term", '"a b', None),
        ("service:", "value", "", column("service")),
        ("service:sh", "value", "sh", column("service")),
        ('service:"sh', "value", '"sh', column("service")),
        ("service:shop ", "next", "", None),
        ("status:er", "value", "er", column("status")),
        ("resource.env:p", "value", "p", Attribute("env", "resource.")),
        ("duration:>", "bound", "", column("duration")),
        ("duration:>5", "bound", "5", column("duration")),
        ("duration:[5", "bound", "5", column("duration")),
        ("duration:[5ms ", "TO", "", None),
        ("duration:[5ms TO ", "bound", "", column("duration")),
        ("duration:[5ms TO 6ms] ", "next", "", None),
    ],
)
def test_completion_is_told_what_may_stand_at_the_cursor_and_what_is_begun(
    text: str, kind: str, begun: str, target: Target | None
) -> None:
    expectation = expectation_at(text + "later", len(text) + 1, "traces")
    assert (expectation.kind, expectation.target) == (kind, target)
    assert text[expectation.column - 1 :] == begun
