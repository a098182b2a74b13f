"""A relay in a thread, a worker in a process, and what the worker's tasks left behind."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from apps.core.relay import Relay

ROOT = Path(__file__).resolve().parents[2]


def eventually(condition: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


@contextmanager
def relay_running() -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Relay().run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
        assert not thread.is_alive()


@contextmanager
def worker_running(directory: Path, broker: str) -> Iterator[Path]:
    """Run a real worker on the test database; yield the file of its log."""
    log = directory / "worker.log"
    here = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(here._replace(path=f"/{connection.settings_dict['NAME']}")),
        "REDIS_URL": broker,
        "CELERY_BROKER_URL": broker,
        "LOG_LEVEL": "INFO",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "solo"]
    options = ["-Q", "default,slices", "-I", "tests.core.outbox_tasks", "-l", "INFO"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: b"ready" in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield log
    finally:
        process.terminate()
        process.wait(timeout=30)


def traces() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM traces ORDER BY id")
        return [word for (word,) in cursor.fetchall()]
