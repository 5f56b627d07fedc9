"""What `Reader` promises about patterns, on every database: exact counts, filters, restarts."""

import dataclasses
import time
from typing import Any

import pytest

from argus.model import Pattern
from argus.query import parse
from argus.storage import LogQuery, PatternNumbers, PatternQuery, Patterns, Storage, TimeRange
from tests.builders import SECOND, a_batch, a_log_record, a_span, a_trace_id
from tests.storage.conftest import Reopen

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
NOON = time.time_ns() // HOUR * HOUR - HOUR
"""Young: older patterns are counted by the hour."""
PAID, FAILED = b"paid" * 2, b"fail" * 2
TEMPLATES = {PAID: "order <*> paid", FAILED: "order <*> failed"}


async def write(storage: Storage, *kinds: bytes, tenant: str = "default", **fields: Any) -> None:
    """A log record of each pattern (none of an empty one)."""
    fields = {"time_ns": NOON, **fields}
    records = [a_log_record(f"it is {kind!r}", pattern_id=kind, **fields) for kind in kinds]
    patterns = [Pattern(kind, TEMPLATES[kind]) for kind in {*kinds} if kind]
    batch = dataclasses.replace(a_batch(*records, tenant=tenant), patterns=patterns)
    await storage.writer.write([batch])


async def found(storage: Storage, **conditions: Any) -> Patterns:
    query = PatternQuery(**{"range": TimeRange(NOON, NOON + 15 * MINUTE), **conditions})
    return await storage.reader("default").patterns(query)


def numbers(patterns: Patterns) -> dict[str, int]:
    return {one.template: one.records for one in patterns.patterns}


async def test_patterns_are_counted_the_most_frequent_first(storage: Storage) -> None:
    await write(storage, PAID, FAILED, PAID, b"")
    await write(storage, PAID, time_ns=NOON + 61 * SECOND, service="bank", severity="ERROR")
    await write(storage, PAID, time_ns=NOON + 16 * MINUTE)
    await write(storage, FAILED, tenant="other")
    answer = await found(storage)
    assert (answer.total, answer.records, answer.width_s) == (2, 4, 60)
    paid, failed = answer.patterns
    trend = [0] * 15
    trend[:2] = [2, 1]
    assert paid == PatternNumbers(
        PAID, "order <*> paid", 3, trend, [("shop", 2), ("bank", 1)],
        [("INFO", 2), ("ERROR", 1)], NOON, NOON + 16 * MINUTE,
    )  # fmt: skip
    assert (failed.records, failed.first_seen_ns, failed.last_seen_ns) == (1, NOON, NOON)


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [
        ({"services": ("bank",)}, {"order <*> failed": 2}),
        ({"severities": ("WARN", "UNSPECIFIED")}, {"order <*> failed": 2}),
        ({"ids": (PAID,)}, {"order <*> paid": 3}),
        ({"ids": (b"nothing!",)}, {}),
        ({"new_since_ns": NOON + 1}, {"order <*> failed": 2}),
        ({"new_since_ns": NOON + 1, "ids": (PAID,)}, {}),
        ({"limit": 1}, {"order <*> paid": 3}),
        ({"offset": 1}, {"order <*> failed": 2}),
        ({"range": TimeRange(NOON + 1, NOON + 30 * SECOND)}, {"order <*> paid": 1}),
        ({"range": TimeRange()}, {"order <*> paid": 3, "order <*> failed": 2}),
    ],
)
async def test_every_condition_of_a_query_holds(
    storage: Storage, conditions: dict[str, Any], counts: dict[str, int]
) -> None:
    await write(storage, PAID, PAID)
    await write(storage, PAID, time_ns=NOON + 10 * SECOND)
    failed: dict[str, Any] = {"service": "bank", "severity": "WARN", "time_ns": NOON + 5 * MINUTE}
    await write(storage, FAILED, FAILED, **failed)
    assert numbers(await found(storage, **conditions)) == counts


async def test_a_filter_finds_the_log_records_of_a_pattern(storage: Storage) -> None:
    await write(storage, PAID, FAILED, PAID, b"")
    for text, total in (
        (f"pattern:{PAID.hex()}", 2),
        (f"NOT pattern:{PAID.hex().upper()}", 2),
        ("pattern:*", 3),
        (f"pattern_id:{b'nothing!'.hex()}", 0),
    ):
        page = await storage.reader("default").find_logs(LogQuery(filter=parse(text, "logs")))
        assert (text, page.total) == (text, total)


async def test_a_log_record_is_found_by_its_id_with_its_pattern(storage: Storage) -> None:
    for _ in range(3):
        await write(storage, PAID, FAILED)
    await write(storage, PAID, tenant="other")
    reader = storage.reader("default")
    page = await reader.find_logs(LogQuery())
    for record in page.items:
        assert await reader.get_log(record.id) == record
    assert {record.pattern_id for record in page.items} == {PAID, FAILED}
    for unknown in (0, page.items[0].id + 1, 2**63 - 1, 2**70):
        assert await reader.get_log(unknown) is None


async def test_patterns_are_known_after_a_restart_in_their_widest_form(reopen: Reopen) -> None:
    storage = await reopen()
    for template in ("order 1 paid", "order <*> paid"):
        batch = a_batch(a_log_record(pattern_id=PAID, time_ns=NOON))
        await storage.writer.write([dataclasses.replace(batch, patterns=[Pattern(PAID, template)])])
    await write(storage, FAILED, tenant="other", time_ns=NOON + 1)
    wanted = {("default", PAID, "order <*> paid"), ("other", FAILED, "order <*> failed")}
    for _ in range(2):
        known = await storage.known_patterns()
        assert {(tenant, *pattern) for tenant, pattern in known} >= wanted
        assert numbers(await found(storage)) == {"order <*> paid": 2}
        storage = await reopen()
    newest = {(tenant, id_): template for tenant, (id_, template) in reversed(known)}
    assert newest == {("default", PAID): "order <*> paid", ("other", FAILED): "order <*> failed"}


async def test_what_is_pinned_keeps_its_pattern(storage: Storage) -> None:
    trace_id = a_trace_id()
    await storage.writer.write([a_batch(a_span(trace_id=trace_id, start_ns=NOON))])
    await write(storage, PAID, b"", trace_id=trace_id)
    await write(storage, FAILED)
    assert await storage.pin("default", trace_id)
    await storage.purge(NOON + HOUR)
    reader = storage.reader("default")
    page = await reader.find_logs(LogQuery(filter=parse(f"pattern:{PAID.hex()}", "logs")))
    assert [record.pattern_id for record in page.items] == [PAID]
    assert [log.pattern_id for log in (await reader.find_logs(LogQuery())).items] == [b"", PAID]
