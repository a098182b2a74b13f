import mmap
import os
import socket

from django.conf import settings


class SharedFlag:
    """
    A flag that a process and its forked children see, once set by any of them.

    A byte of shared memory has no lock that a child killed at the wrong moment could keep for ever.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Raise the flag."""
        self._memory[0] = 1

    def clear(self) -> None:
        """Lower the flag."""
        self._memory[0] = 0

    def is_set(self) -> bool:
        """Return whether anybody has raised it."""
        return self._memory[0] == 1


# Set in the worker's main process when it is asked to leave; its forked children see it, too.
LEAVING = SharedFlag()


def worker_id() -> str:
    """Return the name of this process: what WORKER_ID says, or host and pid."""
    return settings.WORKER_ID or f"{socket.gethostname()}:{os.getpid()}"
