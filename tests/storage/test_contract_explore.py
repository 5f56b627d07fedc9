"""What `Reader` promises about counts of values, neighbours and insights, on every database."""

from typing import Any

import pytest

from argus.query import FilterSignal, Node, parse
from argus.query.tree import Test as TestOf
from argus.storage import Insight, InsightKey, LogQuery, Reader, RecordQuery, Storage, TimeRange
from tests.builders import NOON, SECOND, a_batch, a_log_record, a_resource, a_span

ALL = TimeRange(NOON, NOON + 60 * SECOND)


@pytest.fixture
async def reader(storage: Storage) -> Reader:
    """Twelve spans, one a second, every third of them failing, and as many log records."""
    for first in range(0, 12, 3):
        some = range(first, first + 3)
        await storage.writer.write(
            [
                a_batch(
                    *(
                        a_span(
                            resource=a_resource("pay" if n % 2 else "shop", zone=n % 2),
                            name="charge" if n % 3 == 0 else "GET /",
                            status=2 if n % 3 == 0 else 0,
                            trace_id=bytes([1 + n % 2]) * 16,
                            start_ns=NOON + n * SECOND,
                            attributes={"n": n, "code": 500 if n % 3 == 0 else 200, "big": 2**60},
                        )
                        for n in some
                    )
                ),
                a_batch(
                    *(
                        a_log_record(
                            f"number {n}",
                            severity="ERROR" if n % 4 == 0 else "INFO",
                            time_ns=NOON + n * SECOND,
                            pattern_id=b"\xab" * 8 if n % 2 else b"",
                            attributes={"half": n / 2} if n % 2 else {"shard": "A"},
                        )
                        for n in some
                    )
                ),
                a_batch(a_span(attributes={"code": 200}), tenant="other"),
            ]
        )
    return storage.reader("default")


def target_of(field: str, signal: FilterSignal) -> Any:
    tree = parse(f"{field}:*", signal)
    assert isinstance(tree, TestOf)
    return tree.target


def asked(
    signal: FilterSignal, text: str = "", range_: TimeRange = ALL, **more: Any
) -> RecordQuery:
    tree: Node | None = parse(text, signal) if text else None
    return RecordQuery(signal, range_, filter=tree, budget_s=30, **more)


async def test_keys_are_counted_with_those_of_resources(reader: Reader) -> None:
    found = await reader.count_keys(asked("traces"))
    assert (found.counted, found.total, found.total_is_estimate) == (12, 12, False)
    assert {key: n for (_, key), n in found.counts.items()} == {
        '"n"': 12, '"code"': 12, '"big"': 12, '"service.name"': 12, '"zone"': 12,
    }  # fmt: skip
    found = await reader.count_keys(asked("logs", "number", TimeRange(NOON, NOON + 4 * SECOND)))
    assert {key: n for (_, key), n in found.counts.items()} == {
        '"service.name"': 4, '"shard"': 2, '"half"': 2,
    }  # fmt: skip
    found = await reader.count_keys(asked("traces", "code:500", services=("pay",)))
    assert found.counted == 2


@pytest.mark.parametrize(
    ("signal", "field", "text", "counts"),
    [
        ("traces", "code", "", {"200": 8, "500": 4}),
        ("traces", "code", "status:error", {"500": 4}),
        ("traces", "code", "NOT service:pay AND n:>5", {"200": 2, "500": 1}),
        ("traces", "big", "", {str(2**60): 12}),
        ("traces", "name", "", {'"charge"': 4, '"GET /"': 8}),
        ("traces", "service", "code:200", {'"pay"': 4, '"shop"': 4}),
        ("logs", "half", "half:<3", {"0.5": 1, "1.5": 1, "2.5": 1}),
        ("logs", "shard", "", {"null": 6, '"A"': 6}),
        ("logs", "shard", "severity:error", {'"A"': 3}),
        ("logs", "severity", "", {'"ERROR"': 3, '"INFO"': 9}),
        ("logs", "severity_number", "", {"17": 3, "9": 9}),
        ("logs", "pattern", "", {'"abababababababab"': 6, "null": 6}),
        ("traces", "trace_id", "code:500", {f'"{"01" * 16}"': 2, f'"{"02" * 16}"': 2}),
        ("traces", "parent_span_id", "", {"null": 12}),
        ("traces", "trace_state", "", {"null": 12}),
    ],
)  # fmt: skip
async def test_values_are_counted(
    reader: Reader, signal: FilterSignal, field: str, text: str, counts: dict[str, int]
) -> None:
    found = await reader.count_values(asked(signal, text), target_of(field, signal))
    values = {value: n for (_, value), n in found.counts.items()}
    assert sum(values.values()) == found.counted == found.total
    assert values == counts


