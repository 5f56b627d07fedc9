"""Reads the filter language: text -> syntax tree, by recursive descent.

    filter  = [ or ]                       term  = text | key ":" test
    or      = and { "OR" and }             text  = run | quoted
    and     = not { [ "AND" ] not }        key   = { prefix } name ; name = run | quoted
    not     = ( "NOT" | "-" ) not          test  = run | quoted | ( ">" | ">=" | "<" | "<=" ) run
            | "(" or ")" | term                  | ( "[" | "{" ) run "TO" run ( "]" | "}" )

A run ends at a blank, a quote or a parenthesis (a key's at ":", too), in a range also at "]" and
"}". In a run "*" is a wildcard, and a backslash takes the meaning from a special character.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NoReturn

from argus.errors import InvalidInput
from argus.query import operands
from argus.query.fields import FIELDS, PREFIXES, ROOT, FilterSignal
from argus.query.tree import (
    And,
    Attribute,
    Column,
    Everything,
    Node,
    Not,
    Or,
    Phrase,
    Target,
    Test,
    WordLike,
)

MAX_LENGTH = 4096
"""Characters of a filter."""
MAX_DEPTH = 64
"""Parentheses and NOTs within each other."""
MAX_TERMS = 256
"""Terms of a filter; of a text to search for, each word counts."""
MAX_WILDCARDS = 8
"""Wildcards in one term."""

_BLANKS = re.compile(r"\s*")
# What a backslash before it makes an ordinary character of a run.
_SPECIAL = r'[\s()"*:\\<>\[\]{}/-]'
_ESCAPE = rf"\\(?:{_SPECIAL})?"
_RUN = re.compile(rf'(?:{_ESCAPE}|[^\s()"\\])+')
_KEY = re.compile(rf'(?:{_ESCAPE}|[^\s()"\\:])+')
_BOUND = re.compile(r'[^\s()"\]}]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RUN_PIECE = re.compile(rf"\\({_SPECIAL})|(\*+)|(.)", re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'\\(["\\])')
_OPERATOR = re.compile("[<>]=?")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_KEYWORDS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What may stand at a place of a filter.

    `kind`: a "term" (a key, a text, NOT, a parenthesis), what comes "next" to one (AND, OR, a
    further term), the "value" of `target`, one of its "bound"s (after an operator or in a range)
    or the "TO" of a range. What is there already begins at `column` (the first is 1).
    """

    kind: Literal["term", "next", "value", "bound", "TO"]
    column: int
    target: Target | None = None


def parse(text: str, signal: FilterSignal) -> Node:
    """The tree of a filter about spans ("traces") or log records ("logs").

    Raises InvalidInput(field="filter"), one line with the column and what was expected there.
    """
    return _Parser(text, signal).filter()


def expectation_at(text: str, column: int, signal: FilterSignal) -> Expectation:
    """What may stand where the cursor is: before the character at `column` (the first is 1).

    The text before the cursor decides; from the answer's column to there it has been begun.
    """
    parser = _Parser(text[: max(column - 1, 0)], signal)
    with suppress(InvalidInput):
        parser.filter()
    return parser.expectation


