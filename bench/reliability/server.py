"""A server as a process: started, killed, stopped, asked, and restarted on the same ports."""

import os
import resource
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
from prometheus_client.parser import text_string_to_metric_families

from bench.reliability.reading import Data
from bench.server import free_ports

ROOT = Path(__file__).parents[2]
READY_S = 60.0
SERVE = ("-m", "argus", "serve")


class Server:
    """`python -m argus serve` in a folder of its own, on ports it keeps."""

    def __init__(self, folder: Path, **settings: str) -> None:
        http, grpc, otlp = free_ports(3)
        self.folder = folder
        self.data: Data = folder
        self.url = f"http://127.0.0.1:{http}"
        self.grpc = f"127.0.0.1:{grpc}"
        self.otlp = f"http://127.0.0.1:{otlp}"
        self.log = folder / "argus.log"
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
        self._environ = kept | {
            "PYTHONPATH": str(ROOT),
            "HTTP_PORT": str(http),
            "GRPC_PORT": str(grpc),
            "OTLP_HTTP_PORT": str(otlp),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, command: tuple[str, ...] = SERVE) -> float:
        """Start it and wait until it is ready; the seconds that took."""
        self.launch(command)
        began = time.monotonic()
        with httpx2.Client(timeout=5) as client:
            while time.monotonic() - began < READY_S:
                assert self.alive, self.log.read_text()[-4000:]
                try:
                    if client.get(f"{self.url}/readyz").status_code == 200:
                        return time.monotonic() - began
                except httpx2.TransportError:
                    pass
                time.sleep(0.01)
        raise AssertionError(f"not ready: {self.log.read_text()[-4000:]}")

    def launch(self, command: tuple[str, ...] = SERVE) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env=self._environ,
                stdout=log,
                stderr=log,
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None
        return self._process

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, within_s: float = 20) -> tuple[int, float]:
        """SIGTERM: the exit code and the seconds until then. Killed when it does not end."""
        began = time.monotonic()
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s), time.monotonic() - began
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL, time.monotonic() - began

    def limit_files(self, size: int | None) -> None:
        """No file of the process may grow beyond `size` bytes; any size when None."""
        unlimited = resource.RLIM_INFINITY
        soft = unlimited if size is None else size
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (soft, unlimited))

    def rss_mib(self) -> float:
        """Resident memory now."""
        return self._status("VmRSS:")

    def peak_mib(self) -> float:
        """The most resident memory since the start."""
        return self._status("VmHWM:")

    def _status(self, key: str) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition(key)[2].split()[0]) / 1024

    def get(self, path: str, **params: Any) -> Any:
        """The decoded JSON answer of a GET that must succeed."""
        response = httpx2.get(f"{self.url}{path}", params=params, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    def metrics(self) -> "Metrics":
        """What /metrics says now."""
        return Metrics(httpx2.get(f"{self.url}/metrics", timeout=30).text)

    def until_settled(self, within_s: float = 30) -> None:
        """Return when the database takes writes and no dead letter waits."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            health = self.get("/api/health")
            if health["writer_status"] == "OK" and not health["dlq_size"]:
                return
            time.sleep(0.1)
        raise AssertionError(f"not settled after {within_s} s: {health}")


class Metrics:
    """A scrape of /metrics."""

    def __init__(self, text: str) -> None:
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def sum(self, name: str, **labels: str) -> float:
        """The sum of all samples of a name that have these labels."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def unbalanced(self) -> list[str]:
        """A line for each signal whose received records are not all accounted for."""
        lines = []
        for kind in ("traces", "logs", "metrics"):
            came = self._records(kind, "received", "dlq_recovered")
            went = self._records(
                kind, "stored", "duplicate", "rejected", "filtered", "dlq_quarantined",
                "dlq_removed",
            ) + self.sum("argus_dlq_records", signal=kind)  # fmt: skip
            if came != went:
                lines.append(f"{kind}: {came:.0f} came in, {went:.0f} are accounted for")
        return lines

    def _records(self, kind: str, *verbs: str) -> float:
        return sum(self.sum(f"argus_{verb}_records_total", signal=kind) for verb in verbs)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """A server that is ready, and stopped at the end."""
    server = Server(folder, **settings)
    try:
        server.start()
        yield server
    finally:
        if server.alive:
            server.stop()


def reachable(address: str) -> bool:
    """Whether anything listens on HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True
