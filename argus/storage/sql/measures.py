"""What a rollup adds up: how many, how many failed and how long, under a key, in some time."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from argus.storage.sql import histogram
from argus.storage.sql.histogram import Buckets

SECOND_NS = 10**9
_INT64_MAX = 2**63 - 1
MINUTE_S, HOUR_S = 60, 3600
SLOT_S = 5
"""Minutes of entry spans are counted in slots of so many seconds too."""


class Subject(IntEnum):
    """What a rollup counts. The fields of its key: service, name, detail."""

    SPANS = 1
    """All spans of a service."""
    ENTRIES = 2
    """Its entry spans, with their durations and slots; those of all services under `ALL`."""
    LOGS = 3
    """Its log records by severity (`detail`: 0 for none, else 1 to 6)."""
    OPERATIONS = 4
    """Spans by service, name and kind (`detail`), with their durations."""
    CALLS = 5
    """Calls from a node (`service`) to a node (`name`) of some kinds (`detail`): see `edges`."""
    TRACES = 6
    """Traces whose rows are gone, by start and services (`service`: as in a summary)."""
    PATTERNS = 7
    """Log records by service, pattern (`name`: its id in hex, or nothing) and severity (`detail`:
    as of LOGS)."""


OF_LOGS = frozenset({Subject.LOGS, Subject.PATTERNS})
"""What is counted of log records."""
BRIEF = (Subject.OPERATIONS, Subject.PATTERNS)
"""What has many keys, and is kept by the minute only while it is young."""


ALL = ""
"""Stands for all services of a tenant; no service has this name."""


class Key(NamedTuple):
    """What one rollup counts, of one tenant."""

    tenant_id: int
    subject: int
    service: str
    name: str = ""
    detail: int = 0


@dataclass(slots=True)
class Measure:
    """A sum over records. `first_ns` and `last_ns` bound their times; `slots` has (count, errors)
    by the slot's number within the minute. Sums of deltas may be negative in between."""

    count: int = 0
    errors: int = 0
    duration_ns: int = 0
    first_ns: int = _INT64_MAX
    last_ns: int = 0
    buckets: Buckets = field(default_factory=dict)
    slots: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, other: "Measure") -> None:
        """Add another sum, slots left out: they belong to one minute."""
        self.count += other.count
        self.errors += other.errors
        self.duration_ns += other.duration_ns
        self.first_ns = min(self.first_ns, other.first_ns)
        self.last_ns = max(self.last_ns, other.last_ns)
        histogram.add(self.buckets, other.buckets)

    def add_slots(self, other: dict[int, tuple[int, int]]) -> None:
        """Add counts to slots of the same minute."""
        for slot, (count, errors) in other.items():
            had = self.slots.get(slot, (0, 0))
            self.slots[slot] = (had[0] + count, had[1] + errors)

    def values(self, start_ns: int) -> tuple[Any, ...]:
        """The columns of `rollups` from `count` on, of a minute or hour that starts then."""
        return (
            self.count, self.errors, min(self.duration_ns, _INT64_MAX),
            self.first_ns - start_ns, self.last_ns - self.first_ns,
            histogram.encode(self.buckets), encode_slots(self.slots),
        )  # fmt: skip

    @classmethod
    def of(cls, values: list[Any]) -> "Measure":
        """A measure of its fields in their order, the last two as text."""
        count, errors, duration_ns, first_ns, last_ns, buckets, slots = values
        return cls(
            count,
            errors,
            duration_ns,
            first_ns,
            last_ns,
            histogram.decode(buckets),
            decode_slots(slots),
        )


def encode_slots(slots: dict[int, tuple[int, int]]) -> str:
    """Slots -> text: a JSON array of slot, count, errors, slot, count, errors ..."""
    flat = [number for slot in sorted(slots) for number in (slot, *slots[slot])]
    return msgspec.json.encode(flat).decode() if flat else ""


def decode_slots(text: str) -> dict[int, tuple[int, int]]:
    """The text of `encode_slots` -> slots."""
    flat: list[int] = msgspec.json.decode(text) if text else []
    return {flat[i]: (flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)}


Measures = dict[tuple[Key, int], Measure]
"""Measures of one width, by key and start (nanoseconds)."""


def measure(into: Measures, key: Key, start_ns: int) -> Measure:
    """The measure of a key and a start, a new one when there is none."""
    found = into.get((key, start_ns))
    if found is None:
        found = into[key, start_ns] = Measure()
    return found


def widened(minutes: Measures) -> Measures:
    """The same sums over hours."""
    width_ns = HOUR_S * SECOND_NS
    wide: Measures = {}
    for (key, start_ns), found in minutes.items():
        measure(wide, key, start_ns - start_ns % width_ns).add(found)
    return wide
