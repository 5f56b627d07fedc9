"""Real database servers in temporary directories, for what needs one."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_START_S = 30.0
# what a process that dies does not lose, and a machine that does may
_QUICK_POSTGRES = ["fsync=off", "full_page_writes=off", "shared_buffers=32MB"]
_QUICK_MARIADB = [
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-method=nosync",
]
_UNPRIVILEGED = os.geteuid() != 0


class Missing(Exception):
    """A program that is needed is not installed."""


class Server:
    """One server that can be stopped and started; `dsn(database)` connects to it."""

    driver: str
    user: str

    def __init__(self, folder: Path, *, safe: bool = False) -> None:
        self.folder = folder
        self.safe = safe
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str) -> str:
        """What `DB_DSN` is for a database of this server."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """How the server is run in the foreground."""
        raise NotImplementedError

    def execute(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        raise NotImplementedError

    def ask(self, statement: str, database: str) -> list[str]:
        """The lines that the server's own client prints of a query."""
        raise NotImplementedError

    def dump(self) -> str:
        """A copy of `argus` and its segments by the server's own tool, as statements."""
        raise NotImplementedError

    def restore(self, dumped: str) -> None:
        """Put what was dumped in the place of what is there."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and wait until it answers."""
        deadline = time.monotonic() + _START_S
        self._begin()
        while True:
            try:
                self.execute("SELECT 1")
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
            time.sleep(0.1)
            if self._process is not None and self._process.poll() is not None:
                self._begin()  # what was killed may take a moment to let go of its files

    def _begin(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.as_user(self.command()),
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
            )

    def stop(self, how: signal.Signals) -> None:
        """End the server by a signal and wait for it."""
        assert self._process is not None
        self.pause(False)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(30)

    def pause(self, on: bool) -> None:
        """Let the server hang, or go on."""
        assert self._process is not None
        for pid in _with_children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP if on else signal.SIGCONT)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The server takes connections and answers nobody while the context lasts."""
        self.pause(True)
        try:
            yield
        finally:
            self.pause(False)

    def as_user(self, command: list[str]) -> list[str]:
        """A command that runs without root's rights, which servers refuse."""
        return command if _UNPRIVILEGED else ["runuser", "-u", self.user, "--", *command]

    def run(self, command: list[str], given: str = "") -> str:
        """What a command of the server's user prints, given this text to read."""
        done = subprocess.run(
            self.as_user(command), check=True, capture_output=True, cwd="/", input=given.encode()
        )
        return done.stdout.decode()


class PostgresServer(Server):
    """PostgreSQL, as Debian lays it out."""

    driver, user = "postgres", "postgres"

    def __init__(self, folder: Path, *, safe: bool = False) -> None:
        super().__init__(folder, safe=safe)
        self._programs = _postgres_programs()
        self._data = str(folder / "data")
        self.run([f"{self._programs}/initdb", "-D", self._data, "-A", "trust", "-U", "postgres",
                  "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"])  # fmt: skip

    def command(self) -> list[str]:
        settings = ["listen_addresses=127.0.0.1", "max_connections=60"]
        settings += ["shared_buffers=256MB"] if self.safe else _QUICK_POSTGRES
        chosen = [word for setting in settings for word in ("-c", setting)]
        return [f"{self._programs}/postgres", "-D", self._data, "-p", str(self.port),
                "-k", str(self.folder), *chosen]  # fmt: skip

    def dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database} sslmode=disable"

    def execute(self, statement: str) -> None:
        self.ask(statement, "postgres")

    def ask(self, statement: str, database: str) -> list[str]:
        return self._client("psql", "-d", database, "-qAtc", statement).splitlines()

    def dump(self) -> str:
        return self._client("pg_dump", "-d", "argus")

    def restore(self, dumped: str) -> None:
        self.execute("DROP DATABASE argus")
        self.execute("CREATE DATABASE argus")
        self._client("psql", "-d", "argus", "-q", "-v", "ON_ERROR_STOP=1", given=dumped)

    def _client(self, program: str, *words: str, given: str = "") -> str:
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", "postgres"]
        return self.run([f"{self._programs}/{program}", *where, *words], given)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        super().stop(how)


class MariadbServer(Server):
    """MariaDB, as Debian lays it out."""

    driver, user = "mysql", "mysql"

    def __init__(self, folder: Path, *, safe: bool = False) -> None:
        super().__init__(folder, safe=safe)
        self._data, self._socket = str(folder / "data"), str(folder / "socket")
        self.run(["mariadb-install-db", "--no-defaults", f"--datadir={self._data}",
                  "--auth-root-authentication-method=normal", "--skip-test-db"])  # fmt: skip

    def command(self) -> list[str]:
        return [_found("mariadbd"), "--no-defaults", f"--datadir={self._data}",
                f"--socket={self._socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                f"--pid-file={self.folder}/pid", "--skip-name-resolve",
                *(["--innodb-buffer-pool-size=256M"] if self.safe else _QUICK_MARIADB)]  # fmt: skip

    def start(self) -> None:
        super().start()
        for statement in (
            "DELETE FROM mysql.global_priv WHERE user = ''",
            "CREATE USER IF NOT EXISTS argus@'127.0.0.1' IDENTIFIED BY 'it is @ secret'",
            "GRANT ALL ON *.* TO argus@'127.0.0.1'",
        ):
            self.execute(statement)

    def dsn(self, database: str) -> str:
        return f"argus:it is @ secret@tcp(127.0.0.1:{self.port})/{database}?charset=utf8mb4"

    def execute(self, statement: str) -> None:
        self.ask(statement, "")

    def ask(self, statement: str, database: str) -> list[str]:
        words = ["--delimiter=//", "-NBre", statement, *filter(None, [database])]
        return self._client("mariadb", *words).splitlines()

    def dump(self) -> str:
        return self._client(
            "mariadb-dump", "--hex-blob", "--single-transaction", "--databases", *self._databases
        )

    def restore(self, dumped: str) -> None:
        for name in self._databases:
            self.execute(f"DROP DATABASE {name}")
        self._client("mariadb", given=dumped)

    @property
    def _databases(self) -> list[str]:
        names = "SELECT schema_name FROM information_schema.schemata"
        return self.ask(f"{names} WHERE schema_name REGEXP '^argus(_seg_.*)?$'", "")

    def _client(self, program: str, *words: str, given: str = "") -> str:
        where = ["--no-defaults", f"--socket={self._socket}", "-u", "root"]
        return self.run([_found(program), *where, *words], given)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        super().stop(how)


def _with_children(pid: int) -> Iterator[int]:
    """A process and all that come from it (Linux)."""
    yield pid
    with suppress(FileNotFoundError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _with_children(int(child))


def _found(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin")
    if found is None:
        raise Missing(f"{program} is not installed")
    return found


def _postgres_programs() -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if folders:
        return str(folders[-1].parent)
    return str(Path(_found("initdb")).parent)


@contextmanager
def running(kind: Callable[..., Server], *, safe: bool = False) -> Iterator[Server]:
    """A server in a folder of its own, for as long as the context lasts. One that is not `safe`
    keeps nothing from a power cut."""
    with tempfile.TemporaryDirectory(prefix="argus-server-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        if kind is MariadbServer:
            _found("mariadb-install-db")
        server = kind(folder, safe=safe)
        try:
            server.start()
            yield server
        finally:
            server.stop()  # type: ignore[call-arg]
