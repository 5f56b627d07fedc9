"""The statements that read rollups, each put together once: what they ask for is in `asked`."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from argus.storage.sql.engine import View
from argus.storage.sql.measures import ALL, HOUR_S, MINUTE_S, SECOND_NS, Subject
from argus.storage.sql.packed import Prepared
from argus.storage.sql.ranges import Piece
from argus.storage.sql.spelling import contains, whole_parts
from argus.storage.sql.summaries import quoted_service

MILLION = 10**6

_c, _keys = View.rollups.c, View.rollup_keys.c
_START_NS = _c.start_s * SECOND_NS
_FIRST_NS = _START_NS + _c.first_after_ns
_LAST_NS = _FIRST_NS + _c.lasted_ns
_SUBJECTS = bindparam("subjects", expanding=True, type_=Integer)
_SERVICES = bindparam("services", expanding=True, type_=_keys.service.type)
_NAMES = bindparam("names", expanding=True, type_=_keys.name.type)
_KEY = _keys.subject, _keys.service, _keys.name, _keys.detail


def _in_piece(number: int = 0) -> tuple[ColumnElement[bool], ...]:
    return (
        _c.subject.in_(_SUBJECTS),
        _c.width_s == bindparam("width_s"),
        _c.start_s >= bindparam(f"from_{number}"),
        _c.start_s < bindparam(f"upto_{number}"),
    )


_PIECES = 2

PROGRESS = Prepared(select(View.rollup_progress.c.span_id, View.rollup_progress.c.log_id))

ENDS = Prepared(
    select(func.min(_START_NS).label("first"), func.max(_START_NS).label("last")).where(
        _c.width_s == HOUR_S
    )
)
"""The first and the last hour that counts anything."""

RECORDS = Prepared(select(func.coalesce(func.sum(_c.count), 0)).where(*_in_piece()))


def asked(
    subjects: Sequence[Subject],
    piece: Piece,
    services: Sequence[str] = (),
    names: Sequence[str] = (),
    *,
    other: Piece | None = None,
) -> dict[str, Any]:
    """The values of the parameters. `other`: a second piece of the same width, for the statements
    that add up."""
    times: dict[str, int] = {}
    for number, one in enumerate((piece, other)):
        times[f"from_{number}"] = _seconds(one.start_ns) if one else 0
        times[f"upto_{number}"] = _seconds(one.end_ns) if one else 0
    return {
        "subjects": [int(one) for one in subjects],
        "width_s": piece.width_s,
        "services": services,
        "names": names,
        **times,
    }


def _seconds(at_ns: int) -> int:
    """The first whole second that is not before a time."""
    return -(-at_ns // SECOND_NS)


def around(
    subjects: Sequence[Subject], stretches: Sequence[tuple[int, int, int]]
) -> tuple[Prepared, dict[str, Any]]:
    """What the rollups of a width that start in some stretches of time (width, start in
    nanoseconds, seconds) count, over all services, by the number of the stretch; the bounds of
    their times only where that is a minute."""
    values: dict[str, Any] = {"subjects": [int(one) for one in subjects]}
    for number, (width_s, start_ns, long_s) in enumerate(stretches):
        again = (width_s, start_ns, long_s) in stretches[:number]  # then it is left empty
        values[f"from_{number}"] = _seconds(start_ns)
        values[f"upto_{number}"] = _seconds(start_ns) + (0 if again else long_s)
    return _around(tuple((width_s, long_s) for width_s, _, long_s in stretches)), values


@cache
def _around(stretches: Sequence[tuple[int, int]]) -> Prepared:
    # one statement for each stretch of the primary key: with OR the whole table is walked
    nothing: ColumnElement[int] = literal(0, literal_execute=True)
    return Prepared(
        union_all(
            *(
                select(
                    literal(number, literal_execute=True).label("number"),
                    func.coalesce(func.sum(_c.count), 0).label("n"),
                    # the times of all minutes of an hour take eight times as long to read
                    (func.min(_FIRST_NS) if long_s == MINUTE_S else nothing).label("first"),
                    (func.max(_LAST_NS) if long_s == MINUTE_S else nothing).label("last"),
                ).where(
                    _c.subject.in_(_SUBJECTS),
                    _c.width_s == literal(width_s),
                    _c.start_s >= bindparam(f"from_{number}"),
                    _c.start_s < bindparam(f"upto_{number}"),
                )
                for number, (width_s, long_s) in enumerate(stretches)
            )
        )
    )


@cache
def stored(of_services: bool, named: bool, buckets: bool, slots: bool) -> Prepared:
    """Every rollup; buckets and slots only when they are asked for."""
    columns = (
        _START_NS.label("start"), _c.count, _c.errors, _c.duration_ns,
        _FIRST_NS.label("first"), _LAST_NS.label("last"),
        (_c.buckets if buckets else literal("")).label("buckets"),
        (_c.slots if slots else literal("")).label("slots"),
    )  # fmt: skip
    rows = select(*_KEY, *columns).join_from(View.rollups, View.rollup_keys, _keys.id == _c.key_id)
    return Prepared(rows.where(*_in_piece(), *_of(of_services, named), *_no_sum(of_services)))


_Of = dict[str, ColumnElement[Any]]


@cache
def added_up(of_services: bool) -> Prepared:
    """The sums of all rollups of a key in two pieces; of durations millions and the rest, as a sum
    of them may be more than the database's integers hold."""
    columns: _Of = {
        "count": _c.count,
        "errors": _c.errors,
        "duration_ns": _c.duration_ns,
        "first": _FIRST_NS,
        "last": _LAST_NS,
        "buckets": _c.buckets,
    }
    return _by_key(of_services, columns, lambda c: {
        "n": func.sum(c.count),
        "failed": func.sum(c.errors),
        "millions": func.sum(whole_parts(c.duration_ns, MILLION)),
        "rest": func.sum(c.duration_ns % MILLION),
        "first": func.min(c.first),
        "last": func.max(c.last),
        "buckets": func.aggregate_strings(c.buckets, ""),
    })  # fmt: skip


