"""Where answers are kept, and who computes one that is missing."""

from typing import Any
from uuid import uuid4

from apps.core.cache.answers import Entry
from apps.core.cache.freshness import LEASE
from apps.core.cache.wire import CacheAway, Wire, packed

# A computation that takes longer is taken for dead; so nobody waits longer for one, either.
PATIENCE_SECONDS = 2.0
NOBODY_WAITS = b"-"  # stands where the lock was, when the answer cannot be kept
NOBODY_WAITS_MS = 300
KEEP = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
"""
GIVE_UP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
"""
FREE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Store:
    """Entries and locks in Redis."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._looks: dict[str, bytes] = {}

    def look(self, key: str, charge: bytes = b"") -> tuple[Any, bytes | None, bytes | None]:
        """
        Return what the charge was answered, the versions as lent, and the entry: one round trip.

        :raises CacheAway: if Redis does not answer in time
        """
        look = self._looks.get(key)
        if look is None:
            if len(self._looks) > 10_000:
                self._looks.clear()
            look = self._looks[key] = packed(("MGET", LEASE, key))
        found = self._wire.ask_packed(charge + look, 1 + bool(charge))
        if isinstance(found[-1], Exception):
            raise CacheAway from found[-1]
        lent, entry = found[-1]
        return (found[0] if charge else None), lent, entry

    def charge(self, charge: bytes) -> Any:
        """
        Return what the charge was answered.

        :raises CacheAway: if Redis does not answer in time
        """
        return self._wire.ask_packed(charge, 1)[0]

    def lock(self, key: str, versions: str) -> "Lock":
        """Return the right to compute this answer, not yet taken."""
        return Lock(self._wire, key, versions)


class Lock:
    """The right to compute one answer under certain versions; it ends by itself."""

    def __init__(self, wire: Wire, key: str, versions: str) -> None:
        self._wire = wire
        self._entry, self._name, self._owner = key, f"{key}:{versions}", uuid4().bytes
        self._versions = versions
        self.is_ours = self.is_vain = False

    def take(self) -> Entry | None:
        """
        Take the right, or return what somebody has computed meanwhile, or neither.

        :raises CacheAway: if Redis does not answer in time
        """
        milliseconds = int(PATIENCE_SECONDS * 1000)
        before, data = self._wire.ask(
            ("SET", self._name, self._owner, "NX", "GET", "PX", milliseconds), ("GET", self._entry)
        )
        self.is_ours, self.is_vain = before is None, before == NOBODY_WAITS
        entry = Entry.from_bytes(data)
        if entry is None or entry.versions != self._versions:
            return None
        return entry

    def keep(self, entry: Entry, seconds: int) -> None:
        """Store the answer and give the right back."""
        locks = (self._entry, self._name)
        self._wire.ask(("EVAL", KEEP, 2, *locks, entry.as_bytes(), seconds * 1000, self._owner))

    def give_up(self) -> None:
        """Tell those who wait that there will be nothing to share."""
        marks = (self._owner, NOBODY_WAITS, NOBODY_WAITS_MS)
        self._wire.ask(("EVAL", GIVE_UP, 1, self._name, *marks))

    def free(self) -> None:
        """Give the right back unused."""
        self._wire.ask(("EVAL", FREE, 1, self._name, self._owner))
