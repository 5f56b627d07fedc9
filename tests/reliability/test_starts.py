"""REL-C5: whatever a crash or a person left, it starts clean or says in one line what to do."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bench.baseline import connect
from bench.reliability.server import ROOT, Server, serving
from bench.server import free_ports

GARBAGE = b"no database, by any means" * 4000
PROTOBUF = {"content-type": "application/x-protobuf"}


def segment(folder: Path) -> Path:
    return folder / "argus.db.segments/000001.db"


def a_request(text: str) -> bytes:
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(
            time_unix_nano=time.time_ns(),
            severity_number=9,
        )
    )
    record.body.string_value = text
    return request.SerializeToString()


def send(argus: Server, text: str) -> None:
    answer = httpx2.post(f"{argus.otlp}/v1/logs", content=a_request(text), headers=PROTOBUF)
    assert answer.status_code == 200


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was killed after it had acked one record."""
    folder = tmp_path_factory.mktemp("used")
    argus = Server(folder)
    argus.start()
    send(argus, "kept")
    argus.kill()
    return folder


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was stopped after it had acked one record, all of it in the
    database files themselves."""
    folder = tmp_path_factory.mktemp("stopped")
    with serving(folder) as argus:
        send(argus, "kept")
    execute(segment(folder), "PRAGMA wal_checkpoint(TRUNCATE)")
    assert not list(folder.rglob("*-wal"))
    return folder


def truncate(path: Path, size: int) -> None:
    os.truncate(path, size)


def execute(path: Path, statement: str) -> None:
    with closing(connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def letter_left(folder: Path) -> None:
    for name in ("0000000000000001-logs-1-100-1-0123456789ab.letter.unfinished", "notes.txt"):
        (folder / "data/dlq" / name).write_text("half of it")


def stale_lock(folder: Path) -> None:
    (folder / "argus.db.lock").write_text("999999\n")
    (folder / "data/dlq/.lock").write_text("999999\n")


def without_control(folder: Path) -> None:
    for path in folder.glob("argus.db*"):
        if path.is_file():
            path.unlink()


CLEAN: dict[str, Callable[[Path], object]] = {
    "as it was left by kill -9": lambda folder: None,
    "without the -shm": lambda folder: Path(f"{segment(folder)}-shm").unlink(missing_ok=True),
    "with stale locks": stale_lock,
    "with leftovers beside the letters": letter_left,
    "without the control database": without_control,
}


@pytest.mark.parametrize("change", CLEAN.values(), ids=CLEAN.keys())
def test_it_starts_and_what_was_acked_is_there(
    tmp_path: Path, used: Path, change: Callable[[Path], object]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(used, folder)
    change(folder)
    with serving(folder) as argus:
        assert [log["body"] for log in argus.get("/api/logs")["logs"]] == ["kept"]
        send(argus, "new")
        assert argus.get("/api/logs")["total"] == 2


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "segment of zero bytes": (lambda folder: truncate(segment(folder), 0), "000001.db"),
    "segment cut off": (lambda folder: truncate(segment(folder), 20_000), "000001.db"),
    "segment overwritten": (lambda folder: segment(folder).write_bytes(GARBAGE), "000001.db"),
    "segment gone": (lambda folder: segment(folder).unlink(), "000001.db"),
    "segment of a newer version": (
        lambda folder: execute(folder / "argus.db", "UPDATE segments SET schema_version = 9999"),
        "000001.db",
    ),
    "control database of a newer version": (
        lambda folder: execute(folder / "argus.db", "UPDATE alembic_version SET version_num = 'z'"),
        "newer argus",
    ),
    "control database overwritten": (
        lambda folder: (folder / "argus.db").write_bytes(GARBAGE),
        "argus.db",
    ),
}


@pytest.mark.parametrize(("change", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses_in_one_line_and_leaves_every_file_alone(
    tmp_path: Path, stopped: Path, change: Callable[[Path], object], named: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(stopped, folder)
    change(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.db")}
    done = subprocess.run(
        [sys.executable, "-m", "argus", "serve"], cwd=folder, capture_output=True, text=True,
        timeout=15, env=ports() | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if not line.startswith("time=")]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1
    assert lines[0].startswith("argus: DB_DSN: ")
    assert named in lines[0]
    for path, content in before.items():
        assert path.read_bytes() == content, path.name


def ports() -> dict[str, str]:
    keys = ("HTTP_PORT", "GRPC_PORT", "OTLP_HTTP_PORT")
    return {key: str(port) for key, port in zip(keys, free_ports(3), strict=True)}


def test_the_remedy_it_names_works(tmp_path: Path, stopped: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(stopped, folder)
    (folder / "argus.db.segments/000002.db").write_bytes(segment(folder).read_bytes())
    (folder / "argus.db").unlink()
    with serving(folder):
        pass
    (folder / "argus.db").unlink()
    segment(folder).unlink()
    with serving(folder) as argus:
        assert [log["body"] for log in argus.get("/api/logs")["logs"]] == ["kept"]
