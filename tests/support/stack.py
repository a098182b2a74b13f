"""The whole product on servers of its own: PostgreSQL, Valkey, relay, worker and beat."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import environ
from django.db import connection

from config.embedded import Postgres, Valkey
from config.embedded.valkey import free_port
from tests.support.partner import DIRECT

ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = (sys.executable, "-m", "celery", "-A", "config")


def wait_for(
    condition: Callable[[], Any], *, seconds: float, what: str, pause: float = 0.02
) -> Any:
    """Return what the condition returns as soon as it is true; fail after that many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def answers(url: str) -> bool:
    """Return whether the address answers with success."""
    with suppress(OSError), DIRECT.open(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


class Stack:
    """Processes that may be killed, and the database that they all talk to."""

    def __init__(self, home: Path, **extra_env: str) -> None:
        self.home = home
        home.chmod(0o755)
        self.postgres, self.valkey = Postgres(home / "postgres"), Valkey(home / "valkey")
        self.commands: dict[str, tuple[str, ...]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.extra_env = extra_env
        self._ending = threading.Event()

    def start(self) -> None:
        self.database_url = self.postgres.start()
        self.redis_url = self.valkey.start()
        self.env = os.environ | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "BACKROOM_VAR": str(self.home / "var"),
            "JOB_LEASE_SECONDS": "1",
            "JOB_SWEEP_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
            **self.extra_env,
        }
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT, env=self.env, check=True)
        self.run("relay", sys.executable, "manage.py", "relay")
        self.run("beat", *CELERY, "beat", "-s", str(self.home / "beat"), "-l", "WARNING")
        queues = ("-Q", "slices,quick,default", "-c", "2", "-l", "WARNING")
        self.run(
            "worker",
            "nice",
            "-n",
            "12",
            *CELERY,
            "worker",
            *queues,
            "--without-gossip",
            "--without-mingle",
        )
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def run(self, name: str, *command: str) -> None:
        self.commands[name] = command
        log = (self.home / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
        )

    def serve(self, name: str = "web", *, threads: int = 2) -> str:
        """Start a web process; return its address once it answers."""
        address = f"127.0.0.1:{free_port()}"
        host, port = address.split(":")
        options = ("--interface", "wsgi", "--host", host, "--port", port, "--workers", "1")
        more = ("--blocking-threads", str(threads), "--no-access-log", "--no-ws")
        granian = (sys.executable, "-m", "granian", *options, *more)
        self.run(name, *granian, "config.wsgi:application")
        wait_for(lambda: answers(f"http://{address}/healthz"), seconds=60, what=f"{name}'s start")
        return f"http://{address}"

    def take_away(self, name: str) -> None:
        """Kill -9 the process; nobody starts it until `bring_back`."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def bring_back(self, name: str) -> None:
        self.run(name, *self.commands[name])

    def leave(self, name: str) -> float:
        """Ask the process to leave, as a deploy does; return how many seconds it took."""
        process, asked_at = self.processes[name], time.monotonic()
        process.terminate()
        wait_for(lambda: process.poll() is not None, seconds=60, what=f"the end of {name}")
        return time.monotonic() - asked_at

    def kill(self, name: str) -> None:
        """Kill -9 the process with everything that it has forked; it is started again."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)

    def _supervise(self) -> None:
        """Start again whatever ended, as supervisord or systemd does in production."""
        while not self._ending.wait(0.1):
            for name, process in list(self.processes.items()):
                if process.poll() is not None and not self._ending.is_set():
                    self.run(name, *self.commands[name])

    def stop(self) -> None:
        self._ending.set()
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.valkey.stop()
        self.postgres.stop()

    def log_of(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text(errors="replace")

    @contextmanager
    def as_database(self) -> Iterator[None]:
        """Let this process's models read and write the stack's database, with real commits."""
        before = connection.settings_dict
        settings = environ.Env.db_url_config(self.database_url)
        connection.close()
        connection.settings_dict = {**before, **settings}
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = before