class _Parser:
    def __init__(self, text: str, signal: FilterSignal) -> None:
        self.text = text
        self.signal = signal
        self.position = 0
        self.terms = 0
        self.expectation = Expectation("term", 1)

    def filter(self) -> Node:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"at most {MAX_LENGTH} characters", MAX_LENGTH)
        if unstorable := _UNSTORABLE.search(self.text):
            self.fail("a character that text can have", unstorable.start())
        self.blanks()
        if self.at_end():
            return Everything()
        tree = self.either(0)
        if not self.at_end():
            self.fail('no ")", as no "(" is open')
        return tree

    def either(self, depth: int) -> Node:
        terms = [self.both(depth)]
        while self.keyword("OR"):
            terms.append(self.both(depth))
        return Or(tuple(terms)) if len(terms) > 1 else terms[0]

    def both(self, depth: int) -> Node:
        terms = [self.negated(depth)]
        while True:
            end = self.position
            self.blanks()
            if self.position > end or not self.at_end() or self.text[end - 1] == ")":
                self.expect("next")  # else the term may still be being written
            if not self.keyword("AND") and (
                self.at_end() or self.sees(")") or self.run(_RUN) == "OR"
            ):
                return And(tuple(terms)) if len(terms) > 1 else terms[0]
            terms.append(self.negated(depth))

    def negated(self, depth: int) -> Node:
        self.blanks()
        start = self.position
        if depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} levels of parentheses and NOT")
        if self.keyword("NOT"):
            return Not(self.negated(depth + 1))
        if self.sees("-") and not _BLANKS.fullmatch(self.text, start + 1, start + 2):
            self.position += 1
            return Not(self.negated(depth + 1))
        if not self.sees("("):
            return self.term()
        self.position += 1
        tree = self.either(depth + 1)
        if not self.sees(")"):
            self.fail(f'a ")" for the "(" in column {start + 1}')
        self.position += 1
        return tree

    def term(self) -> Node:
        if self.expectation.kind != "next" or self.expectation.column != self.position + 1:
            self.expect("term")
        start = self.position
        if self.at_end() or self.sees(")"):
            before = self.text[:start].split()
            where = f' after "{_shown(before[-1])}"' if before else ""
            self.fail(f"a key or a text{where}")
        if self.sees('"'):
            quoted = self.quoted()
            if self.sees(":"):
                return self.test(start, Attribute(self.not_empty(quoted, start)))
            self.ended("quote")
            return self.searched(start, (quoted,))
        key = self.run(_KEY)
        after = start + len(key)
        if self.text.startswith('"', after):
            return self.test_of_prefix(start, key)
        if self.text.startswith(":", after) and not self.text.startswith("://", after):
            self.position = after
            return self.test(start, self.target(key, start))
        run = self.run(_RUN)
        if run in _KEYWORDS:
            self.fail(f'a key or a text before "{run}"')
        self.position += len(run)
        if self.sees('"'):
            self.fail("a blank before the quote")
        return self.searched(start, self.parts(run, start))

    def test_of_prefix(self, start: int, prefix: str) -> Node:
        """`resource."a key":`, the cursor being before the prefix."""
        self.position += len(prefix)
        target = self.target(prefix + "x", start) if prefix.endswith(".") else None
        if not isinstance(target, Attribute) or target.key != "x":
            self.fail("a blank before the quote")
        key = self.not_empty(self.quoted(), self.position)
        if not self.sees(":"):
            self.fail('":" after the key')
        return self.test(start, Attribute(key, target.prefix, target.root))

    def target(self, run: str, start: int) -> Target:
        parts = self.parts(run, start)
        key = parts[0]
        if len(parts) > 1:
            self.fail('a key without "*", or in quotes', start)
        if root := key.startswith(ROOT):
            if self.signal == "logs":
                self.fail(f'a key without "{ROOT}", which is for traces, or in quotes', start)
            key = key.removeprefix(ROOT)
        for prefix in PREFIXES[self.signal]:
            if key.startswith(prefix):
                return Attribute(self.not_empty(key.removeprefix(prefix), start), prefix, root)
        field = FIELDS[self.signal].get(key)
        return Column(field, root) if field else Attribute(self.not_empty(key, start), root=root)

    def test(self, start: int, target: Target) -> Node:
        self.position += 1
        self.expect("value", target)
        value = self.position
        self.count(1, start)
        if self.sees('"'):
            quoted = self.quoted()
            self.ended("quote")
            return self.checked(target, (quoted,), value, quoted=True)
        if self.sees("[") or self.sees("{"):
            return self.range(start, target)
        if operator := _OPERATOR.match(self.text, value):
            self.position = operator.end()
            self.expect("bound", target)
            value = self.position
        run = self.run(_RUN)
        if not run:
            self.fail(f'a value after "{_shown(self.text[start : self.position])}"')
        self.position += len(run)
        if self.sees('"'):
            self.fail("a blank before the quote")
        if not operator:
            return self.checked(target, self.parts(run, value), value, quoted=False)
        try:
            return operands.comparison(target, operator[0], run)
        except operands.Expected as expected:
            self.fail(str(expected), value)

    def checked(self, target: Target, parts: tuple[str, ...], value: int, *, quoted: bool) -> Node:
        try:
            leaf = operands.test(target, parts, quoted=quoted)
        except operands.Expected as expected:
            self.fail(str(expected), value)
        return self.with_words(leaf, value)

    def range(self, start: int, target: Target) -> Test:
        opening = self.position
        self.position += 1
        low = self.bound(target)
        self.expect("TO")
        if self.run(_BOUND) != "TO":
            self.fail('"TO", as in [1 TO 5]')
        self.position += 2
        high = self.bound(target)
        if not (self.sees("]") or self.sees("}")):
            self.fail('"]" or "}" after the range')
        self.position += 1
        self.ended("range")
        open_ = (self.text[opening] == "{", self.text[self.position - 1] == "}")
        try:
            return operands.between(target, low, high, open_)
        except operands.Expected as expected:
            self.fail(str(expected), opening)

    def bound(self, target: Target) -> operands.Band | None:
        self.blanks()
        self.expect("bound", target)
        start = self.position
        run = self.run(_BOUND)
        self.position += len(run)
        try:
            band = None if run == "*" else operands.bound(target, run)
        except operands.Expected as expected:
            self.fail(str(expected), start)
        self.blanks()
        return band

    def searched(self, start: int, parts: tuple[str, ...]) -> Node:
        """A text to search for."""
        self.count(1, start)
        if parts == ("", ""):
            return Everything()
        try:
            leaf = operands.words(parts)
        except operands.Expected as expected:
            self.fail(str(expected), start)
        return self.with_words(leaf, start)

    def with_words(self, leaf: Test | Phrase | WordLike, start: int) -> Node:
        if isinstance(leaf, Phrase):
            self.count(len(leaf.words) - 1, start)
        return leaf

    def count(self, terms: int, start: int) -> None:
        self.terms += terms
        if self.terms > MAX_TERMS:
            self.fail(f"at most {MAX_TERMS} terms and words", start)

    def parts(self, run: str, start: int) -> tuple[str, ...]:
        """A run without its escapes, split at its wildcards; several in a row are one."""
        parts = [""]
        for escaped, wildcard, plain in _RUN_PIECE.findall(run):
            if wildcard:
                parts.append("")
            else:
                parts[-1] += escaped or plain
        if len(parts) > MAX_WILDCARDS + 1:
            self.fail(f"at most {MAX_WILDCARDS} wildcards in a term", start)
        return tuple(parts)

    def quoted(self) -> str:
        found = _QUOTED.match(self.text, self.position)
        if found is None:
            self.fail("a second quote that ends what this one begins")
        self.position = found.end()
        return _QUOTED_ESCAPE.sub(r"\1", found[1])

    def ended(self, what: str) -> None:
        if self.run(_RUN) or self.sees('"'):
            self.fail(f"a blank after the {what}")

    def not_empty(self, key: str, start: int) -> str:
        if not key:
            self.fail('a key before ":"', start)
        return key

    def keyword(self, word: str) -> bool:
        self.blanks()
        if self.run(_RUN) != word:
            return False
        self.position += len(word)
        return True

    def run(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.position)
        return found[0] if found else ""

    def sees(self, character: str) -> bool:
        return self.text.startswith(character, self.position)

    def at_end(self) -> bool:
        return self.position == len(self.text)

    def blanks(self) -> None:
        self.position += len(self.run(_BLANKS))

    def expect(
        self, kind: Literal["term", "next", "value", "bound", "TO"], target: Target | None = None
    ) -> None:
        self.expectation = Expectation(kind, self.position + 1, target)

    def fail(self, expected: str, position: int | None = None) -> NoReturn:
        column = (self.position if position is None else position) + 1
        raise InvalidInput(f"filter: column {column}: expected {expected}", field="filter")


def _shown(text: str) -> str:
    short = text if len(text) <= 40 else f"{text[:40]}…"
    return _UNPRINTABLE.sub("\ufffd", short)
