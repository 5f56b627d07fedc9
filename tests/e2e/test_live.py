"""Live views of a real process: from the ack to the watcher, through a restart, to the goodbye."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from tests.e2e.conftest import Argus, running


def watch(argus: Argus, path: str) -> Any:
    """A client of one of the WebSockets."""
    return connect(argus.url.replace("http", "ws", 1) + path, proxy=None)


async def send_log(argus: Argus, body: str) -> None:
    """Store one log record over OTLP; returns when it is acked."""
    record = {
        "timeUnixNano": str(time.time_ns()),
        "severityNumber": 17,
        "body": {"stringValue": body},
    }
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    async with httpx2.AsyncClient() as client:
        answer = await client.post(f"{argus.otlp}/v1/logs", json=request)
    assert answer.status_code == 200


async def next_of(client: Any) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await client.recv())


async def test_what_is_acked_is_shown_filtered_and_found_again_after_a_restart(
    tmp_path: Path,
) -> None:
    argus = Argus(tmp_path).start()
    try:
        async with watch(argus, "/ws") as client:
            await client.send(json.dumps({"filter": "severity:>=error stock", "notices": True}))
            assert (await next_of(client))["notice"] == "watching"
            await send_log(argus, "all is well")
            await send_log(argus, "no stock left")
            (log,) = await next_of(client)
            assert (log["body"], log["severity"]) == ("no stock left", "ERROR")
            stopping = asyncio.create_task(asyncio.to_thread(argus.stop))
            await client.wait_closed()
            assert client.close_code == 1001
            assert await stopping == 0
        argus.start()
        await send_log(argus, "stock is back")
        async with watch(argus, "/ws") as client:
            await client.send(json.dumps({"since": log["id"]}))
            assert [one["body"] for one in await next_of(client)] == ["stock is back"]
    finally:
        argus.stop()


async def test_events_and_health_are_shown_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        await send_log(argus, "hello")
        async with watch(argus, "/ws/events") as events, watch(argus, "/ws/health") as health:
            assert (await next_of(events))["dashboard"]["total_logs"] == 1
            shown = await next_of(health)
            while shown["status"] != "ok":  # until the dead letters of an earlier run are counted
                shown = await next_of(health)
            assert (shown["status"], shown["ingested_total"]) == ("ok", 1)
            assert argus.get("/api/health")["active_connections"] == 2


async def test_the_most_clients_are_a_setting(tmp_path: Path) -> None:
    with running(tmp_path, WS_MAX_CLIENTS_PER_PEER="1") as argus:
        async with watch(argus, "/ws/health") as first, watch(argus, "/ws") as second:
            await next_of(first)
            await second.wait_closed()
            assert second.close_code == 1013
