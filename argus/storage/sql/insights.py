"""Insights in the control database: those that are there, new ones, and what asking has cost."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import Select, delete, insert, select, update

from argus.storage.insights import Insight, InsightKey
from argus.storage.sql.control import Control
from argus.storage.sql.engine import View
from argus.storage.sql.tables import insights, token_notes

_AT_ONCE = 500
_HOUR_NS = 3600 * 10**9


def insights_in(views: Sequence[View], keys: Iterable[InsightKey]) -> dict[InsightKey, Insight]:
    """Those of the keys that a model said something of."""
    wanted = set(keys)
    ids = sorted({key.pattern_id for key in wanted})
    found: dict[InsightKey, Insight] = {}
    for start in range(0, len(ids), _AT_ONCE):
        for one in _read(views[0], ids[start : start + _AT_ONCE]):
            if one.key in wanted:
                found[one.key] = one
    return found


def _read(view: View, pattern_ids: list[bytes]) -> list[Insight]:
    c = view.insights.c
    wanted: Select[tuple[str, ...]] = select(
        c.pattern_id, c.service, c.version, c.created_ns, c.log_id, c.model, c.tokens, c.text,
        c.details,
    ).where(c.pattern_id.in_(pattern_ids))  # fmt: skip
    return [
        Insight(InsightKey(bytes.fromhex(pattern_id), service, version), *rest)
        for pattern_id, service, version, *rest in view.rows(wanted)
    ]


class Insights:
    """Keeps insights, over all tenants. Used by the upkeep thread."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def put(self, tenant_id: int, insight: Insight) -> None:
        """Keep an insight, in the place of an older one about the same."""
        key, *rest = insight
        digest = blake2b(msgspec.json.encode([key.service, key.version]), digest_size=16).digest()
        names = ("created_ns", "log_id", "model", "tokens", "text", "details")
        row = {"tenant_id": tenant_id, **key._asdict(), "digest": digest}
        c = insights.c
        with self._control.transaction() as connection:
            connection.execute(
                delete(insights).where(
                    c.tenant_id == tenant_id, c.pattern_id == key.pattern_id, c.digest == digest
                )
            )
            connection.execute(insert(insights).values(row | dict(zip(names, rest, strict=True))))


class TokenNotes:
    """Keeps what requests to a model have cost in the last hour. Used by the upkeep thread."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def note(self, at_ns: int, tokens: int) -> int:
        """Contract of `Storage.note_tokens`."""
        c = token_notes.c
        with self._control.transaction() as connection:
            connection.execute(delete(token_notes).where(c.at_ns <= at_ns - _HOUR_NS))
            made = connection.execute(insert(token_notes).values(at_ns=at_ns, tokens=tokens))
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])

    def correct(self, number: int, tokens: int) -> None:
        """Contract of `Storage.correct_tokens`."""
        changed = update(token_notes).where(token_notes.c.id == number).values(tokens=tokens)
        with self._control.transaction() as connection:
            connection.execute(changed)

    def since(self, at_ns: int) -> list[tuple[int, int]]:
        """Contract of `Storage.noted_tokens`."""
        c = token_notes.c
        wanted = select(c.at_ns, c.tokens).where(c.at_ns > at_ns).order_by(c.at_ns)
        with self._control.transaction() as connection:
            return [(int(at), int(tokens)) for at, tokens in connection.execute(wanted)]
