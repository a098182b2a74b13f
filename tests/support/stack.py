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

ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = (sys.executable, "-m", "celery", "-A", "config")


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Return what the condition returns as soon as it is true; fail after that many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


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
            "JOB_LEASE_SECONDS": "2",
            "JOB_SWEEP_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
            **self.extra_env,
        }
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT, env=self.env, check=True)
        self.run("relay", sys.executable, "manage.py", "relay")
        self.run("beat", *CELERY, "beat", "-s", str(self.home / "beat"), "-l", "WARNING")
        queues = ("-Q", "slices,default", "-c", "2", "-l", "WARNING")
        self.run(
            "worker",
            "nice",
            "-n",
            "5",
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
