"""Mergeable histograms of durations: 32 buckets to a power of two, only the filled ones kept.

Bucket i holds the nanoseconds in [2^(i/32), 2^((i+1)/32)), bucket `ZERO` the duration 0. A bucket
answers with its geometric middle, which is at most 1.1 % away from anything in it. These are the
buckets of an OTLP exponential histogram of scale 5, but for which end belongs to a bucket:
https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain

import msgspec
from sqlalchemy import ColumnElement, Integer, case, cast, func

from argus.storage.sql.spelling import natural_logarithm

SCALE = 5
PER_OCTAVE = 2**SCALE
ZERO = -1

_PER_NEPER = PER_OCTAVE / math.log(2)

Buckets = dict[int, int]
"""How many durations lie in each bucket, by its number."""


def bucket_of(duration_ns: int) -> int:
    """The bucket of a duration."""
    return int(math.log(duration_ns) * _PER_NEPER) if duration_ns > 0 else ZERO


def bucket_column(duration: ColumnElement[int]) -> ColumnElement[int]:
    """`bucket_of` of a column of durations, in SQL."""
    number = cast(func.floor(natural_logarithm(duration) * _PER_NEPER), Integer)
    return case((duration > 0, number), else_=ZERO)


def middle_ns(bucket: int) -> float:
    """The nanoseconds that stand for what is in a bucket."""
    return 0.0 if bucket == ZERO else 2.0 ** ((bucket + 0.5) / PER_OCTAVE)


def lower_bound_ns(bucket: int) -> float:
    """The least nanoseconds a bucket can hold."""
    return 0.0 if bucket == ZERO else 2.0 ** (bucket / PER_OCTAVE)


def add(into: Buckets, other: Mapping[int, int]) -> None:
    """Add the counts of another histogram; a bucket that comes to 0 is left out."""
    if not into:
        into.update(other)
        return
    for bucket, count in other.items():
        total = into.get(bucket, 0) + count
        if total:
            into[bucket] = total
        else:
            into.pop(bucket, None)


def coarser(buckets: Mapping[int, int], times: int) -> Buckets:
    """The same histogram in buckets that are so many times as wide, of numbers that are as many
    times as small."""
    found = Buckets()
    for bucket, count in buckets.items():
        wide = bucket // times
        found[wide] = found.get(wide, 0) + count
    return found


def encode(buckets: Buckets) -> str:
    """Buckets -> text: a JSON array of bucket, count, bucket, count ... ascending."""
    flat = list(chain.from_iterable(sorted(buckets.items())))
    return msgspec.json.encode(flat).decode() if flat else ""


def decode(text: str) -> Buckets:
    """The text of `encode` -> buckets."""
    flat: list[int] = msgspec.json.decode(text) if text else []
    pairs = iter(flat)
    return dict(zip(pairs, pairs, strict=True))


def decode_all(texts: str) -> Buckets:
    """The sum of the histograms whose texts follow each other."""
    flat: list[int] = msgspec.json.decode(texts.replace("][", ",")) if texts else []
    pairs, found = iter(flat), Buckets()
    for bucket, count in zip(pairs, pairs, strict=True):
        found[bucket] = found.get(bucket, 0) + count
    if 0 in found.values():
        return {bucket: count for bucket, count in found.items() if count}
    return found


def percentiles(buckets: Buckets, shares: Iterable[float]) -> list[float | None]:
    """The nearest-rank percentiles (shares from 0 to 1) in nanoseconds, None when it is empty."""
    ascending = sorted(buckets)
    ranks = list(accumulate(map(buckets.__getitem__, ascending)))
    if not ranks:
        return [None for _ in shares]
    # https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
    wanted = [max(1, math.ceil(share * ranks[-1])) for share in shares]
    return [middle_ns(ascending[bisect_left(ranks, rank)]) for rank in wanted]
