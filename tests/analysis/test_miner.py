"""Log records that say the same get the same pattern, within bounds and across restarts."""

from collections.abc import Sequence

import pytest

from argus.analysis.miner import PatternMiner
from argus.model import Pattern
from tests.builders import a_batch, a_log_record, a_span


def templates(miner: PatternMiner, *bodies: object, tenant: str = "default") -> list[str]:
    """The template of each of some bodies, after all of them were mined."""
    batch = miner.process(a_batch(*(a_log_record(body) for body in bodies), tenant=tenant))
    names = {pattern.id: pattern.template for pattern in batch.patterns}
    return [names[record.pattern_id] for record in batch.logs]


def ids(miner: PatternMiner, *bodies: object, tenant: str = "default") -> list[bytes]:
    batch = miner.process(a_batch(*(a_log_record(body) for body in bodies), tenant=tenant))
    return [record.pattern_id for record in batch.logs]


@pytest.mark.parametrize(
    ("body", "template"),
    [
        ("order 17 of customer c-204 took 12.5ms", "order <*> of customer <*> took <*>"),
        ("GET /api/v1/users/42 answered 200", "GET /api/<*>/users/<*> answered <*>"),
        ("listening on 10.0.0.1:8080", "listening on <*>"),
        ("at 2026-01-01T12:00:00Z it began", "at <*> it began"),
        ("time=12 level=warn user=alice msg=slow", "time=<*> level=warn user=<*> msg=slow"),
        ('say "hi"\nthen go', 'say "hi" then go'),
        ("one two three four five six seven eight nine ten eleven",
         "one two three four five six seven eight nine ten …"),
        ({"user": "alice", "msg": "login failed"}, "login failed user=<*>"),
        (17, "<*>"),
        (None, ""),
        ("", ""),
    ],
)  # fmt: skip
def test_what_varies_is_left_out_of_a_template(body: object, template: str) -> None:
    assert templates(PatternMiner(), body) == [template]


def test_an_event_is_named_by_its_name() -> None:
    batch = PatternMiner().process(a_batch(a_log_record(None, event_name="user.login")))
    assert [pattern.template for pattern in batch.patterns] == ["user.login"]


def test_plain_words_that_differ_are_other_patterns_until_there_are_many() -> None:
    miner = PatternMiner()
    hit, miss = ids(miner, "cache hit for the key", "cache miss for the key")
    assert hit != miss
    names = ["ann", "bob", "cy", "dee", "eve", "flo", "gus", "hal", "ida", "jo", "kit", "lou"]
    found = templates(miner, *(f"user {name} has logged in" for name in names))
    assert found[-1] == "user <*> has logged in"
    assert ids(miner, "user ann has logged in", "user zed has logged in", "user bob has logged in")
    assert len(set(ids(miner, *(f"user {name} has logged in" for name in names)))) == 1


def test_values_that_differ_are_variables_at_once() -> None:
    found = templates(PatternMiner(), "cannot open file /etc/a", "cannot open file /var/b")
    assert found == ["cannot open file <*>"] * 2


def test_the_id_of_a_pattern_stays_when_more_of_it_varies() -> None:
    miner = PatternMiner()
    (first,) = ids(miner, "cannot open file /etc/a")
    assert ids(miner, "cannot open file /var/b") == [first]


def stored(*batches: tuple[str, Sequence[Pattern]]) -> list[tuple[str, Pattern]]:
    return [(tenant, pattern) for tenant, patterns in batches for pattern in patterns]


def test_ids_and_templates_hold_across_a_restart() -> None:
    bodies = [
        *(f"user {name} has logged in" for name in "abcdefghijkl"),
        *(f"cannot open file /{name}" for name in "xyz"),
        "cache hit for the key",
        "cache miss for the key",
        "",
    ]
    before = PatternMiner()
    patterns = [
        before.process(a_batch(*(a_log_record(body) for body in bodies))).patterns for _ in range(2)
    ]
    after = PatternMiner()
    after.restore(stored(*(("default", some) for some in patterns)))
    assert ids(after, *reversed(bodies)) == ids(before, *reversed(bodies))
    assert templates(after, *bodies) == templates(before, *bodies)


def test_tenants_have_patterns_of_their_own() -> None:
    miner = PatternMiner()
    templates(miner, "cannot open file /etc/a", "cannot open file /var/b")
    assert templates(miner, "cannot open file /etc/a", tenant="other") == [
        "cannot open file /etc/a"
    ]


def test_there_are_no_more_patterns_than_the_bounds_allow() -> None:
    words = [f"{a}{b}{c} is what it says" for a in "abcdef" for b in "abcdef" for c in "abcdef"]
    miner = PatternMiner(most_of_a_tenant=20, most=30, remembered=50)
    assert set(templates(miner, *words)[20:]) == {"<*>"}
    assert set(templates(miner, *words, tenant="b")[10:]) == {"<*>"}
    assert set(templates(miner, *words, tenant="c")) == {"<*>"}
    assert miner.size == 30


def test_tenants_that_take_turns_share_the_bound_and_late_ones_cost_nothing() -> None:
    miner = PatternMiner(most_of_a_tenant=20, most=30)
    for number in range(20):
        for tenant in "abc":
            templates(miner, f"{chr(97 + number)} is what it says", tenant=tenant)
    assert miner.size == 30
    for number in range(1000):
        assert templates(miner, "something else", tenant=f"late {number}") == ["<*>"]
    assert len(miner._tenants) == 4


def test_a_message_of_random_words_does_not_flood_the_tree() -> None:
    words = ["".join(chr(97 + (i * j) % 26) for j in (3, 5, 7)) for i in range(600)]
    miner = PatternMiner()
    for i in range(500):
        templates(miner, f"said {words[i]} {words[i + 1]} {words[(i * 7) % 600]} and left")
    assert miner.size <= 32


def test_spans_pass_untouched() -> None:
    batch = a_batch(a_span())
    assert PatternMiner().process(batch) is batch
