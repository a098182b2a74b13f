"""Callers who all want to be first, in threads and in processes."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from apps.core.limits import Limit
from apps.core.limits.limiter import Limiter

ROOT = Path(__file__).resolve().parents[2]
TEN = Limit("test", 10, 3600)


def crowd(call: Callable[[], bool], *, threads: int, times: int) -> int:
    """Let so many threads call so often, all beginning at once; return how many calls passed."""
    start, passed = threading.Barrier(threads), []

    def hurry() -> None:
        start.wait()
        passed.extend(call() for _ in range(times))

    everybody = [threading.Thread(target=hurry) for _ in range(threads)]
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()
    return sum(passed)


def charges(url: str, subject: str, limit: Limit = TEN) -> Callable[[], bool]:
    limiter = Limiter(url, patience=5)  # a slow machine must not make the test count by itself
    return lambda: limiter.charge(subject, limit).allowed


def processes(url: str, subject: str, *, count: int) -> int:
    """Let so many processes of eight threads call; return how many calls passed in all."""
    command = [sys.executable, "-m", "tests.core.limits_world", url, subject]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    return sum(int(one.communicate()[0]) for one in running)


if __name__ == "__main__":
    address, name = sys.argv[1:]
    print(crowd(charges(address, name), threads=8, times=10))
