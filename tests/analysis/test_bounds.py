"""How much a model is asked, and how long one that fails is left alone, by a clock that is told."""

import asyncio

import pytest

from argus.analysis.breaker import ModelBreaker
from argus.analysis.budget import TokenBudget


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_spent_an_hour_ago_may_be_spent_again() -> None:
    clock = Clock()
    budget = TokenBudget(1000, clock)
    budget.spend(400)
    clock.now += 1800
    budget.spend(500)
    assert (budget.used, budget.left) == (900, 100)
    clock.now += 1800
    assert (budget.used, budget.left) == (500, 500)


def test_what_was_spent_before_counts_for_what_is_left_of_its_hour() -> None:
    clock = Clock()
    budget = TokenBudget(1000, clock)
    budget.spend(400, ago_s=3000)
    budget.spend(300)
    assert budget.used == 700
    clock.now += 600
    assert budget.used == 300


def test_what_is_reserved_cannot_be_reserved_twice_and_costs_what_it_is_settled_for() -> None:
    budget = TokenBudget(1000, Clock())
    assert budget.reserve(600)
    assert not budget.reserve(600)
    budget.settle(600, 50)
    assert budget.used == 50
    assert budget.reserve(950)


async def test_each_failed_trial_doubles_the_wait_up_to_five_minutes_and_one_answer_ends_it() -> (
    None
):
    clock = Clock()
    breaker = ModelBreaker(5.0, clock)
    waits = []
    for _ in range(2):
        breaker.failed()
    assert not breaker.open
    for _ in range(8):
        breaker.failed()
        waits.append(breaker.left_s)
        clock.now += breaker.left_s
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    await breaker.turn()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(breaker.turn(), 0.05)  # one tries, the others wait for how it goes
    breaker.succeeded()
    await breaker.turn()
    assert not breaker.open
