"""An Argus (or the handler that discards) as a process: started, asked, measured, stopped."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from bench.baseline import connect

ROOT = Path(__file__).parent.parent
GIVE_UP_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_BUCKET = re.compile(r'argus_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)')


class Process:
    """A child process whose processor time and memory can be read (Linux only)."""

    def __init__(self, command: list[str], folder: Path, environ: dict[str, str]) -> None:
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
        self._child = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | environ,
        )
        self.pid = self._child.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._child.poll() is None

    def cpu_s(self) -> float:
        """Processor seconds used so far by all threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_mib(self) -> float:
        """The most resident memory since the start, or since `forget_peak`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def forget_peak(self) -> None:
        """Let `peak_mib` start anew from what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def settle(self) -> None:
        """Wait until the process has hardly used any processor time for half a second."""
        deadline = time.monotonic() + GIVE_UP_S
        before = self.cpu_s()
        while time.monotonic() < deadline:
            time.sleep(0.5)
            now = self.cpu_s()
            if now - before <= 0.03:
                return
            before = now

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        if self.running:
            self._child.send_signal(signal.SIGTERM)
        self._child.wait(GIVE_UP_S)


class Argus:
    """`python -m argus serve` in an empty folder on free ports; entered when it is ready."""

    def __init__(self, **environ: str) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="argus-bench-")
        self.folder = Path(self._temporary.name)
        web, grpc, otlp = free_ports(3)
        self.web = web
        self.grpc = f"127.0.0.1:{grpc}"
        self.http = f"127.0.0.1:{otlp}"
        self._environ = {
            "HTTP_PORT": str(web),
            "GRPC_PORT": str(grpc),
            "OTLP_HTTP_PORT": str(otlp),
            "LOG_LEVEL": "ERROR",
            "INGEST_MIN_SEVERITY": "TRACE",  # by default some records are left out on purpose
        } | environ

    def __enter__(self) -> Self:
        self.process = Process(["-m", "argus", "serve"], self.folder, self._environ)
        deadline = time.monotonic() + GIVE_UP_S
        while not self._ready():
            if not self.process.running or time.monotonic() > deadline:
                self._temporary.cleanup()
                raise SystemExit("argus serve did not become ready")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()
        self._temporary.cleanup()

    def _ready(self) -> bool:
        try:
            return self._get("/readyz")[0] == 200
        except OSError:
            return False

    def _get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def loop_lag(self) -> dict[float, float]:
        """How often the event loop was at most so many seconds late, since the start."""
        return {float(le): float(n) for le, n in _BUCKET.findall(self._get("/metrics")[1])}

    def segments(self) -> list[Path]:
        """The files of the segments, oldest first."""
        return sorted(self.folder.glob("*.segments/[0-9]*.db"))

    def stored(self) -> dict[str, int]:
        """Rows of `spans` and `logs` in all segments, counted by a reader outside the server."""
        found = {"spans": 0, "logs": 0}
        for path in self.segments():
            connection = connect(f"file:{path}?mode=ro", uri=True)
            for table in found:
                (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
                found[table] += count
            connection.close()
        return found

    def disk_bytes(self) -> int:
        """Bytes of every file in the server's folder."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def lag_p99_ms(before: dict[float, float], after: dict[float, float]) -> float:
    """The bound, in milliseconds, that 99 % of the samples between two readings kept."""
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = max(counts.values(), default=0.0)
    return next(b * 1000 for b, n in counts.items() if total and n >= 0.99 * total)


def free_ports(count: int) -> list[int]:
    """TCP ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