async def test_values_are_counted_by_time(reader: Reader) -> None:
    width = 4 * SECOND
    found = await reader.count_values(asked("traces"), target_of("code", "traces"), width)
    first = NOON // width
    assert found.counts == {
        (first, "500"): 2, (first, "200"): 2, (first + 1, "500"): 1, (first + 1, "200"): 3,
        (first + 2, "500"): 1, (first + 2, "200"): 3,
    }  # fmt: skip


async def test_a_selection_is_contrasted_with_the_rest(reader: Reader) -> None:
    found = await reader.contrast(asked("traces"), parse("code:500", "traces"))
    assert (found.counted, found.total, found.selected) == (12, 12, 4)
    assert found.counts["field", "name", '"charge"'] == (4, 0)
    assert found.counts["record", "code", "200"] == (0, 8)
    assert found.counts["field", "service", '"pay"'] == (2, 4)
    assert found.counts["resource", "zone", "0"] == (2, 4)


@pytest.mark.parametrize(
    ("text", "bodies"),
    [("", ["4", "5", "6", "7"]), ("shard:A", ["2", "4", "6", "8"]), ("half:>4", ["9", "11"])],
)
async def test_log_records_around_a_time_are_found(
    reader: Reader, text: str, bodies: list[str]
) -> None:
    query = LogQuery(filter=parse(text, "logs") if text else None, limit=4)
    found = await reader.logs_around(query, NOON + 6 * SECOND)
    assert [log.body.split()[1][:-1] for log in found] == bodies


async def test_an_insight_is_kept_in_the_place_of_an_older_one(storage: Storage) -> None:
    key, other = InsightKey(b"pattern!", "shop", "1.0"), InsightKey(b"pattern!", "shop", "1.0 ")
    strange = "a\0b \uf8ff Ünïcode \U0001f600 '\"\\"
    await storage.writer.write([a_batch(a_log_record())])
    first = Insight(key, NOON, 7, "small", 100, "old", "{}")
    second = Insight(key, NOON + 1, 2**40, "small", 2**40, strange, '{"a":1}')
    third = Insight(other, NOON + 2, 8, "small", 1, strange * 20_000, "{}")
    for insight in (first, second, third):
        await storage.put_insight("default", insight)
    reader = storage.reader("default")
    unknown = InsightKey(b"pattern!", "Shop", "1.0")
    assert await reader.insights([key, other, unknown]) == {key: second, other: third}
    assert await reader.insights([]) == {}
    assert await storage.reader("other").insights([key]) == {}


async def test_what_a_model_has_cost_is_noted_for_an_hour(storage: Storage) -> None:
    hour = 3600 * SECOND
    first = await storage.note_tokens(NOON, 2**40)
    second = await storage.note_tokens(NOON + SECOND, 900)
    assert await storage.noted_tokens(NOON - 1) == [(NOON, 2**40), (NOON + SECOND, 900)]
    await storage.correct_tokens(second, 0)
    await storage.correct_tokens(first, 7)
    assert await storage.noted_tokens(NOON - 1) == [(NOON, 7), (NOON + SECOND, 0)]
    assert await storage.noted_tokens(NOON) == [(NOON + SECOND, 0)]
    await storage.note_tokens(NOON + hour, 3)
    assert await storage.noted_tokens(0) == [(NOON + SECOND, 0), (NOON + hour, 3)]
