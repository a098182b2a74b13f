"""The partner's bad moments, the same for a claim in every run of the demo."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

Value = TypeVar("Value")

NEVER_UP = 1_000_000
PER_MILLE_NEVER = 10
PER_MILLE_TWICE = 5
PER_MILLE_DOWN = 30
PER_MILLE_SLOW = 60


@dataclass(frozen=True)
class Hiccup:
    """How often a claim meets a 503 before it gets through, and how slow its answer is."""

    outages: int
    delay: float


def hiccup_of(claim_number: str, *, seed: int) -> Hiccup:
    """Decide by a hash, so that a run can be repeated and explained."""
    digest = sha256(f"{seed}:{claim_number}".encode(errors="replace")).digest()
    outage, pace, size = (int.from_bytes(digest[i : i + 4], "big") for i in (0, 4, 8))
    return Hiccup(outages=_outages(outage % 1000), delay=_delay(pace % 1000, size))


def _outages(lot: int) -> int:
    if lot < PER_MILLE_NEVER:
        return NEVER_UP
    if lot < PER_MILLE_NEVER + PER_MILLE_TWICE:
        return 2
    return 1 if lot < PER_MILLE_DOWN else 0


def _delay(lot: int, size: int) -> float:
    if lot < PER_MILLE_SLOW:
        return (200 + size % 700) / 1000
    return (5 + size % 20) / 1000


class TokenBucket:
    """So many calls at once, so many more each second."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._filled_at = float(burst), clock()

    def take(self) -> bool:
        now = self._clock()
        refill = (now - self._filled_at) * self._rate
        self._tokens, self._filled_at = min(self._burst, self._tokens + refill), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Memory(Generic[Value]):
    """A dictionary that forgets its oldest entries: a demo may run for weeks."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[str, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Value | None:
        return self._entries.get(key)

    def put(self, key: str, value: Value) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
