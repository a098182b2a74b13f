"""What may be written before Django is entered: a view says so, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from apps.core.cache.answers import Headers
from apps.core.cache.known import Place


class SentPost(NamedTuple):
    """A POST of JSON under an Idempotency-Key, by somebody who may write here."""

    path: str
    body: bytes
    key: str
    user: Any


class Written(NamedTuple):
    """The JSON of the answer, and the headers that are this answer's own."""

    json: str
    headers: Headers


@dataclass(frozen=True)
class LeanWrite:
    """
    A view's promise that its POST under an Idempotency-Key can be done in one statement.

    `act` does all of it or nothing, the key's row included. Where anything is unusual, the key is
    known or the request must be refused, it raises or returns None, and the view carries the same
    request out: that is safe, also after a lost connection, because the key is the same.

    The view asks for an operator, as views do unless they say otherwise, and answers 201. A view
    that asks for somebody else is never passed over.
    """

    act: Callable[[SentPost], Written | None]
    most_bytes: int
    # Those of `Written`, in lower case.
    own_headers: tuple[str, ...] = ()


class KnownWrite(NamedTuple):
    """A request that can be done in one statement."""

    write: LeanWrite
    scope: str
    route: str


def known_write(place: Place) -> KnownWrite | None:
    """Return what a POST is, or None where Django has to look at it."""
    write: LeanWrite | None = getattr(place.view, "lean_write", None)
    if write is None or getattr(place.view, "roles", {}):
        return None
    return KnownWrite(write, place.view.scope, place.route)
