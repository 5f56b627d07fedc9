"""A model, a storage with patterns, and an analyzer between them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from argus.analysis.analyzer import Analyzer
from argus.analysis.asking import Pace
from argus.analysis.miner import PatternMiner
from argus.analysis.openai_client import Endpoint, OpenAIClient
from argus.model import Batch, LogRecord, Span
from argus.storage import Insight, Storage
from argus.storage.open import open_storage
from argus.telemetry import AiMetrics
from tests.analysis.model_server import ModelServer, model_server
from tests.builders import a_batch

QUICK = Pace(retry_s=0.01, reopen_s=0.2)


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    """A server that answers well until told otherwise."""
    async with model_server() as running:
        yield running


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    """An empty storage."""
    opened = await open_storage("sqlite", str(tmp_path / "argus.db"), query_timeout_s=10)
    yield opened
    await opened.close()


class Desk:
    """Stores records with their patterns, and hands them to an analyzer when there is one."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.analyzer: Analyzer | None = None
        self.told: list[tuple[str, Insight]] = []
        self.registry = CollectorRegistry()
        self._miner = PatternMiner()

    async def send(self, *records: LogRecord | Span, tenant: str = "default") -> Batch:
        """Store records; what was stored."""
        batch = self._miner.process(a_batch(*records, tenant=tenant))
        (stored,) = await self.storage.writer.write([batch])
        if self.analyzer is not None:
            self.analyzer.export(stored)
        return stored

    async def stored(self, *records: LogRecord, tenant: str = "default") -> list[LogRecord]:
        """Store log records; the same with their ids."""
        batch = await self.send(*records, tenant=tenant)
        return [
            record._replace(id=batch.first_log_id + number)
            for number, record in enumerate(batch.logs)
        ]

    def metric(self, name: str, **labels: str) -> float:
        """A number of /metrics."""
        return self.registry.get_sample_value(f"argus_ai_{name}", labels) or 0.0


@pytest.fixture
def desk(storage: Storage) -> Desk:
    """A desk without an analyzer."""
    return Desk(storage)


Start = Callable[..., Awaitable[Analyzer]]


@pytest.fixture
async def start(desk: Desk, model: ModelServer) -> AsyncIterator[Start]:
    """`await start()` gives the desk an analyzer that asks the model."""
    running: list[Analyzer] = []

    async def begin(
        url: str = "", tokens: int = 10**6, answer_s: float = 5.0, **endpoint: Any
    ) -> Analyzer:
        client = OpenAIClient(
            Endpoint(**{"url": url or model.url, "key": "k3y", "model": "small", **endpoint}),
            answer_s,
        )
        analyzer = Analyzer(
            desk.storage.reader,
            desk.storage,
            client,
            url or model.url,
            tokens,
            AiMetrics(desk.registry),
            lambda tenant, insight: desk.told.append((tenant, insight)),
            QUICK,
        )
        running.append(await analyzer.__aenter__())
        desk.analyzer = analyzer
        return analyzer

    yield begin
    for analyzer in running:
        await analyzer.__aexit__(None, None, None)
