"""What all requests of a process share."""

from dataclasses import dataclass
from typing import Any

from apps.core.cache.answers import Entry, Headers
from apps.core.cache.cors import CorsHeaders
from apps.core.cache.flights import Flights
from apps.core.cache.freshness import Freshness
from apps.core.cache.readers import Identify, KnownReaders
from apps.core.cache.shown_headers import ShownHeaders
from apps.core.cache.store import Store
from apps.core.limits import CHARGED
from apps.core.limits import headers as limit_headers
from apps.core.request_id import adopt_request_id


@dataclass(frozen=True)
class Tools:
    """The parts of the layer before Django, and Django."""

    app: Any
    identify: Identify
    freshness: Freshness
    store: Store
    readers: KnownReaders
    flights: Flights[Entry]
    cors: CorsHeaders
    shown: ShownHeaders

    def personal_headers(self, environ: dict[str, Any]) -> Headers:
        """Return what Django's middleware would say to this request alone, once it is charged."""
        return [
            ("X-Request-ID", adopt_request_id(environ.get("HTTP_X_REQUEST_ID"))),
            *limit_headers(environ[CHARGED]).items(),
            *self.cors.of(environ),
        ]