@cache
def counts(of_services: bool) -> Prepared:
    """How many records, and how many failed, by key, in two pieces."""
    return _by_key(of_services, {"count": _c.count, "errors": _c.errors}, lambda c: {
        "n": func.sum(c.count),
        "failed": func.sum(c.errors),
    })  # fmt: skip


def _by_key(of_services: bool, columns: _Of, add_up: Callable[[Any], _Of]) -> Prepared:
    named = [column.label(name) for name, column in columns.items()]
    # one statement for each stretch of the primary key: with OR the whole table is walked
    pieces = (
        select(_c.key_id, *named).where(*_in_piece(number), *_of(of_services, False))
        for number in range(_PIECES)
    )
    some = union_all(*pieces).subquery()
    sums = [column.label(name) for name, column in add_up(some.c).items()]
    # grouped by the number alone: what the key consists of would be sorted too
    summed = select(some.c.key_id, *sums).group_by(some.c.key_id).subquery()
    _, *found = summed.c
    rows = select(*_KEY, *found).join_from(summed, View.rollup_keys, _keys.id == summed.c.key_id)
    return Prepared(rows.where(*_no_sum(of_services)))


@lru_cache(maxsize=64)
def traces_gone(services: tuple[str, ...]) -> Prepared:
    """How many traces are counted whose rows are gone, of one of some services, if any."""
    if not services:
        return RECORDS
    of_one = or_(*(contains(_keys.service, quoted_service(name)) for name in services))
    total = select(func.coalesce(func.sum(_c.count), 0))
    joined = total.join_from(View.rollups, View.rollup_keys, _keys.id == _c.key_id)
    return Prepared(joined.where(*_in_piece(), of_one))


def _of(services: bool, names: bool) -> list[ColumnElement[bool]]:
    of_subject = _keys.subject.in_(_SUBJECTS)
    wanted: list[ColumnElement[bool]] = []
    if names:
        wanted.append(_keys.name.in_(_NAMES))
    if services:
        callee = and_(_keys.subject == Subject.CALLS, _keys.name.in_(_SERVICES))
        wanted.append(or_(_keys.service.in_(_SERVICES), callee))
    return [_c.key_id.in_(select(_keys.id).where(of_subject, one)) for one in wanted]


def _no_sum(of_services: bool) -> list[ColumnElement[bool]]:
    """The sum over all services has to be asked for."""
    return [] if of_services else [_keys.service != ALL]
