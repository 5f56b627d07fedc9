"""Picks some of the entry spans of a range, spread evenly over its rows."""

from collections.abc import Sequence

from sqlalchemy import select

from argus.storage import TimeRange
from argus.storage.sql.engine import View
from argus.storage.sql.numbers import Numbers
from argus.storage.sql.paging import BLOCK_ROWS, Part
from argus.storage.sql.recount import is_entry

SAMPLED_BLOCKS = 24


def sample(
    numbers: Numbers, range_: TimeRange, services: Sequence[str], limit: int, total: int
) -> list[tuple[int, int]]:
    """(start, duration) of at most `limit` of the `total` entry spans of a range, by start."""
    blocks = [
        Part(part.view, [(first, first + BLOCK_ROWS - 1)])
        for part in numbers.parts(View.SPANS, range_)
        for low, high in part.ranges
        for first in range(low, high, BLOCK_ROWS)
    ]
    read = blocks[:: -(-len(blocks) // SAMPLED_BLOCKS) or 1]
    share = limit * len(blocks) / (total * len(read)) if total and read else 1.0
    points: list[tuple[int, int]] = []
    for part in read:
        spans = part.view.spans
        c = spans.c
        wanted = select(c.start_ns, (c.end_ns - c.start_ns).label("duration")).where(
            numbers.within(part, View.SPANS, range_),
            is_entry(spans),
            # https://en.wikipedia.org/wiki/Hash_function#Fibonacci_hashing
            c.id * 2654435761 % 2**32 < int(min(share, 1.0) * 2**32),
        )
        if services:
            resources = part.view.resources.c
            named = select(resources.id).where(resources.service_name.in_(services))
            wanted = wanted.where(c.resource_id.in_(named))
        points += [(start, duration) for start, duration in part.view.rows(wanted)]
    points.sort()
    return points[:: -(-len(points) // limit) or 1]
