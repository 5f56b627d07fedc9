"""The templates of one tenant's log records: a bounded tree that new shapes are sorted into.

The idea is Drain's (He et al., ICWS 2017): shapes of as many words and with the same first word
are compared word by word. What differs from it: plain words that differ make another template
until there are `MOST_SIBLINGS` that differ in no more than that, so that `cache hit` and `cache
miss` stay apart while names of users become a variable.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from operator import ne

from argus.analysis.shapes import VARIABLE, is_value

MOST_SIBLINGS = 8
MOST_OF_A_LEAF = 32
MOST_FIRST_WORDS = 200

Words = tuple[str, ...]
_Key = tuple[int, str]


class Template:
    """Words, some of them variable, under an id that stays when more of them become variable."""

    __slots__ = ("id", "text", "words")

    def __init__(self, words: Words, id_: bytes | None = None) -> None:
        self.words = words
        self.text = " ".join(words)
        self.id = id_ or blake2b(self.text.encode("utf-8", "replace"), digest_size=8).digest()

    def widen(self, words: Words) -> None:
        """Let words that differ be variable."""
        pairs = zip(self.words, words, strict=True)
        self.words = tuple(mine if mine == other else VARIABLE for mine, other in pairs)
        self.text = " ".join(self.words)

    def covers(self, words: Words) -> bool:
        """Whether a shape of as many words is of this template."""
        return not any(self._differing(words))

    def distance(self, words: Words) -> list[int]:
        """Where a shape of as many words is not of this template."""
        return list(self._differing(words))

    def _differing(self, words: Words) -> Iterator[int]:
        if self.words != words:
            for position, differs in enumerate(map(ne, self.words, words)):
                if differs and self.words[position] != VARIABLE:
                    yield position


class Room:
    """How many templates there may be of all tenants together, and how many there are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether there may be no more."""
        return self.taken >= self.most


class Templates:
    """At most `most` templates, while there is room for them. Beyond that, shapes that belong to
    none are all of `anything`."""

    def __init__(self, most: int, room: Room) -> None:
        self._most = most
        self._room = room
        self._leaves: dict[_Key, list[Template]] = {}
        self._first_words: dict[int, int] = {}
        self.size = 0
        self.anything = Template((VARIABLE,))

    def restore(self, known: Iterable[tuple[bytes, str]]) -> None:
        """Take in templates (id, text) that were made before this start."""
        for id_, text in known:
            words = tuple(text.split())
            if words and not self._full:
                leaf = self._leaf(words)
                self._drop_covered(leaf, Template(words, id_))

    def of(self, words: Words) -> tuple[Template, bool]:
        """The template of a shape, and whether another became wider for it."""
        leaf = self._leaf(words)
        nearest: tuple[int, Template] | None = None
        close = 0
        for template in leaf:
            distance = template.distance(words)
            if not distance:
                return template, False
            if 3 * len(distance) > len(words):
                continue
            if nearest is None or len(distance) < nearest[0]:
                nearest = len(distance), template
            if all(is_value(words[at]) and is_value(template.words[at]) for at in distance):
                return self._widened(leaf, template, words), True
            close += 1
        if nearest is not None and (close >= MOST_SIBLINGS or len(leaf) >= MOST_OF_A_LEAF):
            return self._widened(leaf, nearest[1], words), True
        if len(leaf) >= MOST_OF_A_LEAF:
            words = (words[0], *[VARIABLE] * (len(words) - 1))
        if self._full:
            return self.anything, False
        template = Template(words)
        return template, self._drop_covered(leaf, template)

    @property
    def _full(self) -> bool:
        return self.size >= self._most or self._room.full

    def _count(self, more: int) -> None:
        self.size += more
        self._room.taken += more

    def _leaf(self, words: Words) -> list[Template]:
        first = words[0] if words else ""
        key = len(words), VARIABLE if VARIABLE in first else first
        leaf = self._leaves.get(key)
        if leaf is None:
            if self._first_words.get(len(words), 0) >= MOST_FIRST_WORDS:
                key = len(words), VARIABLE
            else:
                self._first_words[len(words)] = self._first_words.get(len(words), 0) + 1
            leaf = self._leaves.setdefault(key, [])
        return leaf

    def _widened(self, leaf: list[Template], template: Template, words: Words) -> Template:
        template.widen(words)
        leaf.remove(template)
        self._count(-1)
        self._drop_covered(leaf, template)
        return template

    def _drop_covered(self, leaf: list[Template], template: Template) -> bool:
        """Put a template into a leaf, in the place of those that it makes needless; whether there
        were any."""
        if any(one.covers(template.words) for one in leaf):
            return False
        left = [one for one in leaf if not template.covers(one.words)]
        dropped = len(leaf) - len(left)
        self._count(1 - dropped)
        leaf[:] = [*left, template]
        return dropped > 0
