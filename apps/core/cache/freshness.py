"""Lends the current versions to Redis, and takes them back after a change."""

import threading
import time
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailed
from django.db import connection

from apps.core.cache.figures import LOANS
from apps.core.cache.versions import Versions, borrow_versions, seconds_lent
from apps.core.cache.wire import CacheAway, Wire

log = structlog.get_logger(__name__)

LEASE = "read:lease"
LENT, ASK_AGAIN = b"=", b"!"
# Only what was there before we asked PostgreSQL is replaced: neither a newer loan nor a mark.
LEND = """
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
"""


class Freshness:
    """Knows the current versions; the package's docstring says what that is worth."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._alone = threading.Lock()
        self._last: tuple[bytes, Versions] = (b"", Versions({}))

    def current(self, lent: bytes | None) -> Versions:
        """
        Return the current versions, given what Redis has just said about them.

        :raises CacheAway: if they must be borrowed, and Redis or PostgreSQL is away
        """
        return self._lent(lent) or self._borrow()

    def ask(self) -> Versions:
        """
        Return the current versions.

        :raises CacheAway: if Redis or PostgreSQL is away
        """
        return self.current(self._wire.ask(("GET", LEASE))[0])

    def announce(self) -> None:
        """Have every process ask for the versions again; return when none uses older ones."""
        mark = ASK_AGAIN + uuid4().bytes
        try:
            self._wire.ask(("SET", LEASE, mark, "PX", 2 * self._milliseconds))
        except CacheAway:
            self._wait_out()

    def _lent(self, lent: bytes | None) -> Versions | None:
        if not lent or lent[:1] != LENT:
            return None
        known, versions = self._last
        if known == lent:
            return versions
        versions = Versions.from_bytes(lent[1:])
        self._last = (lent, versions)
        return versions

    def _borrow(self) -> Versions:
        with self._alone:  # others of this process then find what we have borrowed
            lent, (seconds, microseconds) = self._wire.ask(("GET", LEASE), ("TIME",))
            if versions := self._lent(lent):
                return versions
            try:
                versions = borrow_versions()
            except DatabaseFailed as error:
                connection.close()
                raise CacheAway from error
            # Counted from before we looked, and by the clock that will end it.
            until = int(seconds) * 1000 + int(microseconds) // 1000 + self._milliseconds
            loan = LENT + versions.as_bytes
            self._wire.ask(("EVAL", LEND, 1, LEASE, lent or b"", loan, until))
        LOANS.inc()
        return versions

    def _wait_out(self) -> None:
        try:
            seconds = seconds_lent()
        except DatabaseFailed:
            connection.close()
            seconds = float(settings.CACHE_LEASE_SECONDS)
        if seconds:
            log.warning("cache.waiting_out", seconds=round(seconds, 2))
            time.sleep(seconds)

    @property
    def _milliseconds(self) -> int:
        return int(settings.CACHE_LEASE_SECONDS * 1000)
