"""The inverted indexes on database servers.

There the word of a trace is the B-tree on `trace_id`; every other word is 64 bits of its hash,
which is what the tables of the indexes hold. Two of a million words share a hash with a probability
of one in thirty million, so that a hit counts as exact.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from argus.storage.sql import tables
from argus.storage.sql.bulk import Rows
from argus.storage.sql.index import KINDS, Id, Ids, Kind
from argus.storage.sql.types import TEXT
from argus.storage.sql.words import All, Among, Beginning, Expression, Some, trace_word

_MEMO_LIMIT = 200_000
_MOST_JOINED = 8  # of the 61 tables that MySQL joins
_TRACE = trace_word(b"")
# as the tokenizer of the index on SQLite separates words
_WORD = re.compile(r"[0-9A-Za-z\x1f\x80-\U0010ffff]+")
_UPPER = {ord(c): ord(c.lower()) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_ROWS: dict[Kind, Table] = {"span": tables.spans, "log": tables.logs}


class Hashes:
    """64 bits of each word, with a bounded memory of them."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, word: str) -> int:
        """The hash of a word."""
        found = self._known.get(word)
        if found is None:
            if len(self._known) >= _MEMO_LIMIT:
                self._known.clear()
            digest = blake2b(word.encode(), digest_size=8).digest()
            found = self._known[word] = int.from_bytes(digest, "big", signed=True)
        return found

    def of_document(self, document: str) -> list[int]:
        """The hashes of all words of a document but that of its trace, each once."""
        folded = document.lower() if document.isascii() else document.translate(_UPPER)
        words = dict.fromkeys(_WORD.findall(folded))
        return [self.of(word) for word in words if not word.startswith(_TRACE)]


