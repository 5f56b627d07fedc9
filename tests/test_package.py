"""What is shipped: the wheel is the whole server, the locks hold it, the image builds from both."""

import json
import re
import subprocess
import sys
import threading
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def committed(folder: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name]


def test_the_wheel_holds_every_module_migration_and_asset(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = set(committed("argus"))
    wanted |= {f"argus/{name}" for name in committed("migrations")}
    wanted |= {name.replace("web/dist/", "argus/web/") for name in committed("web/dist")}
    assert {"argus/web/index.html", "argus/migrations/env.py"} <= wanted
    assert wanted <= names


def test_the_wheel_brings_an_empty_database_to_its_schema_without_the_checkout(
    wheel: Path, tmp_path: Path
) -> None:
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = f"import argus.cli; assert argus.__file__.startswith({str(site)!r}); argus.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "migrate"],
        cwd=home, env={"PYTHONPATH": str(site)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (home / "argus.db").stat().st_size > 0


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_every_dependency_to_hashes_and_names_no_index(lock: Path) -> None:
    logical = lock.read_text().replace("\\\n", "").splitlines()
    entry = r"[a-z0-9._-]+==\S+( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+"
    assert [line for line in logical if not re.fullmatch(entry, line)] == []


def versions(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", ["runtime.lock", "dev.lock"])
def test_a_lock_holds_every_declared_dependency(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"]
    if lock == "dev.lock":
        extras = project["optional-dependencies"]  # a proprietary driver is in none of the locks
        declared = [one for name in extras if name != "sqlserver" for one in extras[name]]
    locked = versions(lock)
    for one in map(Requirement, declared):
        if one.name != project["name"]:
            version = locked.get(canonicalize_name(one.name), "none")
            assert version != "none", one.name
            assert one.specifier.contains(version, prereleases=True), one.name


@pytest.mark.parametrize("lock", ["runtime.lock", "build.lock"])
def test_tests_run_on_the_versions_that_are_shipped(lock: str) -> None:
    assert versions(lock).items() <= versions("dev.lock").items()


@pytest.mark.parametrize("lock", ["web", "tests/e2e/js"])
def test_a_lock_of_node_packages_holds_them_to_hashes_and_names_no_index(lock: str) -> None:
    packages = json.loads((ROOT / lock / "package-lock.json").read_text())["packages"]
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if name and "integrity" not in one] == []


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [(word, rest) for line in lines if line for word, _, rest in [line.partition(" ")]]


def test_the_image_runs_as_a_user_and_tells_its_health_and_ports() -> None:
    final = [index for index, (word, _) in enumerate(instructions()) if word == "FROM"][-1]
    said = dict(instructions()[final:])
    assert said["USER"] not in ("root", "0")
    assert "HOST=0.0.0.0" in said["ENV"].split()
    assert said["EXPOSE"].split() == ["8080", "4317", "4318"]
    assert said["VOLUME"] == said["WORKDIR"] == "/data"
    assert "/readyz" in said["HEALTHCHECK"]
    assert (json.loads(said["ENTRYPOINT"]), json.loads(said["CMD"])) == (["argus"], ["serve"])


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in let_in, source


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_the_health_check_of_the_image_tells_ready_from_not(
    status: int | None, healthy: bool
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if status and self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    _, flag, code = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        if status is not None:
            threading.Thread(target=server.handle_request).start()
        port = "1" if status is None else str(server.server_port)
        done = subprocess.run([sys.executable, flag, code], env={"HTTP_PORT": port}, check=False)
    assert (done.returncode == 0) is healthy
