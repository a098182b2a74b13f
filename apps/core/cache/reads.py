"""What may be cached: a view says so, and which of its parameters count."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from django.http import QueryDict

from apps.core.cache.known import Place

DAY = 24 * 3600


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


def known_read(place: Place) -> KnownRead | None:
    """Return what a GET asks for, or None where Django has to look at it."""
    read: CachedRead | None = getattr(place.view, "cached_read", None)
    asked = read.asked(place.request.GET, place.kwargs) if read else None
    if read is None or asked is None:
        return None
    # Addresses of pictures begin with the host that was asked, unless a setting says otherwise.
    site = settings.PUBLIC_URL or place.origin
    words = orjson.dumps([place.route, asked.words, site])
    seconds = asked.seconds if settings.CACHE_READS else 0
    body = read.body(place.request.GET, site)
    return KnownRead(read, place.view.scope, seconds, words, body)
