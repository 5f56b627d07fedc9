"""The analyzer: has errors explained by a model, one for each pattern and version of a service."""

import asyncio
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import msgspec

from argus.analysis.answer import read, written
from argus.analysis.asking import Asking, BudgetSpent, Notes, Pace
from argus.analysis.budget import TokenBudget
from argus.analysis.evidence import gather
from argus.analysis.model import Model, ModelFailed
from argus.analysis.prompt import Preview, messages, most_tokens
from argus.errors import ArgusError, NotSupported, Overloaded
from argus.model import Batch, LogRecord
from argus.storage import Insight, InsightKey, Reader, insight_key
from argus.telemetry import AiMetrics, AiState

WORKERS = 3
MOST_WAITING = 100
LOWEST_SEVERITY = 17
"""ERROR: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber"""

_AGAIN_S, _NEVER = 600.0, float("inf")
_REMEMBERED = 20_000
_LEAST_TOKENS = 1_500

logger = logging.getLogger(__name__)

Owned = tuple[str, InsightKey]
"""A key with the tenant whose it is."""


class Store(Notes, Protocol):
    """Where insights are kept, and what they cost; storage fulfils it."""

    async def put_insight(self, tenant: str, insight: Insight) -> None:
        """Keep what a model said."""


class _Task(NamedTuple):
    tenant: str
    key: InsightKey
    record: LogRecord
    anew: bool


