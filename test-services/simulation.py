"""Runs the whole shop: starts its processes, lets customers in, stops, says what was sent."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import traffic
from message_queue import MessageQueue
from network import DEFAULT_BASE_PORT, NAMES, url_of

HERE = Path(__file__).parent
START_SECONDS = 20
DRAIN_SECONDS = 10
Processes = dict[str, subprocess.Popen[bytes]]
DEFAULT_ENDPOINTS = {"grpc": "http://localhost:4317", "http/protobuf": "http://localhost:4318"}


class Failed(Exception):
    """The simulation cannot go on; the message is the one line the user reads."""


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_simulation.sh",
        description="Run the seven services of the shop and their customers against an"
        " OpenTelemetry server, then stop them all.",
        epilog="OTEL_EXPORTER_OTLP_PROTOCOL (grpc or http/protobuf) and OTEL_EXPORTER_OTLP_ENDPOINT"
        " choose the server, SHOP_LOG_LEVEL (INFO) what is logged, SHOP_ENVIRONMENT (simulation)"
        " the deployment.environment.name, PYTHON the interpreter.",
    )
    parser.add_argument("--duration", type=positive, default=30, help="seconds (30)")
    parser.add_argument("--rate", type=positive, default=5, help="journeys per second (5)")
    parser.add_argument(
        "--base-port",
        type=int,
        help=f"first of eight ports in a row (the first free ones from {DEFAULT_BASE_PORT})",
    )
    return parser.parse_args()


def set_endpoint() -> str:
    """Fix protocol and endpoint in the environment and return `ENDPOINT over PROTOCOL`.

    Raises Failed when nothing listens there.
    """
    protocol = os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    if protocol not in DEFAULT_ENDPOINTS:
        raise Failed(f"OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, not {protocol!r}")
    endpoint = os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", DEFAULT_ENDPOINTS[protocol])
    try:
        parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
        address = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection(address, timeout=3).close()
    except (OSError, ValueError) as error:
        raise Failed(f"Argus is not reachable at {endpoint} ({error}); is it running?") from None
    return f"{endpoint} over {protocol}"


def reserve_ports(base_port: int | None) -> list[socket.socket]:
    """Sockets bound to a row of free ports, one for each of `NAMES`: from `base_port`, if given.

    They stay ours from here on, so that two simulations at once cannot take each other's.
    """
    candidates = [base_port] if base_port else range(DEFAULT_BASE_PORT, 60_000, len(NAMES))
    for candidate in candidates:
        sockets: list[socket.socket] = []
        try:
            for offset in range(len(NAMES)):
                sockets.append(socket.socket())
                # Without it, a port is taken for a minute after a simulation ended.
                sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sockets[-1].bind(("127.0.0.1", candidate + offset))
                sockets[-1].listen(128)
        except (OSError, OverflowError):
            for taken in sockets:
                taken.close()
        else:
            return sockets
    raise Failed(f"the {len(NAMES)} ports from {base_port} are not all free")


@contextlib.contextmanager
def running(data: Path, sockets: list[socket.socket]) -> Iterator[Processes]:
    """All processes of the shop; they are stopped, their telemetry flushed, when the block ends."""
    processes: Processes = {}
    try:
        for name, listener in zip(NAMES, sockets, strict=True):
            command = [sys.executable, "-m", "uvicorn", f"{name.replace('-', '_')}:app"]
            command += ["--app-dir", str(HERE), "--fd", str(listener.fileno())]
            command += ["--log-level", "warning", "--timeout-graceful-shutdown", "5"]
            with open(data / f"{name}.log", "wb") as output:
                # A session of its own: Ctrl-C reaches only this process, which stops the others.
                processes[name] = subprocess.Popen(
                    command,
                    pass_fds=[listener.fileno()],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            listener.close()
        yield processes
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def wait_until_up(client: httpx2.AsyncClient, data: Path, processes: Processes) -> None:
    """Return when every process answers; raises Failed with the last line of one that died."""
    deadline = time.monotonic() + START_SECONDS
    for name, process in processes.items():
        while True:
            with contextlib.suppress(httpx2.TransportError):
                await client.get(url_of(name, "/healthz"))
                break
            if process.poll() is not None or time.monotonic() > deadline:
                lines = (data / f"{name}.log").read_text().splitlines() or ["no answer"]
                raise Failed(f"{name} did not start: {lines[-1]}")
            await asyncio.sleep(0.05)


async def run(options: argparse.Namespace, data: Path, sockets: list[socket.socket]) -> int:
    """Start the shop, drive it, wait for its queue to drain; returns the number of journeys."""
    stop_on_signals(asyncio.current_task())
    queue = MessageQueue("orders.placed")
    with running(data, sockets) as processes:
        async with httpx2.AsyncClient(headers={"user-agent": "customer"}, timeout=30) as client:
            await wait_until_up(client, data, processes)
            journeys = await traffic.drive(client, options.duration, options.rate)
        for _ in range(DRAIN_SECONDS * 20):
            if queue.depth() == 0:
                break
            await asyncio.sleep(0.05)
    return journeys


def stop_on_signals(task: asyncio.Task[Any] | None) -> None:
    """Cancel `task` on the signals that ask a program to end, so that nothing is left running."""
    assert task
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def main() -> None:
    options = arguments()
    try:
        destination = set_endpoint()
        sockets = reserve_ports(options.base_port)
        os.environ["SHOP_BASE_PORT"] = str(sockets[0].getsockname()[1])
        with tempfile.TemporaryDirectory(prefix="shop-") as directory:
            os.environ["SHOP_DATA"] = directory
            journeys = asyncio.run(run(options, Path(directory), sockets))
            tallies = [
                [int(number) for number in tally.read_text().split()]
                for tally in Path(directory).glob("*.sent")
            ]
    except Failed as failure:
        raise SystemExit(f"run_simulation: {failure}") from None
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("run_simulation: interrupted") from None
    spans, logs, lost = (sum(column) for column in zip(*tallies, strict=True))
    print(f"{journeys} journeys: {spans} spans and {logs} log records sent to {destination}")  # noqa: T201
    if lost:
        raise SystemExit(f"run_simulation: {lost} records could not be delivered")


if __name__ == "__main__":
    main()
