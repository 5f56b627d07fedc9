"""The result of a benchmark: one line per measure with its target and verdict, as text and JSON."""

import json
import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPIN_SHARE = 0.9
FOREIGN_SHARE = 0.08


@dataclass(slots=True)
class Line:
    """One measure: a value per round; the median is compared with a bound when there is one."""

    name: str
    unit: str
    values: list[float]
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.values)

    @property
    def target(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"≥ {_short(self.at_least)}"
        return f"≤ {_short(self.at_most)}" if self.at_most is not None else ""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing without a bound."""
        if self.at_least is not None:
            return "met" if self.median >= self.at_least else "missed"
        if self.at_most is not None:
            return "met" if self.median <= self.at_most else "missed"
        return ""


@dataclass(slots=True)
class Conditions:
    """How much of the machine the run had: before and after, what a process that only spins got
    of its core and how fast it span; over the whole run, what others took of all cores."""

    spin_share: list[float] = field(default_factory=list)
    spin_rate: list[float] = field(default_factory=list)
    foreign_share: float = 0.0
    load: list[float] = field(default_factory=list)

    @property
    def quiet(self) -> bool:
        """Whether figures of this run may be claimed."""
        return min(self.spin_share) >= SPIN_SHARE and self.foreign_share <= FOREIGN_SHARE


@dataclass(slots=True)
class Result:
    """A whole run."""

    mode: str
    rounds: int
    started: str
    conditions: Conditions
    lines: list[Line]
    generator_cpu_share: dict[str, float]

    def text(self) -> str:
        """The table for a terminal."""
        quiet = self.conditions.quiet
        head = f"{'measure':52}{'median':>9} {'(min to max)':20}{'target':>10}  verdict"
        rows = [head, "-" * len(head)]
        for line in self.lines:
            spread = f"({_short(min(line.values))} to {_short(max(line.values))})"
            verdict = line.verdict if quiet or not line.verdict else f"{line.verdict} (not claimed)"
            name = f"{line.name}, {line.unit}" if line.unit else line.name
            rows.append(
                f"{name:52}{_short(line.median):>9} {spread:20}{line.target:>10}  {verdict}"
            )
            if line.note:
                rows.append(f"    {line.note}")
        return "\n".join([*self._header(), "", *rows, "", *self._footer()]) + "\n"

    def _header(self) -> list[str]:
        machine = _machine()
        found = self.conditions
        return [
            f"{self.mode} run of {self.rounds} rounds, {self.started}",
            f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, "
            f"Python {machine['python']}, {machine['system']}",
            f"a spinning process per core got {_range(found.spin_share, '.0%')} of it and made "
            f"{_range(found.spin_rate, '.0f')} loops a second; others took "
            f"{found.foreign_share:.0%} of the machine; load {_range(found.load, '.1f')}",
        ]

    def _footer(self) -> list[str]:
        shares = ", ".join(
            f"{name} {share:.0%}" for name, share in self.generator_cpu_share.items()
        )
        lines = [f"the load generator's own use of a core: {shares}"] if shares else []
        if not self.conditions.quiet:
            lines.append(
                "THE MACHINE WAS NOT QUIET: nothing here is a claim. It is when a spinning process "
                f"gets {SPIN_SHARE:.0%} of a core and others take at most {FOREIGN_SHARE:.0%}."
            )
        return lines

    def as_json(self) -> dict[str, Any]:
        """The same, for a machine."""
        return {
            "mode": self.mode,
            "rounds": self.rounds,
            "started": self.started,
            "machine": _machine(),
            "quiet": self.conditions.quiet,
            "spin_share": self.conditions.spin_share,
            "spin_rate": self.conditions.spin_rate,
            "foreign_share": self.conditions.foreign_share,
            "load": self.conditions.load,
            "generator_cpu_share": self.generator_cpu_share,
            "lines": [
                {
                    "name": line.name,
                    "unit": line.unit,
                    "median": line.median,
                    "values": line.values,
                    "at_least": line.at_least,
                    "at_most": line.at_most,
                    "verdict": line.verdict,
                    "note": line.note,
                }
                for line in self.lines
            ],
        }

    def write(self, path: Path) -> None:
        """Write the JSON to a file."""
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n")

    def put_into(self, page: Path, name: str) -> None:
        """Replace the table of this name in a Markdown page, between its two comments."""
        opening, closing = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, begin, rest = page.read_text().partition(opening)
        _, end, after = rest.partition(closing)
        if not end:
            raise SystemExit(f"{page}: expected {opening} and {closing}")
        page.write_text(f"{before}{begin}\n```\n{self.text()}```\n{end}{after}")


def _short(number: float | None) -> str:
    if number is None:
        return ""
    if abs(number) >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.3g}"


def _range(values: list[float], form: str) -> str:
    low, high = f"{min(values):{form}}", f"{max(values):{form}}"
    return low if low == high else f"{low} to {high}"


def _machine() -> dict[str, Any]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "cpu": models[0] if models else platform.machine(),
        "memory_gib": round(memory / 2**30),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }
