"""A broker of one's own, to stop, freeze and empty."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from config.embedded import Valkey


class OwnValkey(Valkey):
    """A Valkey that can hang as a real one does: the kernel accepts, nobody answers."""

    @property
    def client(self) -> "Redis[bytes]":
        return Redis.from_url(self.url)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        assert self.pid is not None
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextmanager
def own_valkey(directory: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
