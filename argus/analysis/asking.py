"""Asks the model within bounds: a token budget, retries that wait longer each time, a breaker."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.analysis.breaker import FIRST_WAIT_S, ModelBreaker
from argus.analysis.budget import HOUR_S, TokenBudget
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


class Notes(Protocol):
    """Where it is noted what requests cost; storage fulfils it."""

    async def note_tokens(self, at_ns: int, tokens: int) -> int:
        """Note that a request begins, and what it may cost at most; the number of the note."""

    async def correct_tokens(self, number: int, tokens: int) -> None:
        """What the request of a note has cost."""

    async def noted_tokens(self, since_ns: int) -> list[tuple[int, int]]:
        """When requests began after a time, oldest first, and what they cost."""


class Asking:
    """What all who ask share."""

    def __init__(
        self, model: Model, budget: TokenBudget, notes: Notes, metrics: AiMetrics, pace: Pace
    ) -> None:
        self.model = model
        self.budget = budget
        self.breaker = ModelBreaker(pace.reopen_s)
        self.problem: str | None = None
        self._notes = notes
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

    async def recall(self) -> None:
        """Count what was spent in the hour before this process began."""
        now = time.time_ns()
        for at, tokens in await self._notes.noted_tokens(now - int(HOUR_S * 1e9)):
            self.budget.spend(tokens, max(0.0, (now - at) / 1e9))

    async def _once(self, messages: Sequence[Message]) -> Reply:
        await self.breaker.turn()
        reserved = most_tokens(messages)
        note = await self._reserve(reserved)
        cost = reserved
        outcome = "cancelled"
        try:
            reply = await self.model.ask(messages)
            outcome = "ok"
            cost = reserved if reply.tokens is None or reply.tokens < 0 else reply.tokens
            return reply._replace(tokens=cost)
        except ModelFailed as error:
            outcome = error.reason
            cost = reserved if error.spent else 0
            raise
        finally:
            self._settle(outcome, reserved, cost)
            if cost != reserved:
                await self._notes.correct_tokens(note, cost)

    async def _reserve(self, tokens: int) -> int:
        """Set tokens aside, on disk too: a process that is killed may have spent them."""
        if not self.budget.reserve(tokens):
            self.breaker.unused()
            raise BudgetSpent
        try:
            return await self._notes.note_tokens(time.time_ns(), tokens)
        except BaseException:
            self.budget.settle(tokens, 0)
            self.breaker.unused()
            raise

    def _settle(self, outcome: str, reserved: int, cost: int) -> None:
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
