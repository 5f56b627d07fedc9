"""The snapshot hub: shows each topic's latest state to everyone who watches it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

from argus.errors import ArgusError
from argus.live import Link, text_frame
from argus.live.pace import Pace
from argus.model import Batch

logger = logging.getLogger(__name__)

_FRESH_S = 1.0
_LONGEST_INTERVAL_S = 60.0
_REST_PER_WORK = 20


class Topic(NamedTuple):
    """What a snapshot is of: a tenant, and one of its services or all."""

    tenant: str
    service: str | None = None


class Snapshot(NamedTuple):
    """The state of a topic.

    `message` is its JSON text; two snapshots with equal `content` tell a person the same. Without
    `ages` nothing but new records can change it.
    """

    message: bytes
    content: bytes
    ages: bool = True


Compose = Callable[[Topic], Awaitable[Snapshot]]


class SnapshotClient:
    """One who watches. It has seen revision `seen` of its topic, which it was sent at `sent_at`."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.seen = 0
        self.sent_at = 0.0


@dataclass(eq=False, slots=True)
class _Watched:
    """A topic that someone watches. Times are the event loop's."""

    topic: Topic
    clients: set[SnapshotClient] = field(default_factory=set)
    snapshot: Snapshot | None = None
    frame: bytes = b""
    revision: int = 0
    arrivals: int = 0
    composed_at: float = 0.0
    next_at: float = 0.0
    composing: "asyncio.Task[None] | None" = None


class SnapshotHub:
    """Composes each watched topic once, however many watch it, and sends it when it has changed.

    A new client, and one that changes its topic, is answered at once; after that at most every
    `interval_s`. One snapshot is composed at a time, and one that takes long is composed less
    often, so that viewers cost the database a bounded share. Entered before the pipeline that
    exports to it.
    """

    def __init__(self, compose: Compose, *, interval_s: float = 5.0) -> None:
        self._compose = compose
        self._interval_s = interval_s
        self._watched: dict[Topic, _Watched] = {}
        self._topics: dict[SnapshotClient, _Watched] = {}
        self._arrivals: dict[str, int] = {}
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def clients(self) -> int:
        """How many watch."""
        return len(self._topics)

    def export(self, batch: Batch) -> None:
        """Take note of a durable batch; contract of `Exporter`."""
        if batch.tenant in self._arrivals:
            self._arrivals[batch.tenant] += 1

    async def show(self, client: SnapshotClient, topic: Topic) -> None:
        """Show a topic to a client, at once and from then on, instead of the one before. Raises
        what composing does; then the client watches nothing."""
        self.leave(client)
        watched = self._watched.get(topic)
        if watched is None:
            watched = self._watched[topic] = _Watched(topic)
            self._arrivals.setdefault(topic.tenant, 0)
        watched.clients.add(client)
        self._topics[client] = watched
        try:
            await self._refresh(watched)
        except BaseException:
            self.leave(client)
            raise
        client.seen = 0
        self._send(client, watched)

    def leave(self, client: SnapshotClient) -> None:
        """The client is gone; does nothing when it watches nothing."""
        watched = self._topics.pop(client, None)
        if watched is None:
            return
        watched.clients.discard(client)
        if not watched.clients:
            del self._watched[watched.topic]
            tenant = watched.topic.tenant
            if not any(topic.tenant == tenant for topic in self._watched):
                del self._arrivals[tenant]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="snapshot hub")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        composing = [one.composing for one in self._watched.values() if one.composing is not None]
        tasks = [task for task in (self._task, *composing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._interval_s / 5))
            pace = Pace()
            for watched in list(self._watched.values()):
                if self._due(watched):
                    try:
                        await self._refresh(watched)
                    except ArgusError as error:
                        watched.next_at = self._now() + self._interval_s
                        logger.warning("no live snapshot: %s", error.message)
                for client in tuple(watched.clients):
                    if client.sent_at + self._interval_s <= self._now():
                        self._send(client, watched)
                    await pace.breathe(1)

    def _due(self, watched: _Watched) -> bool:
        snapshot = watched.snapshot
        changes = snapshot is None or snapshot.ages or self._is_behind(watched)
        return changes and self._now() >= watched.next_at

    def _is_behind(self, watched: _Watched) -> bool:
        return watched.arrivals != self._arrivals.get(watched.topic.tenant)

    def _send(self, client: SnapshotClient, watched: _Watched) -> None:
        """Send what the client has not seen, unless it still has something to read: then the
        newest is what it gets later."""
        if client.seen == watched.revision or client.link.behind:
            return
        client.link.send_frame(watched.frame)
        client.seen = watched.revision
        client.sent_at = self._now()

    async def _refresh(self, watched: _Watched) -> None:
        """Compose the topic, unless it was a moment ago or nothing has arrived since."""
        young = self._now() - watched.composed_at < self._interval_s
        fresh = self._now() - watched.composed_at < _FRESH_S
        if watched.snapshot is not None and young and (fresh or not self._is_behind(watched)):
            return
        if watched.composing is None:
            watched.composing = asyncio.create_task(self._recompose(watched))
        await asyncio.shield(watched.composing)

    async def _recompose(self, watched: _Watched) -> None:
        try:
            async with self._one_at_a_time:
                arrivals = self._arrivals.get(watched.topic.tenant, 0)
                began = self._now()
                snapshot = await self._compose(watched.topic)
                took = self._now() - began
        finally:
            watched.composing = None
        if watched.snapshot is None or watched.snapshot.content != snapshot.content:
            watched.revision += 1
        watched.frame = text_frame(snapshot.message)
        watched.snapshot, watched.arrivals = snapshot, arrivals
        watched.composed_at = began
        rest = min(_LONGEST_INTERVAL_S, took * _REST_PER_WORK)
        watched.next_at = began + max(self._interval_s, rest)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
