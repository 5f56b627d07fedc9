"""Measures ingest against what the same machine does bare, in the same run.

    python -m bench.ingest [--quick | --long] [--only NAME ...] [--json FILE] [--doc PAGE]

Without a flag six to eight minutes; `--quick` about two, with fewer and shorter rounds; `--long`
adds ten million spans in a row. Argus, the load generator and the baselines are processes on this
machine; every data file lies in a temporary folder (TMPDIR: put it on the disk in question). The
server must store exactly what it acked, or the run fails. Linux only.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import scenarios
from bench.conditions import observed
from bench.generator import Generator
from bench.report import Line, Result

SCENARIOS: dict[str, Callable[[scenarios.Bench], Iterator[Line]]] = {
    "spans": lambda bench: scenarios.throughput(bench, "shop"),
    "logs": lambda bench: scenarios.throughput(bench, "logs"),
    "llm": lambda bench: scenarios.throughput(bench, "llm"),
    "half": scenarios.half_load,
    "overload": scenarios.overload,
    "single": scenarios.one_span_calls,
    "http": scenarios.encodings,
    "long": scenarios.long_run,
}
_NEED_CAPACITY = {"half", "http"}


def main() -> None:
    """Run the benchmark and print its table; exit code 1 when a record was lost or doubled."""
    chosen = _arguments()
    wanted = chosen.only or [name for name in SCENARIOS if name != "long" or chosen.long]
    if _NEED_CAPACITY & set(wanted) and "spans" not in wanted:
        wanted = ["spans", *wanted]
    rounds, seconds, sample = (2, 1.5, 120) if chosen.quick else (5, 4.0, 200)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    began = time.monotonic()
    lines: list[Line] = []
    with observed() as conditions, Generator() as generator:
        bench = scenarios.Bench(generator, rounds, seconds, sample)
        for name in [name for name in SCENARIOS if name in wanted]:
            sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {name}\n")
            lines += SCENARIOS[name](bench)
    mode = "quick" if chosen.quick else "full"
    cpu = {name: sum(shares) / len(shares) for name, shares in bench.generator_cpu.items()}
    result = Result(mode, rounds, started, conditions, lines, cpu)
    sys.stdout.write(result.text())
    if chosen.doc:
        result.put_into(chosen.doc, "ingest")
    if chosen.json:
        result.write(chosen.json)
    if any("stored / acked" in line.name and line.verdict != "met" for line in lines):
        raise SystemExit("stored is not what was acked")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.ingest", description="Ingest, against what the machine does bare."
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="about two minutes")
    length.add_argument("--long", action="store_true", help="ten million spans as well")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="these alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--doc", type=Path, metavar="PAGE", help="replace the table in a page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
