"""Which headers Django sends with its answers to a read: the same each time."""

from typing import Any

from apps.core.cache.answers import Headers
from apps.core.cache.reads import CachedRead


class ShownHeaders:
    """What this process has seen; nothing that belongs to one request, reader or body."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str, str], Headers] = {}

    def learn(self, read: CachedRead, environ: dict[str, Any], headers: Headers) -> None:
        """Remember the headers of an answer."""
        self._seen[_place(read, environ)] = headers

    def of(self, read: CachedRead, environ: dict[str, Any]) -> Headers | None:
        """Return the headers, or None if Django has not answered this read before."""
        return self._seen.get(_place(read, environ))


def _place(read: CachedRead, environ: dict[str, Any]) -> tuple[int, str, str]:
    # Some headers are for encrypted connections only.
    scheme = environ["wsgi.url_scheme"]
    return id(read), scheme, environ.get("HTTP_X_FORWARDED_PROTO", "")
