"""What every test run obeys: with ARGUS_FORBID_SKIPS set, a test that is skipped has failed."""

import os
from collections.abc import Generator
from typing import Any

import pytest

FORBIDDEN = bool(os.environ.get("ARGUS_FORBID_SKIPS"))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"ARGUS_FORBID_SKIPS is set, but: {_reason(report)}"
        report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reasons = [_reason(report) for report in terminalreporter.stats.get("skipped", [])]
    for reason in dict.fromkeys(reasons):
        line = f"SKIPPED: {reasons.count(reason)} tests: {reason.removeprefix('Skipped: ')}"
        terminalreporter.write_line(line)
