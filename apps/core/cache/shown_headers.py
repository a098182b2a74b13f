"""Which headers Django sends with its answers of a kind: the same each time."""

from typing import Any

from apps.core.cache.answers import Headers


class ShownHeaders:
    """What this process has seen; nothing that belongs to one request, reader or body."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, bool, bool], Headers] = {}

    def learn(self, kind: object, environ: dict[str, Any], headers: Headers) -> None:
        """Remember the headers of an answer; `kind` is what the view has promised."""
        self._seen[_place(kind, environ)] = headers

    def of(self, kind: object, environ: dict[str, Any]) -> Headers | None:
        """Return the headers, or None if Django has answered nothing of the kind before."""
        return self._seen.get(_place(kind, environ))


def _place(kind: object, environ: dict[str, Any]) -> tuple[int, bool, bool]:
    # Some headers are for encrypted connections only, also those that end at a proxy.
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "").split(",", 1)[0].strip()
    return id(kind), environ["wsgi.url_scheme"] == "https", forwarded == "https"
