"""Counting in this process alone, while Redis cannot be asked."""

import threading
import time
from collections import OrderedDict

from apps.core.limits.gcra import SECOND, Limit, Verdict, verdict_of

PART = 4  # of the limit: there are other processes that count for themselves, too
MOST_CALLERS = 10_000  # memory has a bound; who comes back after that many others starts anew


class LocalCount:
    """The same algorithm on the process's own clock, for a part of each limit."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def charge(self, subject: str, limit: Limit) -> Verdict:
        """Count one call, if a part of the limit allows it."""
        part = Limit(limit.name, max(limit.calls // PART, 1), limit.seconds)
        caller = (limit.name, subject)
        with self._lock:
            now = time.monotonic_ns() * SECOND // 1_000_000_000
            full = max(self._full_at.get(caller, 0), now)
            wait = full + part.share - part.all - now
            if wait > 0:
                return verdict_of((0, part.calls, 0, full - now, wait))
            full += part.share
            self._remember(caller, full)
        return verdict_of((1, part.calls, (now + part.all - full) // part.share, full - now, 0))

    def _remember(self, caller: tuple[str, str], full_at: int) -> None:
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)
        if len(self._full_at) > MOST_CALLERS:
            self._full_at.popitem(last=False)
