"""Asks the model within bounds: a token budget, retries that wait longer each time, a breaker."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from argus.analysis.breaker import FIRST_WAIT_S, ModelBreaker
from argus.analysis.budget import TokenBudget
from argus.analysis.model import Model, ModelFailed, Reply
from argus.analysis.prompt import Message, most_tokens
from argus.telemetry import AiMetrics

ATTEMPTS = 3
LONGEST_RETRY_AFTER_S = 60.0


class BudgetSpent(Exception):
    """So many tokens are not left in this hour."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before the first retry (the next waits four times as long), and before a
    model that failed in a row is tried again; seconds."""

    retry_s: float = 1.0
    reopen_s: float = FIRST_WAIT_S


class Asking:
    """What all who ask share."""

    def __init__(self, model: Model, budget: TokenBudget, metrics: AiMetrics, pace: Pace) -> None:
        self.model = model
        self.budget = budget
        self.breaker = ModelBreaker(pace.reopen_s)
        self.problem: str | None = None
        self._metrics = metrics
        self._retry_s = pace.retry_s

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """The answer, with what it cost; waits while the breaker is open. Raises BudgetSpent, or
        ModelFailed after the last attempt."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._once(messages)
            except ModelFailed as error:
                self.problem = str(error)
                if not error.passes or attempt == ATTEMPTS - 1:
                    raise
                wait_s = self._retry_s * 4**attempt * random.uniform(0.8, 1.2)
                asked_s = min(error.retry_after_s or 0.0, LONGEST_RETRY_AFTER_S)
                await asyncio.sleep(max(wait_s, asked_s))
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, messages: Sequence[Message]) -> Reply:
        await self.breaker.turn()
        reserved = most_tokens(messages)
        cost = 0
        outcome = "cancelled"
        try:
            if not self.budget.reserve(reserved):
                outcome = "budget"
                raise BudgetSpent
            cost = reserved
            try:
                reply = await self.model.ask(messages)
            except ModelFailed as error:
                outcome = error.reason
                cost = reserved if error.spent else 0
                raise
            outcome = "ok"
            cost = reserved if reply.tokens is None or reply.tokens < 0 else reply.tokens
            return reply._replace(tokens=cost)
        finally:
            self._settle(outcome, reserved, cost)

    def _settle(self, outcome: str, reserved: int, cost: int) -> None:
        if outcome == "budget":
            self.breaker.unused()
            return
        self.budget.settle(reserved, cost)
        self._metrics.request(outcome)
        self._metrics.tokens(cost)
        if outcome == "ok":
            self.problem = None
            self.breaker.succeeded()
        elif outcome == "cancelled":
            self.breaker.unused()
        else:
            self.breaker.failed()
