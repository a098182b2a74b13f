"""What this process has worked out already, for a while and not for too many."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Values that are forgotten when their time is over, or when there are too many newer ones."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes, now: float) -> Value | None:
        """Return the value while its time is not over."""
        with self._lock:
            found = self._known.get(key)
            if found is None:
                return None
            if found[0] <= now:
                del self._known[key]
                return None
            self._known.move_to_end(key)
            return found[1]

    def put(self, key: bytes, value: Value, *, until: float) -> None:
        """Keep the value until that time, in seconds since 1970."""
        with self._lock:
            self._known[key] = (until, value)
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def forget(self, key: bytes) -> None:
        """Forget one of them."""
        with self._lock:
            self._known.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()

    def __len__(self) -> int:
        return len(self._known)
