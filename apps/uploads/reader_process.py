"""Talks to the child process that reads a file (apps/uploads/sandbox)."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import orjson
import structlog

from apps.uploads.sandbox.frames import LENGTH
from apps.uploads.unreadable import Unreadable, unreadable

log = structlog.get_logger(__name__)

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 60
LARGEST_FRAME = 512 * 1024 * 1024
PIPE_BYTES = 1024 * 1024  # lets the child run ahead while we work on what it said


class ReaderProcess:
    """A running child; leaving the block ends it, whatever it was doing."""

    def __init__(self, task: dict[str, Any], *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        # No secrets of ours in its environment, and none of our files open.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "apps.uploads.sandbox", orjson.dumps(task).decode()],
            cwd=PROJECT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        _widen(self._out)

    @property
    def _out(self) -> IO[bytes]:
        assert self._child.stdout is not None  # noqa: S101 - for mypy: we asked for a pipe
        return self._child.stdout

    @property
    def pid(self) -> int:
        """Return the child's process id."""
        return self._child.pid

    def __enter__(self) -> "ReaderProcess":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._out.close()
        self._child.wait()

    def receive(self) -> Any:
        """
        Return the child's next message.

        :raises Unreadable: if it is a refusal, or if the child died or fell silent
        """
        deadline = time.monotonic() + self._seconds
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > LARGEST_FRAME:
            raise Unreadable("A thousand rows of the file are too large to be read.")
        message = orjson.loads(self._read(length, deadline))
        if isinstance(message, dict) and "error" in message:
            raise unreadable(message["error"]["code"], message["error"]["message"])
        return message

    def _read(self, size: int, deadline: float) -> bytearray:
        """
        Read exactly so many bytes.

        :raises Unreadable: if they do not come
        """
        data = bytearray()
        descriptor = self._out.fileno()
        while len(data) < size:
            ready, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise Unreadable(f"The file could not be read within {self._seconds:g} seconds.")
            piece = os.read(descriptor, min(size - len(data), PIPE_BYTES))
            if not piece:
                raise self._died()
            data += piece
        return data

    def _died(self) -> Unreadable:
        code = self._child.wait()
        log.warning("uploads.reader_died", returncode=code)
        if code < 0:
            return Unreadable("The file needs more memory or time to be read than we allow.")
        return Unreadable("The file is damaged in a way that our reader does not understand.")


def _widen(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except PermissionError:
            log.debug("uploads.narrow_pipe")  # the user's pipes are used up: slower, not wrong
