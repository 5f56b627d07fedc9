"""What the analyzer needs of a language model, and how asking it can fail."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from argus.analysis.prompt import Message

Failure = Literal["timeout", "unreachable", "rate_limited", "refused", "failed", "garbage"]
"""timeout: no answer in time. unreachable: no connection. rate_limited: 429. refused: any other
status that repeating will not change. failed: 5xx. garbage: an answer that is none, or too long."""


class ModelFailed(Exception):
    """The model did not answer; the message is one line for the operator. `spent`: it may have
    cost tokens. `retry_after_s` is what the server asked for."""

    def __init__(self, reason: Failure, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.reason: Failure = reason
        self.retry_after_s = retry_after_s

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.reason in ("timeout", "unreachable", "rate_limited", "failed")

    @property
    def spent(self) -> bool:
        """Whether tokens may have been spent."""
        return self.reason in ("timeout", "failed", "garbage")


class Reply(NamedTuple):
    """What a model said; `tokens` is what that cost, None when the server does not say."""

    text: str
    tokens: int | None


class Model(Protocol):
    """A language model somewhere."""

    name: str

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """The answer to a chat. Raises ModelFailed."""

    async def close(self) -> None:
        """Close its connections."""
