"""A real Argus process in a temporary folder, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Argus:
    """One server process and the folder it keeps its data in."""

    def __init__(self, folder: Path, **settings: str) -> None:
        http, grpc, otlp = free_ports(3)
        self.folder = folder
        self.url = f"http://127.0.0.1:{http}"
        self.grpc = f"127.0.0.1:{grpc}"
        self.otlp = f"http://127.0.0.1:{otlp}"
        self.log = folder / "argus.log"
        self._environment = os.environ | {
            "HTTP_PORT": str(http),
            "GRPC_PORT": str(grpc),
            "OTLP_HTTP_PORT": str(otlp),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Argus":
        """Start and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "argus", "serve"],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/readyz").status_code == 200:
                    return self
            except httpx2.TransportError:
                pass
            assert self._process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        raise AssertionError(f"not ready: {self.log.read_text()}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM, within: float = 15) -> int:
        """Send a signal, wait for the end, return the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def get(self, path: str, **params: Any) -> Any:
        """The decoded JSON answer of a GET that must succeed."""
        response = httpx2.get(f"{self.url}{path}", params=params)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Argus]:
    """A started server that is stopped at the end."""
    argus = Argus(folder, **settings).start()
    try:
        yield argus
    finally:
        argus.stop()


@pytest.fixture
def argus(tmp_path: Path) -> Iterator[Argus]:
    """A server of the test's own."""
    with running(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def shared_argus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Argus]:
    """A server that the tests of one module share."""
    with running(tmp_path_factory.mktemp("argus")) as server:
        yield server
