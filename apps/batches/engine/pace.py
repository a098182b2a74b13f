"""How fast a batch goes: rate of the last minute, mean latency, remaining time."""

import time
from collections import deque

WINDOW = 60.0
FIRST_ROWS = 20


class Pace:
    """Counts finished rows; nobody knows a rate before twenty of them."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._finished = 0
        self._calls = 0
        self._latency_ms = 0

    def count(self, *, finished: int, calls: int, latency_ms: int) -> None:
        """Add what one turn of the ledger has booked."""
        self._finished += finished
        self._calls += calls
        self._latency_ms += latency_ms

    def rate(self) -> float | None:
        """Return rows a second over the last minute; None while there are too few."""
        now = time.monotonic()
        self._samples.append((now, self._finished))
        while len(self._samples) > 2 and now - self._samples[0][0] > WINDOW:
            self._samples.popleft()
        since, finished = self._samples[0]
        if self._finished < FIRST_ROWS or now <= since:
            return None
        return (self._finished - finished) / (now - since)

    def mean_latency_ms(self) -> int | None:
        """Return the mean duration of the calls of this slice."""
        return round(self._latency_ms / self._calls) if self._calls else None
