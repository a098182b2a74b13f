"""One request for an answer that may be in Redis."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import DatabaseError, connection

from apps.core.cache.answers import NOT_MODIFIED, OK, Entry, Headers, Produced
from apps.core.cache.figures import READ, WAITS
from apps.core.cache.readers import KnownReader, Reader
from apps.core.cache.reads import KnownRead
from apps.core.cache.store import PATIENCE_SECONDS, Lock
from apps.core.cache.tools import Tools
from apps.core.cache.versions import ACCOUNTS, Versions
from apps.core.cache.wire import CacheAway
from apps.core.limits import CHARGED

SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.02


class Reading:
    """Answers from Redis if it can, else as Django does."""

    def __init__(
        self, tools: Tools, known: KnownRead, environ: dict[str, Any], start: Callable[..., Any]
    ) -> None:
        self._tools, self._known, self._environ, self._start = tools, known, environ, start
        self._header: str = environ["HTTP_AUTHORIZATION"]

    def answer(self) -> Iterable[bytes]:
        """Answer, with or without Redis."""
        try:
            met = self._tools.readers.get(self._header, time.time()) or self._meet()
            return self._answer_to(met)
        except CacheAway:
            return self._send_produced(self._produce(), "bypass")

    def _meet(self, versions: Versions | None = None) -> KnownReader | None:
        """Find out who reads; the accounts' version is known before we look."""
        accounts = (versions or self._tools.freshness.ask()).of(ACCOUNTS)
        try:
            reader = self._tools.identify(self._environ)
        except DatabaseError:
            connection.close()
            return None
        if reader is None:
            return None
        known = KnownReader(reader, accounts)
        self._tools.readers.remember(self._header, known)
        return known

    def _answer_to(self, met: KnownReader | None) -> Iterable[bytes]:
        if met is None or not met.reader.may_read(self._known.scope):
            return self._pass_on()
        key = self._known.key(met.reader.role)
        entry, versions = self._look(key, met.reader)
        if met.accounts != versions.of(ACCOUNTS):
            met = self._meet(versions)
            if met is None or not met.reader.may_read(self._known.scope):
                return self._pass_on()
            if self._known.key(met.reader.role) != key:
                key, entry = self._known.key(met.reader.role), None
        if not self._environ[CHARGED].allowed:
            return self._pass_on()
        if not self._known.seconds:
            return self._compute()
        if entry is None or entry.versions != versions.of(self._known.read.of):
            return self._compute_once(key, met, versions)
        if entry.fresh_until < time.time():
            return self._renew(key, met, versions, entry)
        return self._send(entry, "hit")

    def _look(self, key: str, reader: Reader) -> tuple[Entry | None, Versions]:
        told, lent, data = self._tools.store.look(key, reader.charge)
        self._environ[CHARGED] = reader.verdict(told)
        return Entry.from_bytes(data), self._tools.freshness.current(lent)

    def _pass_on(self) -> Iterable[bytes]:
        """Let Django say what is to be said; it finds in the environment who was charged."""
        return self._tools.app(self._environ, self._start)  # type: ignore[no-any-return]

    def _compute_once(self, key: str, met: KnownReader, versions: Versions) -> Iterable[bytes]:
        """Compute what is missing, or wait for whoever does so under the versions that we saw."""
        name = (key, versions.of(self._known.read.of))
        flight, is_ours = self._tools.flights.join(name)
        if not is_ours:
            with WAITS.time():
                shared = flight.wait(PATIENCE_SECONDS)
            return self._send(shared, "shared") if shared else self._compute()
        result: Entry | None = None
        try:
            lock = self._tools.store.lock(*name)
            result = self._wait_for(lock)
            if result:
                return self._send(result, "shared")
            produced, result = self._compute_as(lock, met, versions)
            return self._send_produced(produced, "miss", result)
        finally:
            self._tools.flights.land(name, flight, result)

    def _renew(
        self, key: str, met: KnownReader, versions: Versions, stale: Entry
    ) -> Iterable[bytes]:
        """Compute an ageing answer anew; to everybody else it is still good enough."""
        name = (key, versions.of(self._known.read.of), "anew")
        flight, is_ours = self._tools.flights.join(name)
        if not is_ours:
            return self._send(stale, "stale")
        try:
            lock = self._tools.store.lock(key, stale.versions)
            lock.take()
            if not lock.is_ours:
                return self._send(stale, "stale")
            produced, entry = self._compute_as(lock, met, versions)
            return self._send_produced(produced, "miss", entry)
        finally:
            self._tools.flights.land(name, flight, None)

    def _wait_for(self, lock: Lock) -> Entry | None:
        """Return what another process has computed; None if we compute."""
        begun, pause = time.monotonic(), SHORTEST_PAUSE
        entry = lock.take()
        while not (entry or lock.is_ours or lock.is_vain):
            if time.monotonic() - begun > PATIENCE_SECONDS:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
            entry = lock.take()
        if entry and lock.is_ours:
            lock.free()
        WAITS.observe(time.monotonic() - begun)
        return entry

    def _compute_as(
        self, lock: Lock, met: KnownReader, versions: Versions
    ) -> tuple[Produced | None, Entry | None]:
        """Compute under the lock; store the answer if it is still what its versions say."""
        is_kept = False
        try:
            produced, headers, body = self._make()
            if produced and not produced.may_be_kept:
                return produced, None
            current, seconds = versions.of(self._known.read.of), self._known.seconds
            entry = Entry.of(headers, body, current, now=time.time(), seconds=seconds)
            with suppress(CacheAway):
                is_kept = lock.is_ours and self._keep(lock, entry, met)
            return produced, entry
        finally:
            if lock.is_ours and not is_kept:
                with suppress(CacheAway):
                    lock.give_up()

    def _keep(self, lock: Lock, entry: Entry, met: KnownReader) -> bool:
        """Store the answer, unless versions or the reader's role have changed since we looked."""
        now = self._tools.freshness.ask()
        if now.of(self._known.read.of) != entry.versions or now.of(ACCOUNTS) != met.accounts:
            return False
        lock.keep(entry, self._known.seconds)
        return True

    def _compute(self) -> Iterable[bytes]:
        produced, headers, body = self._make()
        return self._send_produced(produced, "miss", None if produced else Entry.of(headers, body))

    def _make(self) -> tuple[Produced | None, Headers, bytes]:
        """
        Make headers and body anew; also return what Django has produced, unless it was spared.

        Django has shown before which headers its answers to this have: the middleware that makes
        them is most of the time that a lean read takes.
        """
        headers = self._tools.shown.of(self._known.read, self._environ)
        body = self._make_body() if headers else None
        if headers and body is not None:
            return None, headers, body
        produced = self._produce()
        if self._known.body and produced.may_be_kept:
            self._tools.shown.learn(self._known.read, self._environ, produced.common)
        return produced, produced.common, produced.body

    def _make_body(self) -> bytes | None:
        """Return the body, or None where it takes the view or the database is in trouble."""
        if self._known.body is None:
            return None
        # To Django's connections this is a request as any other.
        request_started.send(sender=Reading, environ=self._environ)
        try:
            return self._known.body().encode()
        except DatabaseError:
            return None
        finally:
            request_finished.send(sender=Reading)

    def _produce(self) -> Produced:
        produced = Produced(self._tools.app, self._environ)
        produced.read()
        return produced

    def _send_produced(
        self, produced: Produced | None, outcome: str, entry: Entry | None = None
    ) -> Iterable[bytes]:
        if produced is None:
            assert entry  # noqa: S101 - what Django has not produced was made here
            return self._send(entry, outcome)
        READ[outcome].inc()
        mark = self._mark("BYPASS" if outcome == "bypass" else "MISS")
        if not produced.may_be_kept:
            self._start(produced.status, [*produced.headers, *mark])
            return produced
        entry = entry or Entry.of(produced.common, produced.body)
        return self._send_entry(entry, [*mark, *produced.personal])

    def _mark(self, word: str) -> Headers:
        """Return how the cache has served, where one could have."""
        return [("X-Cache", word)] if self._known.seconds else []

    def _send(self, entry: Entry, outcome: str) -> Iterable[bytes]:
        READ[outcome].inc()
        mark = self._mark("MISS" if outcome == "miss" else "HIT")
        return self._send_entry(entry, [*mark, *self._tools.personal_headers(self._environ)])

    def _send_entry(self, entry: Entry, personal: Headers) -> Iterable[bytes]:
        if entry.is_known_to(self._environ.get("HTTP_IF_NONE_MATCH")):
            self._start(NOT_MODIFIED, [*entry.headers_of_304, *personal])
            return []
        length = ("Content-Length", str(len(entry.body)))
        self._start(OK, [*entry.headers, *personal, length])
        return [entry.body]
