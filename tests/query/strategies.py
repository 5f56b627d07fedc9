"""Random filters and random records in which they find something."""

from typing import Any

from hypothesis import strategies as st

from argus.attributes import search_words
from argus.model import LogRecord, Span
from argus.query.fields import LOG_FIELDS, SPAN_FIELDS, Field, FilterSignal, Prefix
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Condition,
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
    is_word_pattern,
    other_readings,
)
from argus.query.units import MAX_NS
from tests.builders import a_log_record, a_resource, a_scope, a_span

# Few keys and texts, so that filters and records meet; and any text, so that nothing is special.
TEXTS = st.one_of(
    st.sampled_from(
        ["a", "B", "a b", "200", "2e2", "200.0", "true", "null", "NaN", "-0", "straße"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text('ab1 *"\\:()[]{}<>-/\n', max_size=8),
)
# "service" is what `a_resource` calls its first parameter.
KEYS = st.one_of(
    st.sampled_from(["a", "b", "name", "level", "log.a", "resource.a", "root.a", "span.a", "a b"]),
    TEXTS.filter(bool),
).filter(lambda key: key != "service")
NUMBERS = st.one_of(
    st.sampled_from([0, -0.0, 200, 200.0, 2**53 + 1, -(2**63), 2**63 - 1, 1e300]),
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


def parts(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """What is around and between the wildcards of a pattern."""
    return st.lists(texts, min_size=2, max_size=4).map(
        lambda parts: (parts[0], *filter(None, parts[1:-1]), parts[-1])
    )


PATTERNS = parts(TEXTS).filter(lambda parts: parts != ("", "")).map(Matches)
WORD_PARTS = parts(TEXTS.map(lambda text: text.replace(" ", ""))).filter(is_word_pattern)


@st.composite
def intervals(draw: st.DrawFn, numbers: st.SearchStrategy[Any], least: int = 0) -> Interval:
    """An interval with something in it."""
    low, high = sorted([draw(numbers), draw(numbers)])
    low_open, high_open = draw(st.booleans()), draw(st.booleans())
    if low == high:
        return Interval(low, high)
    match draw(st.sampled_from(["low", "high", "both"])):
        case "low":
            return Interval(low, None, low_open)
        case "high":
            return Interval(None, high, False, high_open)
    return Interval(low, high, low_open, high_open)


def conditions(field: Field) -> st.SearchStrategy[Condition]:
    """A condition that a field takes."""
    bands = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)
    by_kind: dict[str, st.SearchStrategy[Condition]] = {
        "string": st.one_of(TEXTS.map(Equals), PATTERNS),
        "text": st.just(Exists()),
        "id": st.sampled_from(["01", "02"]).map(
            lambda digits: Equals(digits * (field.digits // 2))
        ),
        "enum": st.sampled_from([number for _, number in field.names] or [0]).map(
            lambda number: Interval(number, number)
        ),
        "severity": st.one_of(
            st.just(Interval(0, 0)), bands.map(lambda b: Interval(b[0] * 4 + 1, b[1] * 4 + 4))
        ),
        "integer": intervals(st.integers(-5, 30)),
        "duration": intervals(st.one_of(st.integers(0, 10**7), st.integers(0, MAX_NS))),
        "time": intervals(st.integers(0, MAX_NS)),
    }
    return st.one_of(st.just(Exists()), by_kind[field.kind])


def columns(signal: FilterSignal) -> st.SearchStrategy[Test]:
    """A test of a field of the signal."""
    fields = SPAN_FIELDS if signal == "traces" else LOG_FIELDS
    return st.sampled_from(fields).flatmap(
        lambda field: st.builds(Test, st.just(Column(field)), conditions(field))
    )


@st.composite
def attributes(draw: st.DrawFn, signal: FilterSignal) -> Test:
    """A test of an attribute."""
    own: Prefix = "span." if signal == "traces" else "log."
    prefixes: list[Prefix] = ["", own, "resource."]
    target: Target = Attribute(draw(KEYS), draw(st.sampled_from(prefixes)))
    text = draw(TEXTS)
    condition: Condition = draw(
        st.one_of(
            st.just(Exists()),
            st.just(Equals(text)),
            st.just(Equals(text, other_readings(text) != ())),
            PATTERNS,
            intervals(NUMBERS),
        )
    )
    return Test(target, condition)


def trees(signal: FilterSignal) -> st.SearchStrategy[Node]:
    """A tree as the parser makes them, for one signal, without `root.`."""
    body = st.booleans() if signal == "logs" else st.just(False)
    leaves: st.SearchStrategy[Node] = st.one_of(
        st.just(Everything()),
        st.builds(Phrase, TEXTS.filter(lambda text: bool(search_words(text))), body),
        st.builds(WordLike, WORD_PARTS, body),
        columns(signal),
        attributes(signal),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=8,
    )


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(), TEXTS, st.binary(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=4)
SERVICES = st.sampled_from(["shop", "a", ""])
RESOURCES = st.builds(lambda name, others: a_resource(name, **others), SERVICES, ATTRIBUTES)
SCOPES = st.builds(a_scope, st.sampled_from(["", "a", "B"]), st.sampled_from(["", "200"]))


def ids(size: int) -> st.SearchStrategy[bytes]:
    """None, or one that filters look for."""
    return st.sampled_from([b"", b"\1" * size])


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """A span."""
    start_ns = draw(st.integers(0, 10**18))
    return a_span(
        resource=draw(RESOURCES),
        scope=draw(SCOPES),
        name=draw(TEXTS),
        kind=draw(st.integers(0, 6)),
        status=draw(st.integers(0, 3)),
        status_message=draw(TEXTS),
        start_ns=start_ns,
        end_ns=start_ns + draw(st.integers(0, 10**10)),
        parent_span_id=draw(ids(8)),
        trace_state=draw(TEXTS),
        attributes=draw(ATTRIBUTES),
    )


@st.composite
def logs(draw: st.DrawFn) -> LogRecord:
    """A log record."""
    severity = draw(st.integers(0, 24))
    return a_log_record(
        draw(VALUES),
        resource=draw(RESOURCES),
        scope=draw(SCOPES),
        time_ns=draw(st.integers(0, 10**18)),
        observed_ns=draw(st.sampled_from([0, 5])),
        severity="INFO",
        trace_id=draw(ids(16)),
        pattern_id=draw(ids(8)),
        event_name=draw(TEXTS),
        attributes=draw(ATTRIBUTES),
    )._replace(severity=severity, severity_number=severity)
