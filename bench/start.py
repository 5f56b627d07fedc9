"""Measures how long Argus takes from its command to ready, and what it holds in memory idle.

    python bench/start.py [--runs 5] [--json FILE]

Each run starts `python -m argus serve` in an empty folder on free ports, asks /readyz until it
answers 200, waits, and reads the resident memory from /proc (Linux only). The baseline I0 is a
process that only imports the libraries Argus stands on, in the same run; the ratios against it are
what can be compared between machines.
"""

import argparse
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).parent.parent
IDLE_S = 3.0
GIVE_UP_S = 30.0
POLL_S = 0.005
I0 = "import grpc, starlette.applications, uvicorn, sqlalchemy; print(flush=True); input()"

Figures = dict[str, float]


class Summary(TypedDict):
    """What is printed, and written as JSON. Figures of a process: median, min and max of each."""

    python: str
    cores: int | None
    runs: int
    processes: dict[str, dict[str, Figures]]
    ratio: Figures


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Start-to-ready and idle memory of Argus.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    chosen = parser.parse_args()
    measure_argus()  # the first run compiles bytecode and fills the page cache; it does not count
    runs: dict[str, list[Figures]] = {"argus serve": [], "I0 (imports only)": []}
    for _ in range(chosen.runs):
        runs["argus serve"].append(measure_argus())
        runs["I0 (imports only)"].append(measure_baseline())
    result = summary(runs)
    sys.stdout.write(table(result))
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=2) + "\n")


def measure_argus() -> Figures:
    """One start of the server -> seconds to ready, MiB resident when idle."""
    ports = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="argus-start-") as folder:
        environ = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME")}
        environ |= {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARN"}
        environ |= {
            key: str(port)
            for key, port in zip(("HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT"), ports, strict=True)
        }
        begun = time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "argus", "serve"], cwd=folder, env=environ)
        try:
            wait_until_ready(child, ports[0])
            ready = time.perf_counter() - begun
            time.sleep(IDLE_S)
            return {"ready_s": ready, "rss_mib": resident_mib(child.pid)}
        finally:
            child.terminate()
            child.wait(GIVE_UP_S)


def measure_baseline() -> Figures:
    """One process that imports the libraries and waits -> the same two figures."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", I0], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        ready = time.perf_counter() - begun
        figures = {"ready_s": ready, "rss_mib": resident_mib(child.pid)}
        child.terminate()
    return figures


def wait_until_ready(child: subprocess.Popen[bytes], port: int) -> None:
    """Return once /readyz answers 200; raises SystemExit when that does not come to pass."""
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise SystemExit(f"argus serve ended with exit code {child.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(POLL_S)
    raise SystemExit(f"argus serve was not ready after {GIVE_UP_S:.0f} s")


def free_ports(count: int) -> list[int]:
    """TCP ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def resident_mib(pid: int) -> float:
    """Resident memory of a process, from /proc/PID/statm (in pages)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def summary(runs: dict[str, list[Figures]]) -> Summary:
    """The medians and extremes of each process, and the ratios of the medians."""
    processes = {
        name: {
            key: {
                "median": round(statistics.median(values), 3),
                "min": round(min(values), 3),
                "max": round(max(values), 3),
            }
            for key in ("ready_s", "rss_mib")
            for values in [[figures[key] for figures in measured]]
        }
        for name, measured in runs.items()
    }
    argus, baseline = processes.values()
    ratios = {
        key: round(argus[key]["median"] / baseline[key]["median"], 2)
        for key in ("ready_s", "rss_mib")
    }
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": len(runs["argus serve"]),
        "processes": processes,
        "ratio": ratios,
    }


def table(result: Summary) -> str:
    """The summary as text for a terminal."""
    lines = [f"{'':20}{'ready, s':>26}{'resident, MiB':>26}"]
    for name, figures in result["processes"].items():
        cells = (
            f"{one['median']:.3g} ({one['min']:.3g} to {one['max']:.3g})"
            for one in (figures["ready_s"], figures["rss_mib"])
        )
        lines.append(f"{name:20}" + "".join(f"{cell:>26}" for cell in cells))
    ratio = result["ratio"]
    lines.append(f"{'ratio of medians':20}{ratio['ready_s']:>26}{ratio['rss_mib']:>26}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
