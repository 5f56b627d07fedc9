"""Skips: counted by reason at the end of a run, and failures where they are forbidden."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SKIPPING = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="no such database")
def test_needs_a_database():
    pass

@pytest.mark.xfail(reason="known")
def test_is_known_to_fail():
    assert False
"""

SKIPPING_WHOLE = 'import pytest\npytest.skip("no browser", allow_module_level=True)\n'


def run(folder: Path, content: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_it.py").write_text(content)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ARGUS_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder],
        cwd=folder, env=inherited | environ, capture_output=True, text=True,
    )  # fmt: skip


def test_a_skip_is_named_by_its_reason_on_the_last_lines(tmp_path: Path) -> None:
    done = run(tmp_path, SKIPPING)
    assert done.returncode == 0
    assert "SKIPPED: 1 tests: no such database" in done.stdout.splitlines()[-2]


@pytest.mark.parametrize("content", [SKIPPING, SKIPPING_WHOLE])
def test_a_skip_fails_the_run_where_skips_are_forbidden(tmp_path: Path, content: str) -> None:
    done = run(tmp_path, content, ARGUS_FORBID_SKIPS="1")
    assert done.returncode != 0
    assert "ARGUS_FORBID_SKIPS is set, but: Skipped: no " in done.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    content = SKIPPING.replace('@pytest.mark.skip(reason="no such database")', "")
    assert run(tmp_path, content, ARGUS_FORBID_SKIPS="1").returncode == 0
