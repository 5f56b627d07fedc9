"""/ws/events shows what REST would say: at once, then when it changed, composed once for all."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argus.live import text_frame
from argus.live.snapshot_hub import Snapshot, SnapshotClient, SnapshotHub, Topic
from argus.model import Batch
from tests.builders import a_batch, a_log_record, a_span
from tests.live.server import LiveServer, ask, live_server, next_message, until

SECOND = 1_000_000_000


def recent(service: str = "shop", seconds_ago: float = 1, **fields: Any) -> Batch:
    """A batch of one span that started a moment ago."""
    return a_batch(a_span(service, start_ns=time.time_ns() - int(seconds_ago * SECOND), **fields))


async def test_the_state_is_shown_at_once_and_again_when_it_has_changed(
    server: LiveServer,
) -> None:
    async with server.connect("/ws/events") as client:
        first = await next_message(client)
        assert (first["service"], first["traces"]) == (None, [])
        assert first["dashboard"]["total_spans"] == 0
        await server.pipeline.consume(recent("web", name="GET /cart", status=2))
        second = await next_message(client)
    assert second["dashboard"]["total_errors"] == 1
    assert [trace["root_operation"] for trace in second["traces"]] == ["GET /cart"]
    assert first["generated_at"] < second["generated_at"]


async def test_a_service_is_chosen_and_answered_at_once(server: LiveServer) -> None:
    await server.pipeline.consume(recent("web"))
    await server.pipeline.consume(recent("db"))
    async with server.connect("/ws/events") as client:
        assert (await next_message(client))["dashboard"]["total_spans"] == 2
        await ask(client, service="db")
        chosen = await next_message(client)
        assert chosen["service"] == "db"
        assert [trace["services"] for trace in chosen["traces"]] == [["db"]]
        await ask(client, service=None)
        assert (await next_message(client))["dashboard"]["total_spans"] == 2


async def test_nothing_is_said_while_nothing_changes(server: LiveServer) -> None:
    await server.pipeline.consume(recent())
    async with server.connect("/ws/events") as client:
        await next_message(client)
        with pytest.raises(TimeoutError):
            await next_message(client, within=1.5)


async def test_ageing_out_is_a_change(server: LiveServer) -> None:
    await server.pipeline.consume(recent(seconds_ago=15 * 60 - 8))
    async with server.connect("/ws/events") as client:
        assert (await next_message(client))["dashboard"]["total_spans"] == 1
        assert (await next_message(client, within=25))["dashboard"]["total_spans"] == 0


async def test_tenants_are_shown_their_own_state(server: LiveServer) -> None:
    batch = recent()
    batch.tenant = "blue"
    await server.pipeline.consume(batch)
    async with server.connect("/ws/events?tenant=blue") as blue, server.connect("/ws/events") as us:
        assert (await next_message(blue))["dashboard"]["total_spans"] == 1
        assert (await next_message(us))["dashboard"]["total_spans"] == 0


async def test_changes_come_no_more_often_than_the_interval(tmp_path: Path) -> None:
    times = []
    async with (
        live_server(tmp_path, interval_s=1.0) as server,
        server.connect("/ws/events") as client,
    ):
        for _ in range(3):
            await next_message(client)
            times.append(time.monotonic())
            for _ in range(10):
                await server.pipeline.consume(recent())
                await asyncio.sleep(0.02)
    assert times[1] - times[0] >= 0.95
    assert times[2] - times[1] >= 0.95


class Recorded:
    """Links and a composer that note what happens."""

    on_drained: Callable[[], None] | None = None
    open = True
    behind = False

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send_frame(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        self.open = False

    async def drained(self) -> None:
        return


class Counting:
    """Composes numbered snapshots, each different from the last, and counts them."""

    def __init__(self) -> None:
        self.topics: list[Topic] = []
        self.running = 0
        self.at_once = 0

    async def __call__(self, topic: Topic) -> Snapshot:
        self.topics.append(topic)
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        await asyncio.sleep(0.02)
        self.running -= 1
        text = str(len(self.topics)).encode()
        return Snapshot(text, text, ages=False)


async def test_a_storm_of_clients_composes_each_topic_once() -> None:
    compose = Counting()
    async with SnapshotHub(compose, interval_s=5) as hub:
        links = [Recorded() for _ in range(500)]
        topics = [Topic("default", f"service {n % 5}") for n in range(500)]
        clients = [SnapshotClient(link) for link in links]
        await asyncio.gather(*map(hub.show, clients, topics))
        assert len(compose.topics) == len(set(compose.topics)) == 5
        assert compose.at_once == 1
        assert [len(link.frames) for link in links] == [1] * 500
        for client in clients:
            hub.leave(client)
        assert hub.clients == 0


async def test_a_change_is_composed_once_for_all_who_watch() -> None:
    compose = Counting()
    async with SnapshotHub(compose, interval_s=0.2) as hub:
        links = [Recorded() for _ in range(100)]
        for link in links:
            await hub.show(SnapshotClient(link), Topic("default"))
        assert len(compose.topics) == 1
        hub.export(a_batch(a_log_record(), tenant="other"))
        await asyncio.sleep(0.5)
        assert len(compose.topics) == 1
        hub.export(a_batch(a_log_record()))
        await until(lambda: all(len(link.frames) == 2 for link in links))
        assert len(compose.topics) == 2


async def test_a_client_that_is_behind_gets_the_newest_state_later() -> None:
    compose = Counting()
    async with SnapshotHub(compose, interval_s=0.1) as hub:
        link = Recorded()
        await hub.show(SnapshotClient(link), Topic("default"))
        link.behind = True
        for number in (2, 3, 4):
            hub.export(a_batch(a_log_record()))
            await until(lambda number=number: len(compose.topics) == number)  # type: ignore[misc]
        await asyncio.sleep(0.3)
        assert link.frames == [text_frame(b"1")]
        link.behind = False
        await until(lambda: len(link.frames) > 1)
        await asyncio.sleep(0.3)
        assert link.frames == [text_frame(b"1"), text_frame(b"4")]
