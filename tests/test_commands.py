"""What `make test` says at its end: every group that failed, every group it had to skip."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def end_of(folder: Path, *, node: bool, broken: bool = False, **environ: str) -> tuple[int, str]:
    """Exit code and output of `.ci/test` with every tool replaced by one that does nothing."""
    for name in (".venv/bin/python", "bin/make", *(["bin/npm"] if node else [])):
        tool = folder / name
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.write_text(f"#!/bin/sh\nexit {int(broken and name == 'bin/make')}\n")
        tool.chmod(0o755)
    for name in ("sh", "sed"):
        (folder / "bin" / name).symlink_to(Path(shutil.which(name) or "").resolve())
    done = subprocess.run(
        [ROOT / ".ci/test"], cwd=folder, env={"PATH": str(folder / "bin"), **environ},
        capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_run_without_failures_or_skips_succeeds(tmp_path: Path) -> None:
    code, output = end_of(tmp_path, node=True)
    assert code == 0
    assert output.splitlines()[-1] == "== tests that need the machine"


def test_without_node_the_web_group_is_named_as_skipped(tmp_path: Path) -> None:
    code, output = end_of(tmp_path, node=False)
    assert code == 0
    assert output.splitlines()[-1] == "SKIPPED: web (needs Node and npm)"


def test_a_skipped_group_fails_where_skips_are_forbidden(tmp_path: Path) -> None:
    code, output = end_of(tmp_path, node=False, ARGUS_FORBID_SKIPS="1")
    assert code == 1
    assert "FAILED: a group was skipped" in output.splitlines()[-1]


def test_every_group_runs_and_those_that_failed_are_named(tmp_path: Path) -> None:
    code, output = end_of(tmp_path, node=True, broken=True)
    assert code == 1
    assert output.splitlines()[-5:] == [
        "== tests", "== tests that need the machine",
        "FAILED: style", "FAILED: types", "FAILED: web: set-up",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["run", "test", "packages"])
def test_the_scripts_can_be_run(name: str) -> None:
    assert os.access(ROOT / ".ci" / name, os.X_OK)
    shell = "bash" if name == "run" else "sh"
    assert subprocess.run([shell, "-n", ROOT / ".ci" / name], check=False).returncode == 0