class HashIndex:
    """What the indexes of all servers have in common."""

    knows_beginnings = counts = False

    def __init__(self) -> None:
        self.hashes = Hashes()
        metadata = MetaData()
        self.tables: dict[Kind, Table] = {kind: self._table(kind, metadata) for kind in KINDS}
        self._inserts = {kind: Rows(table) for kind, table in self.tables.items()}

    def _table(self, kind: Kind, metadata: MetaData) -> Table:
        raise NotImplementedError

    def _rows(self, id_: int, hashes: list[int]) -> Iterable[Any]:
        """The values of the rows of the index that one document makes."""
        raise NotImplementedError

    def _having(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        """Whether the row of an id has at least one of some hashes."""
        raise NotImplementedError

    def _having_all(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        """Whether the row of an id has all of some hashes."""
        raise NotImplementedError

    def create(self, connection: Connection, kind: Kind) -> None:
        self.tables[kind].create(connection)

    def clear(self, connection: Connection, kind: Kind) -> None:
        connection.execute(delete(self.tables[kind]))

    def insert(self, connection: Connection, kind: Kind, documents: Sequence[Any]) -> None:
        of, pairs = self.hashes.of_document, iter(documents)
        flat: list[Any] = []
        for id_, document in zip(pairs, pairs, strict=True):
            flat += self._rows(id_, of(document))
        self._inserts[kind].insert(connection, flat)

    def optimize(self, connection: Connection, kind: Kind) -> None:
        """A server looks after its indexes."""

    def ids(self, kind: Kind, expression: Expression, first_id: Id, last_id: Id) -> Select[Any]:
        c = _ROWS[kind].alias().c
        return select(c.id).where(
            c.id.between(first_id, last_id), self._holds(kind, c.id, c.trace_id, expression)
        )

    def matches(
        self, connection: Connection, kind: Kind, expression: Expression, most: int, ids: Ids
    ) -> int | None:
        return None  # another round trip

    def span_ids_of_trace(self, spans: FromClause) -> Select[Any]:
        c = tables.spans.alias().c
        return select(c.id).where(c.trace_id == spans.c.trace_id).correlate(spans)

    def _holds(
        self,
        kind: Kind,
        id_: ColumnElement[int],
        trace_id: ColumnElement[bytes],
        expression: Expression,
    ) -> ColumnElement[bool]:
        match expression:
            case Among(words):
                traces = [bytes.fromhex(w[len(_TRACE) :]) for w in words if w.startswith(_TRACE)]
                others = [self.hashes.of(w) for w in words if not w.startswith(_TRACE)]
                found = [trace_id.in_(traces)] if traces else []
                if others:
                    found.append(self._having(kind, id_, others))
                return or_(*found)
            case Beginning():
                raise ValueError("this index does not know the beginnings of words")
            case All(parts):
                single = [word for part in parts if (word := _only_word(part))]
                rest = [part for part in parts if not _only_word(part)]
                every = [self._holds(kind, id_, trace_id, part) for part in rest]
                if single:
                    hashes = [self.hashes.of(word) for word in single]
                    every.append(self._having_all(kind, id_, hashes))
                return and_(*every)
            case Some(parts):
                return or_(*(self._holds(kind, id_, trace_id, part) for part in parts))


class GinIndex(HashIndex):
    """PostgreSQL: an array of hashes per row, under GIN. Its pending list is small: every look-up
    reads all of it."""

    def _table(self, kind: Kind, metadata: MetaData) -> Table:
        words: Column[Any] = Column("words", ARRAY(BigInteger), nullable=False)
        return Table(
            f"{kind}_words",
            metadata,
            Column("id", BigInteger, primary_key=True, autoincrement=False),
            words,
            Index(
                f"{kind}_words_by_word",
                words,
                postgresql_using="gin",
                postgresql_with={"fastupdate": "on", "gin_pending_list_limit": 1024},
            ),
        )

    def _rows(self, id_: int, hashes: list[int]) -> Iterable[Any]:
        return id_, hashes

    def _having(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        c = self.tables[kind].alias().c
        return id_.in_(select(c.id).where(c.words.overlap(hashes)))

    def _having_all(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        c = self.tables[kind].alias().c
        return id_.in_(select(c.id).where(c.words.contains(hashes)))


class PairIndex(HashIndex):
    """MySQL and MariaDB: a row for each word of a row, clustered by word."""

    def _table(self, kind: Kind, metadata: MetaData) -> Table:
        return Table(
            f"{kind}_words",
            metadata,
            Column("word", BigInteger, nullable=False),
            Column("id", BigInteger, nullable=False),
            PrimaryKeyConstraint("word", "id"),
        )

    def _rows(self, id_: int, hashes: list[int]) -> Iterable[Any]:
        return (value for number in hashes for value in (number, id_))

    def _having(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        c = self.tables[kind].alias().c
        return id_.in_(select(c.id).where(c.word.in_(hashes)))

    def _having_all(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        if len(hashes) <= _MOST_JOINED:
            return and_(*(self._having(kind, id_, [number]) for number in hashes))
        c = self.tables[kind].alias().c
        found = select(c.id).where(c.word.in_(hashes)).group_by(c.id)
        return id_.in_(found.having(func.count() == len(set(hashes))))


class LikeIndex(HashIndex):
    """SQL Server, whose full-text search is an optional part: a text that is looked through."""

    def _table(self, kind: Kind, metadata: MetaData) -> Table:
        return Table(
            f"{kind}_words",
            metadata,
            Column("id", BigInteger, primary_key=True, autoincrement=False),
            Column("words", TEXT, nullable=False),
        )

    def _rows(self, id_: int, hashes: list[int]) -> Iterable[Any]:
        return id_, f" {' '.join(map(_hex, hashes))} "

    def _having(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        c = self.tables[kind].alias().c
        having = or_(*(c.words.like(f"% {_hex(number)} %") for number in hashes))
        return id_.in_(select(c.id).where(having))

    def _having_all(self, kind: Kind, id_: ColumnElement[int], hashes: list[int]) -> Any:
        c = self.tables[kind].alias().c
        having = (c.words.like(f"% {_hex(number)} %") for number in hashes)
        return id_.in_(select(c.id).where(*having))


def _only_word(expression: Expression) -> str:
    """The word of an expression that asks for one, unless it is that of a trace."""
    if isinstance(expression, Among) and len(expression.words) == 1:
        (word,) = expression.words
        return "" if word.startswith(_TRACE) else word
    return ""


def _hex(number: int) -> str:
    return f"{number & 0xFFFFFFFFFFFFFFFF:016x}"
