"""Which view a request is for, remembered by the request's own words."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.urls import Resolver404, is_valid_path, resolve

MOST_KNOWN = 10_000
LONGEST_WORDS = 2_000  # in all; longer ones are not remembered either
Meant = TypeVar("Meant")


class Place(NamedTuple):
    """A view of ours that a request is for, as Django finds it."""

    request: WSGIRequest
    view: Any
    route: str
    kwargs: dict[str, Any]
    # Scheme and host, as addresses of this site begin.
    origin: str


class Known(Generic[Meant]):
    """Finds out what requests mean."""

    def __init__(self, look: Callable[[Place], Meant | None]) -> None:
        self._look = look
        self._known: dict[tuple[str, ...], Meant | None] = {}

    def find(self, environ: dict[str, Any]) -> Meant | None:
        """Return what the request means, or None where Django has to look at it."""
        get = environ.get
        words = (
            environ["PATH_INFO"],
            get("QUERY_STRING", ""),
            environ["wsgi.url_scheme"],
            get("HTTP_HOST", ""),
            get("HTTP_X_FORWARDED_PROTO", ""),
            get("HTTP_ACCEPT", ""),
            get("SCRIPT_NAME", ""),
        )
        try:
            return self._known[words]
        except KeyError:
            pass
        if sum(map(len, words)) > LONGEST_WORDS:
            return None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        place = _place(environ)
        found = self._known[words] = self._look(place) if place else None
        return found


def _place(environ: dict[str, Any]) -> Place | None:
    request = WSGIRequest({**environ, "wsgi.input": BytesIO()})  # the body is for others to read
    match = _route(request.path_info)
    view = getattr(match.func, "view_class", None) if match else None
    if match is None or view is None or not _takes_json(environ.get("HTTP_ACCEPT", "")):
        return None
    origin = _origin(request)
    if origin is None or environ.get("SCRIPT_NAME"):
        return None
    return Place(request, view, match.route, match.kwargs, origin)


def _route(path: str) -> Any:
    """Return the route as Django finds it, with or without the trailing slash."""
    if not is_valid_path(path):
        path = path.rstrip("/") if path.endswith("/") else f"{path}/"
    try:
        return resolve(path)
    except Resolver404:
        return None


def _takes_json(accept: str) -> bool:
    """Return whether JSON is surely welcome; what is less usual is for DRF to negotiate."""
    types = {part.split(";")[0].strip() for part in accept.split(",")}
    return not accept or (";" not in accept and bool(types & {"*/*", "application/json"}))


def _origin(request: WSGIRequest) -> str | None:
    """Return scheme and host as Django's addresses have them; None if it would not answer here."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return None
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return None
