"""
The layer before Django: known reads from Redis, in one round trip; everything else passes.

What is sent from here is what Django would send: its own headers are kept beside the body, and the
few that belong to one request are made anew.
"""

from collections.abc import Callable, Iterable
from typing import Any

from apps.core.cache.cors import CorsHeaders
from apps.core.cache.flights import Flights
from apps.core.cache.freshness import Freshness
from apps.core.cache.readers import Identify, KnownReaders
from apps.core.cache.reading import Reading, Tools
from apps.core.cache.reads import KnownReads
from apps.core.cache.shown_headers import ShownHeaders
from apps.core.cache.store import Store
from apps.core.cache.wire import PATIENCE, Wire

READING = ("GET", "HEAD", "OPTIONS")


class CacheFront:
    """A WSGI application around Django's."""

    def __init__(
        self, app: Any, *, redis_url: str, identify: Identify, patience: float = PATIENCE
    ) -> None:
        wire = Wire(redis_url, patience=patience)
        self._app = app
        self._reads = KnownReads()
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
            return self._app(environ, start)  # type: ignore[no-any-return]
        finally:
            # Whatever the request has committed, also if it failed afterwards.
            self._freshness.announce()
