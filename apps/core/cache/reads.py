"""What may be cached: a view says so, and which of its parameters count."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.urls import Resolver404, is_valid_path, resolve

DAY = 24 * 3600
MOST_KNOWN = 10_000
LONGEST_QUERY = 2_000


@dataclass(frozen=True)
class Asked:
    """Which answer is meant, in words that all spellings of the address share."""

    words: Sequence[Any]
    seconds: int


@dataclass(frozen=True)
class CachedRead:
    """
    A view's promise that its GET answers the same to everybody of a role until a resource changes.

    `of` names the resources; `asked` reads path and query, and returns None where there may be no
    answer. What it does not return makes no difference to the answer, and must not. An answer that
    is asked for 0 seconds is computed each time.

    `body` returns what makes the answer's body without the view, or None where it takes the view;
    it is told the query and what addresses of this site begin with.
    """

    of: tuple[str, ...]
    asked: Callable[[QueryDict, dict[str, Any]], Asked | None]
    body: Callable[[QueryDict, str], Callable[[], str] | None] = lambda _query, _site: None


@dataclass(frozen=True)
class KnownRead:
    """A request whose answer may be in Redis."""

    read: CachedRead
    scope: str
    seconds: int
    words: bytes
    body: Callable[[], str] | None = None
    _keys: dict[str, str] = field(default_factory=dict)

    def key(self, role: str) -> str:
        """Return where the answer is for readers of the role."""
        if role not in self._keys:
            digest = hashlib.blake2b(self.words, digest_size=16, person=role.encode())
            self._keys[role] = f"read:{digest.hexdigest()}"
        return self._keys[role]


class KnownReads:
    """Finds out what a request asks for, and remembers it by the request's own words."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], KnownRead | None] = {}

    def find(self, environ: dict[str, Any]) -> KnownRead | None:
        """Return what the request asks for, or None where Django has to look at it."""
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
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        found = self._known[words] = _look(environ) if _is_short(words) else None
        return found


def _is_short(words: tuple[str, ...]) -> bool:
    return sum(map(len, words)) < LONGEST_QUERY


def _look(environ: dict[str, Any]) -> KnownRead | None:
    request = WSGIRequest({"wsgi.input": BytesIO(), **environ})
    match = _route(request.path_info)
    view = getattr(match.func, "view_class", None) if match else None
    read = getattr(view, "cached_read", None)
    if (
        match is None
        or view is None
        or read is None
        or not _takes_json(environ.get("HTTP_ACCEPT", ""))
    ):
        return None
    origin = _origin(request)
    if origin is None or environ.get("SCRIPT_NAME"):
        return None
    asked = read.asked(request.GET, match.kwargs)
    if asked is None:
        return None
    # Addresses of pictures begin with the host that was asked, unless a setting says otherwise.
    site = settings.PUBLIC_URL or origin
    words = orjson.dumps([match.route, asked.words, site])
    seconds = asked.seconds if settings.CACHE_READS else 0
    return KnownRead(read, view.scope, seconds, words, read.body(request.GET, site))


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
