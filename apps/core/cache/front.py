"""
The layer before Django: known reads from Redis, in one round trip, and known writes in one
statement; everything else passes.

What is sent from here is what Django would send: its own headers are kept beside the body, and the
few that belong to one request are made anew.
"""

from collections.abc import Callable, Iterable
from typing import Any

from apps.core.cache.cors import CorsHeaders
from apps.core.cache.flights import Flights
from apps.core.cache.freshness import Freshness
from apps.core.cache.known import Known
from apps.core.cache.readers import Identify, KnownReaders
from apps.core.cache.reading import Reading
from apps.core.cache.reads import known_read
from apps.core.cache.shown_headers import ShownHeaders
from apps.core.cache.store import Store
from apps.core.cache.tools import Tools
from apps.core.cache.wire import PATIENCE, Wire
from apps.core.cache.writes import known_write
from apps.core.cache.writing import Writing

READING = ("GET", "HEAD", "OPTIONS")
UNDER_A_KEY = {"HTTP_AUTHORIZATION", "HTTP_IDEMPOTENCY_KEY"}


class CacheFront:
    """A WSGI application around Django's."""

    def __init__(
        self, app: Any, *, redis_url: str, identify: Identify, patience: float = PATIENCE
    ) -> None:
        wire = Wire(redis_url, patience=patience)
        self._app = app
        self._reads, self._writes = Known(known_read), Known(known_write)
        self._freshness = Freshness(wire)
        self._tools = Tools(
            app=app,
            identify=identify,
            freshness=self._freshness,
            store=Store(wire),
            readers=KnownReaders(),
            flights=Flights(),
            cors=CorsHeaders(),
            shown=ShownHeaders(),
        )

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        method = environ["REQUEST_METHOD"]
        if method == "GET" and "HTTP_AUTHORIZATION" in environ:
            known = self._reads.find(environ)
            if known is not None:
                return Reading(self._tools, known, environ, start).answer()
        if method in READING:
            return self._app(environ, start)  # type: ignore[no-any-return]
        try:
            return self._write(environ, start)
        finally:
            # Whatever the request has committed, also if it failed afterwards.
            self._freshness.announce()

    def _write(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and environ.keys() >= UNDER_A_KEY:
            known = self._writes.find(environ)
            if known is not None:
                return Writing(self._tools, known, environ, start).answer()
        return self._app(environ, start)  # type: ignore[no-any-return]
