"""Keeps the rollups in the control database: adds steps to them, and forgets what is old.

Synchronous, on a connection and a thread of its own: the writer of rows never waits for it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    delete,
    func,
    select,
    update,
)

from argus.model import Pattern
from argus.storage.sql.bulk import Rows
from argus.storage.sql.measures import (
    BRIEF,
    HOUR_S,
    MINUTE_S,
    SECOND_NS,
    Key,
    Measure,
    Measures,
    Subject,
    measure,
    widened,
)
from argus.storage.sql.packed import Prepared, packed_rows
from argus.storage.sql.rollups import Progress, Step
from argus.storage.sql.tables import (
    attached,
    known_patterns,
    known_tenants,
    rollup_keys,
    rollup_progress,
    rollups,
)
from argus.storage.sql.tally import Count

T = TypeVar("T")

MAX_OPERATIONS = 2_000
"""Operations of a service that are counted under their own name; later ones share `OTHER`."""
OTHER = "(other operations)"
MAX_PATTERNS = 20_000
"""Patterns of a service, by severity, that are counted under their own name; later ones are
counted as if they had none."""

_KEYS_REMEMBERED = 100_000
_SUMS_REMEMBERED = 20_000
_AT_ONCE = 200
_DROPPED_AT_ONCE = 10
"""Minutes or hours."""
_FACTS = [c for c in rollups.columns if not c.primary_key]
_KEY = [c.name for c in rollups.columns if c.primary_key]
_UPSERT = Rows(rollups, keys=_KEY, merge={c.name: "new" for c in _FACTS})
_KEYS = Rows(rollup_keys)
_PATTERNS = Rows(
    known_patterns,
    keys=("tenant_id", "pattern_id"),
    merge={"template": "new", "first_ns": "min", "last_ns": "max"},
)
_OTHER: dict[int, str] = {Subject.OPERATIONS: OTHER, Subject.PATTERNS: ""}


class RollupStore:
    """The rollups of one control database, over all tenants. Used by one thread at a time."""

    def __init__(self) -> None:
        self._ids: dict[Key, int] = {}
        self._sums: dict[tuple[int, int, int], dict[tuple[int, int], Measure]] = {}
        self._brief: Counter[tuple[int, int, str]] | None = None

    def progress(self, control: Connection) -> Progress:
        """How far the rollups are."""
        found = control.execute(select(rollup_progress.c.span_id, rollup_progress.c.log_id))
        return Progress(*found.one())

    def known_patterns(self, control: Connection) -> list[tuple[str, Pattern]]:
        """The patterns of all tenants by name, those that were seen last first."""
        c, tenants = known_patterns.c, known_tenants.c
        named = select(tenants.name, c.pattern_id, c.template, c.last_ns).join(
            known_tenants, tenants.id == c.tenant_id
        )
        rows = packed_rows(control, named.order_by(c.last_ns.desc()).limit(MAX_PATTERNS))
        return [(name, Pattern(bytes.fromhex(id_), template)) for name, id_, template, _ in rows]

    def add(self, control: Connection, step: Step, brief_from_ns: int = 0) -> None:
        """Add a step, inside a transaction; of what is `BRIEF` before a time only the hours.
        After a rollback `forget` must follow."""
        self._add(control, step.minutes, brief_from_ns)
        _PATTERNS.insert(control, [value for row in step.patterns for value in row])
        control.execute(
            update(rollup_progress).values(
                span_id=step.progress.span_id, log_id=step.progress.log_id
            )
        )

    def add_traces(self, control: Connection, tenant_id: int, counts: Iterable[Count]) -> None:
        """Add traces whose rows are gone, inside a transaction. After a rollback `forget` must
        follow."""
        minutes: Measures = {}
        for one in counts:
            start_ns = one.minute * MINUTE_S * SECOND_NS
            key = Key(tenant_id, Subject.TRACES, one.services)
            measure(minutes, key, start_ns).add(Measure(one.n, 0, 0, start_ns, start_ns))
        self._add(control, minutes)

    def _add(self, control: Connection, minutes: Measures, brief_from_ns: int = 0) -> None:
        if sum(map(len, self._sums.values())) > _SUMS_REMEMBERED:
            self._sums.clear()
        self._find_ids(control, {key for key, _ in minutes})
        lasting = {
            (key, start_ns): found
            for (key, start_ns), found in minutes.items()
            if key.subject not in BRIEF or start_ns >= brief_from_ns
        }
        for width_s, measures in ((HOUR_S, widened(minutes)), (MINUTE_S, lasting)):
            self._merge(control, width_s, measures)

    def forget(self) -> None:
        """A transaction was rolled back: what it gave ids to has none, and no sum holds."""
        self._ids.clear()
        self._sums.clear()
        self._brief = None

    def drop(
        self,
        control: Connection,
        tenant_id: int,
        subjects: Sequence[Subject],
        width_s: int,
        before_ns: int,
    ) -> bool:
        """Forget some rollups of a tenant and width that end at or before a time, inside a
        transaction; False when there are none."""
        c = rollups.c
        for subject in subjects:
            # a stretch of the primary key: without the tenant the whole table is walked
            of = (c.tenant_id == tenant_id, c.subject == subject, c.width_s == width_s)
            oldest_s = control.execute(select(func.min(c.start_s)).where(*of)).scalar_one()
            last_s = before_ns // SECOND_NS - width_s
            if oldest_s is not None and oldest_s <= last_s:
                some_s = min(last_s, oldest_s + _DROPPED_AT_ONCE * width_s)
                control.execute(delete(rollups).where(*of, c.start_s <= some_s))
                self._sums.clear()
                return True
        return False

    def unused_keys(self, reading: Connection) -> list[int]:
        """The keys that no rollup has any more, by a connection that reads a segment."""
        keys = attached(rollup_keys).c
        unused = keys.id.not_in(select(attached(rollups).c.key_id))
        return [id_ for (id_,) in packed_rows(reading, select(keys.id).where(unused))]

    def drop_keys(self, control: Connection, unused: list[int], before_ns: int) -> None:
        """Forget some keys, and the patterns of which the last record was before a time, inside a
        transaction."""
        control.execute(delete(known_patterns).where(known_patterns.c.last_ns < before_ns))
        for some in _chunks(unused):
            control.execute(delete(rollup_keys).where(rollup_keys.c.id.in_(some)))
        self.forget()

    def _find_ids(self, control: Connection, keys: Iterable[Key]) -> None:
        """Have the ids of keys in `_ids`, giving new ones to those that have none."""
        if len(self._ids) > _KEYS_REMEMBERED:
            self._ids.clear()
        digests = {_digest(key): key for key in keys if key not in self._ids}
        for some in _chunks(list(digests)):
            c = rollup_keys.c
            stored = select(c.id, c.tenant_id, c.digest).where(c.digest.in_([d for _, d in some]))
            for id_, tenant_id, digest in packed_rows(control, stored):
                key = digests.pop((tenant_id, bytes.fromhex(digest)), None)
                if key is not None:
                    self._ids[key] = id_
        for (_, digest), key in digests.items():
            self._ids[key] = self._new_id(control, key, digest)

    def _new_id(self, control: Connection, key: Key, digest: bytes) -> int:
        if key.subject in BRIEF and key.name != _OTHER[key.subject]:
            if self._brief is None:
                self._brief = _count_brief(control)
            of_service = (key.tenant_id, key.subject, key.service)
            if self._brief[of_service] >= _most(key.subject):
                other = key._replace(name=_OTHER[key.subject])
                self._find_ids(control, [other])
                return self._ids[other]
            self._brief[of_service] += 1
        newest = control.execute(select(func.max(rollup_keys.c.id))).scalar_one()
        id_: int = (newest or 0) + 1
        tenant_id, subject, *names = key
        _KEYS.insert(control, [id_, tenant_id, subject, digest, *names])
        return id_

    def _merge(self, control: Connection, width_s: int, measures: Measures) -> None:
        """Add measures of a width to those that are stored."""
        groups: dict[tuple[int, int], dict[tuple[int, int], Measure]] = {}
        for (key, start_ns), found in measures.items():
            group = groups.setdefault((key.tenant_id, key.subject), {})
            place = (start_ns, self._ids[key])
            if place in group:
                group[place].add(found)
                group[place].add_slots(found.slots)
            else:
                group[place] = found
        for (tenant_id, subject), group in groups.items():
            fixed = (tenant_id, subject, width_s)
            sums = self._sums.setdefault(fixed, {})
            unknown = {place for place in group if place not in sums}
            for start_ns, key_id, *values in _stored(control, fixed, {at for at, _ in unknown}):
                if (start_ns, key_id) in unknown:
                    sums[start_ns, key_id] = Measure.of(values)
            rows: list[Any] = []
            for place in sorted(group):
                found = sums.setdefault(place, group[place])
                if found is not group[place]:
                    found.add(group[place])
                    found.add_slots(group[place].slots)
                start_ns, key_id = place
                rows += (*fixed, start_ns // SECOND_NS, key_id, *found.values(start_ns))
            _UPSERT.insert(control, rows)


def _most(subject: int) -> int:
    return MAX_OPERATIONS if subject == Subject.OPERATIONS else MAX_PATTERNS


def _digest(key: Key) -> tuple[int, bytes]:
    tenant_id, *rest = key
    return tenant_id, blake2b(msgspec.json.encode(rest), digest_size=16).digest()


def _count_brief(control: Connection) -> Counter[tuple[int, int, str]]:
    c = rollup_keys.c
    keys = (c.tenant_id, c.subject, c.service)
    counted = select(*keys, func.count().label("n")).where(c.subject.in_(BRIEF)).group_by(*keys)
    return Counter({tuple(key): n for *key, n in packed_rows(control, counted)})


def _select_stored() -> Select[Any]:
    c = rollups.c
    start_ns = c.start_s * SECOND_NS
    first_ns = start_ns + c.first_after_ns
    facts = (c.count, c.errors, c.duration_ns, first_ns.label("first"))
    return select(
        start_ns.label("start"), c.key_id, *facts, (first_ns + c.lasted_ns).label("last"),
        c.buckets, c.slots,
    ).where(
        c.tenant_id == bindparam("tenant_id"),
        c.subject == bindparam("subject"),
        c.width_s == bindparam("width_s"),
        c.start_s.in_(bindparam("starts", expanding=True)),
    )  # fmt: skip


_STORED = Prepared(_select_stored())


def _stored(
    control: Connection, fixed: tuple[int, int, int], starts: set[int]
) -> Iterator[list[Any]]:
    """The stored rollups of a tenant, subject and width with one of these starts."""
    of = dict(zip(("tenant_id", "subject", "width_s"), fixed, strict=True))
    for some in _chunks(sorted(start_ns // SECOND_NS for start_ns in starts)):
        yield from packed_rows(control, _STORED, {**of, "starts": some})


def _chunks(items: list[T]) -> Iterator[list[T]]:
    for first in range(0, len(items), _AT_ONCE):
        yield items[first : first + _AT_ONCE]
