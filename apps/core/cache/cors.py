"""The CORS headers that an answer of ours needs, as corsheaders makes them."""

from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

MOST_KNOWN = 1_000
Headers = list[tuple[str, str]]


class CorsHeaders:
    """Asks corsheaders once for each origin and address, and remembers what it said."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Headers] = {}

    def of(self, environ: dict[str, Any]) -> Headers:
        """Return the headers for the origin that the request names; most name none."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin:
            return []
        asked = (origin, environ["PATH_INFO"])
        if asked not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[asked] = _made_for(environ)
        return self._known[asked]


def _made_for(environ: dict[str, Any]) -> Headers:
    request, response = WSGIRequest(environ), HttpResponse()
    CorsMiddleware(lambda _request: response)(request)
    return [(name, value) for name, value in response.items() if name.startswith("access-control-")]
