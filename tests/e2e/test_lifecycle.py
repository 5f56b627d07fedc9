"""Start and stop: one line for what is wrong, and nothing acked is lost at the end."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest

from tests.e2e.conftest import Argus, free_ports, running
from tests.pipeline.parts import until
from tests.receivers.test_decoding import NOW, TRACE_ID, request_with_span

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def numbered(number: int) -> bytes:
    """A request with one span whose id is its number."""
    trace_id = TRACE_ID[:8] + number.to_bytes(8, "big")
    return request_with_span(
        trace_id=trace_id, span_id=number.to_bytes(8, "big"), end_time_unix_nano=NOW + number
    ).SerializeToString()


async def send_until_refused(target: str, senders: int) -> set[int]:
    """Numbers of the spans that were acked before the server went away."""
    acked: set[int] = set()
    numbers = iter(range(1, 10**9))
    async with grpc.aio.insecure_channel(target) as channel:
        call: Any = channel.unary_unary(EXPORT)

        async def send() -> None:
            while True:
                number = next(numbers)
                try:
                    await call(numbered(number), timeout=10)
                except grpc.aio.AioRpcError:
                    return
                acked.add(number)

        await asyncio.gather(*(send() for _ in range(senders)))
    return acked


async def test_sigterm_under_load_exits_within_ten_seconds_and_keeps_everything_acked(
    tmp_path: Path,
) -> None:
    argus = Argus(tmp_path).start()
    sending = asyncio.create_task(send_until_refused(argus.grpc, 16))
    await asyncio.sleep(1.5)
    began = time.monotonic()
    code = await asyncio.to_thread(argus.stop)
    assert time.monotonic() - began < 10
    assert code == 0
    acked = await sending
    assert acked
    with running(tmp_path) as again:
        await until(lambda: again.get("/api/health")["writer_status"] == "OK")
        dashboard = again.get("/api/metrics/dashboard", start="0", end=str(NOW // 10**9 + 3600))
        assert dashboard["total_spans"] >= len(acked)
        for number in sorted(acked)[-20:]:
            trace_id = (TRACE_ID[:8] + number.to_bytes(8, "big")).hex()
            (span,) = again.get(f"/api/traces/{trace_id}")["spans"]
            assert span["span_id"] == number.to_bytes(8, "big").hex()


def refused_start(folder: Path, **settings: str) -> str:
    """The one line of a start that must fail with exit code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "argus", "serve"],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("time=")]
    assert len(lines) == 1
    return lines[0]


def test_a_second_process_on_the_same_data_refuses_in_one_line(argus: Argus) -> None:
    ports = dict(zip(("HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT"), free_ports(3), strict=True))
    line = refused_start(argus.folder, **{key: str(port) for key, port in ports.items()})
    assert "argus.db" in line
    assert "in use" in line


@pytest.mark.parametrize("key", ["HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT"])
def test_a_busy_port_is_named(
    argus: Argus, tmp_path_factory: pytest.TempPathFactory, key: str
) -> None:
    busy = {"HTTP_PORT": argus.url, "GRPC_PORT": argus.grpc, "OTLP_HTTP_PORT": argus.otlp}[key]
    ports = dict(zip(("HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT"), free_ports(3), strict=True))
    settings = {name: str(port) for name, port in ports.items()} | {key: busy.rpartition(":")[2]}
    line = refused_start(tmp_path_factory.mktemp("second"), **settings)
    assert line.startswith(f"argus: {key}:")


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    assert refused_start(tmp_path, HTTP_PORT="eighty").startswith("argus: HTTP_PORT:")


def test_garbage_on_every_door_is_never_a_500(shared_argus: Argus) -> None:
    for base in (shared_argus.url, shared_argus.otlp):
        for signal in ("traces", "logs", "metrics"):
            for kind in ("application/x-protobuf", "application/json"):
                response = httpx2.post(
                    f"{base}/v1/{signal}", content=b"\xff\x00{", headers={"content-type": kind}
                )
                assert response.status_code == 400
                assert response.headers["content-type"] == kind
    assert shared_argus.get("/api/traces")["total"] == 0