class Analyzer:
    """An exporter with a bounded queue and a few workers; contract of `Exporter`.

    What an error is about is looked at once: the first record of a pattern in a version of a
    service enters the queue, the others are only compared with what was seen. `tell` is called
    with each new insight and its tenant. Entered after storage is open, left before it closes.
    """

    def __init__(
        self,
        reader: Callable[[str], Reader],
        store: Store,
        model: Model,
        endpoint: str,
        tokens_per_hour: int,
        metrics: AiMetrics,
        tell: Callable[[str, Insight], None],
        pace: Pace = Pace(),  # noqa: B008
    ) -> None:
        self._reader = reader
        self._store = store
        self._endpoint = endpoint
        self._metrics = metrics
        self._tell = tell
        self._asking = Asking(model, TokenBudget(tokens_per_hour), store, metrics, pace)
        self._queue: asyncio.Queue[_Task] = asyncio.Queue(MOST_WAITING)
        self._pending: set[Owned] = set()
        self._not_before: dict[Owned, float] = {}
        self._quiet: set[tuple[str, bytes, bytes]] = set()
        self._workers: list[asyncio.Task[None]] = []
        metrics.watch(lambda: self.state)

    @property
    def state(self) -> AiState:
        """How it is doing."""
        budget, breaker = self._asking.budget, self._asking.breaker
        spent = budget.left < _LEAST_TOKENS
        return AiState(
            True,
            self._asking.model.name,
            "failing" if breaker.open else "budget_spent" if spent else "ok",
            self._queue.qsize(),
            budget.per_hour,
            budget.used,
            budget.left,
            self._asking.problem,
        )

    def export(self, batch: Batch) -> None:
        """Take note of the errors of a durable batch; contract of `Exporter`."""
        for number, record in enumerate(batch.logs):
            if record.severity < LOWEST_SEVERITY or not record.pattern_id:
                continue
            fingerprint = (batch.tenant, record.pattern_id, record.resource.key)
            if fingerprint in self._quiet:
                continue
            key = insight_key(record)
            assert key is not None
            owned = batch.tenant, key
            if self._not_before.get(owned, 0.0) <= time.monotonic() and owned not in self._pending:
                whole = record._replace(id=batch.first_log_id + number)
                self._offered(_Task(batch.tenant, key, whole, anew=False))
            if self._settled(owned):
                self._hush(fingerprint)

    def pending(self, tenant: str, key: InsightKey) -> bool:
        """Whether an insight is being made."""
        return (tenant, key) in self._pending

    async def ask(self, tenant: str, record: LogRecord, *, anew: bool = False) -> None:
        """Have a log record explained: now, if nothing was said about the like of it or if that
        is to be said anew. Raises NotSupported for a record without a pattern, and Overloaded."""
        key = insight_key(record)
        if key is None:
            raise NotSupported("the log record was stored before records had patterns")
        if (tenant, key) in self._pending:
            return
        if not anew and await self._reader(tenant).insights([key]):
            return
        now = self.state
        if now.state == "budget_spent":
            raise Overloaded("AI_TOKENS_PER_HOUR are spent; ask again later", retry_after_s=60)
        if now.state == "failing":
            message = f"the model does not answer ({now.problem}); ask again later"
            raise Overloaded(message, retry_after_s=max(1.0, self._asking.breaker.left_s))
        if not self._offered(_Task(tenant, key, record, anew)):
            raise Overloaded(f"{MOST_WAITING} errors wait for the model", retry_after_s=10)

    async def preview(self, tenant: str, record: LogRecord) -> Preview:
        """What `ask` would send about a record. Raises NotSupported, and what readers raise."""
        return await preview(self._reader(tenant), record, self._asking.model.name, self._endpoint)

    async def __aenter__(self) -> Self:
        await self._asking.recall()
        self._workers = [
            asyncio.create_task(self._work(), name=f"analysis {n}") for n in range(WORKERS)
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.wait(self._workers)
        await self._asking.model.close()

    def _settled(self, owned: Owned) -> bool:
        return owned in self._pending or self._not_before.get(owned) == _NEVER

    def _hush(self, fingerprint: tuple[str, bytes, bytes]) -> None:
        if len(self._quiet) >= _REMEMBERED:
            self._quiet.clear()
        self._quiet.add(fingerprint)

    def _offered(self, task: _Task) -> bool:
        try:
            self._queue.put_nowait(task)
        except asyncio.QueueFull:
            self._metrics.dropped("queue_full")
            return False
        self._pending.add((task.tenant, task.key))
        return True

    async def _work(self) -> None:
        while True:
            task = await self._queue.get()
            again_s = _AGAIN_S
            try:
                await self._analyze(task)
                again_s = _NEVER
            except BudgetSpent:
                self._metrics.dropped("budget")
            except (ModelFailed, ArgusError) as error:
                logger.warning("no insight was made: %s", error)
            except Exception as error:
                logger.error("no insight was made", exc_info=error)
            finally:
                self._done(task, again_s)

    def _done(self, task: _Task, again_s: float) -> None:
        owned = task.tenant, task.key
        self._pending.discard(owned)
        if len(self._not_before) >= _REMEMBERED:
            self._not_before.clear()
        self._not_before[owned] = time.monotonic() + again_s
        if again_s != _NEVER:
            self._quiet.clear()  # of what failed, the next record is looked at again

    async def _analyze(self, task: _Task) -> None:
        reader = self._reader(task.tenant)
        if not task.anew and await reader.insights([task.key]):
            return
        if self._asking.budget.left < _LEAST_TOKENS:
            raise BudgetSpent
        evidence = await gather(reader, task.record)
        reply = await self._asking.ask(messages(evidence))
        details = read(reply.text, evidence)
        insight = Insight(
            task.key,
            time.time_ns(),
            task.record.id,
            self._asking.model.name,
            reply.tokens or 0,
            written(details),
            msgspec.json.encode(details).decode(),
        )
        await self._store.put_insight(task.tenant, insight)
        self._metrics.insight()
        self._tell(task.tenant, insight)


async def preview(
    reader: Reader, record: LogRecord, model: str | None = None, endpoint: str | None = None
) -> Preview:
    """What would be sent about a record. Raises NotSupported, and what readers raise."""
    if insight_key(record) is None:
        raise NotSupported("the log record was stored before records had patterns")
    sent = messages(await gather(reader, record))
    return Preview(model, endpoint, sent, most_tokens(sent))
