"""Answers what log records say: how often, since when, and of which services and severities."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from argus.model import SEVERITIES, UNSPECIFIED, severity_floor
from argus.storage import PatternNumbers, PatternQuery, Patterns
from argus.storage.sql.engine import View
from argus.storage.sql.measures import MINUTE_S, Key, Subject
from argus.storage.sql.numbers import Numbers
from argus.storage.sql.overview import TREND_BUCKETS, columns_of

_SUBJECTS = (Subject.PATTERNS,)
_NAMES = (UNSPECIFIED, *SEVERITIES)


def patterns_in(views: Sequence[View], query: PatternQuery) -> Patterns:
    """The patterns of the log records that a query is about, the most frequent first."""
    numbers = Numbers(views)
    columns, plan = columns_of(
        numbers, query.range, TREND_BUCKETS, narrowest_s=MINUTE_S, subjects=_SUBJECTS
    )
    wanted = _Wanted(views[0], query)
    parts: dict[str, Counter[Key]] = defaultdict(Counter)
    for key, count, _ in numbers.counts(plan, _SUBJECTS, query.services):
        if wanted.holds(key):
            parts[key.name][key] += count
    order = sorted(parts, key=lambda name: (-parts[name].total(), name))
    page = order[query.offset : query.offset + query.limit]
    trends: dict[str, list[int]] = {name: [0] * columns.count for name in page}
    if page:
        sums = numbers.sums(plan, _SUBJECTS, query.services, buckets=False, names=page)
        for key, start_ns, _, found in sums:
            if wanted.holds(key):
                trends[key.name][columns.of(start_ns)] += found.count
    known = _known(views[0], page)
    return Patterns(
        plan.start_ns, plan.end_ns, columns.width_s, columns.starts_ns,
        [_numbers(name, parts[name], trends[name], known[name]) for name in page if name in known],
        len(order), sum(part.total() for part in parts.values()),
    )  # fmt: skip


class _Wanted:
    """Which keys count."""

    def __init__(self, view: View, query: PatternQuery) -> None:
        self._severities = {
            0 if name.strip().upper() == UNSPECIFIED else (severity_floor(name) + 3) // 4
            for name in query.severities
        }
        self._ids = {id_.hex() for id_ in query.ids} if query.ids else None
        if query.new_since_ns is not None:
            c = view.patterns.c
            new = view.rows(select(c.pattern_id).where(c.first_ns >= query.new_since_ns))
            ids = {id_.lower() for (id_,) in new}
            self._ids = ids if self._ids is None else ids & self._ids

    def holds(self, key: Key) -> bool:
        """Whether records of this key are asked about."""
        if not key.name or (self._ids is not None and key.name not in self._ids):
            return False
        return not self._severities or key.detail in self._severities


def _known(view: View, names: Sequence[str]) -> dict[str, tuple[str, int, int]]:
    """(template, first and last time) of some patterns."""
    c = view.patterns.c
    ids = [bytes.fromhex(name) for name in names]
    rows = view.rows(
        select(c.pattern_id, c.template, c.first_ns, c.last_ns).where(c.pattern_id.in_(ids))
    )
    return {id_.lower(): (template, first, last) for id_, template, first, last in rows}


def _numbers(
    name: str, counts: Counter[Key], trend: list[int], known: tuple[str, int, int]
) -> PatternNumbers:
    services: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    for key, count in counts.items():
        services[key.service] += count
        severities[_NAMES[key.detail]] += count
    template, first, last = known
    return PatternNumbers(
        bytes.fromhex(name), template, counts.total(), trend, services.most_common(),
        severities.most_common(), first, last,
    )  # fmt: skip
