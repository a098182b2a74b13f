"""Stop asking a server that does not answer, so that its silence costs two callers, not all."""

import threading
import time

import structlog

log = structlog.get_logger(__name__)


class Breaker:
    """
    Opens after some failures in a row; from then on one caller a pause finds out how things are.

    One object serves all threads of a process.
    """

    def __init__(self, name: str, *, failures: int = 2, pause: float = 5.0) -> None:
        self._name = name
        self._tolerated = failures
        self._pause = pause
        self._failed = 0
        self._ask_again_at = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Return whether the server is taken for dead."""
        return self._failed >= self._tolerated

    def lets_through(self) -> bool:
        """Return whether this caller may ask; while it is open that is one in a pause."""
        if not self.is_open:
            return True
        with self._lock:
            now = time.monotonic()
            if self.is_open and now < self._ask_again_at:
                return False
            self._ask_again_at = now + self._pause
            return True

    def succeeded(self) -> None:
        """Note an answer: the server is well."""
        if not self._failed:
            return
        with self._lock:
            if self.is_open:
                log.info("breaker.closed", server=self._name)
            self._failed = 0

    def failed(self) -> None:
        """Note that no answer came."""
        with self._lock:
            self._failed += 1
            self._ask_again_at = time.monotonic() + self._pause
            if self._failed == self._tolerated:
                log.warning("breaker.opened", server=self._name)
