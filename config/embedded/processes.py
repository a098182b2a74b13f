"""Processes of ours: finding, waiting for and ending them, by id and never by a broad name."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

LOG_LINES = 15


class ServerDidNotStart(Exception):
    """An embedded server ended before it was ready."""


def is_alive(pid: int, *words: str) -> bool:
    """Return whether the process runs and was started with these words; ids are used again."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        command_line = process.cmdline()
    except psutil.Error:
        return False
    return all(word in command_line for word in words)


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Return whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def end(pid: int, *, kindly: signal.Signals, seconds: float = 20) -> None:
    """Ask the process to stop; kill it where it does not."""
    for signum in (kindly, signal.SIGKILL):
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=seconds):
            return


def log_tail(log: Path) -> str:
    """Return the last lines of a log, for the sentence that says why nothing runs."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])


def reap(process: "subprocess.Popen[bytes] | None") -> None:
    """Collect a child of ours that has ended, so that no zombie stays."""
    if process is not None:
        process.poll()
