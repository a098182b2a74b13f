"""`Idempotency-Key`: the same POST twice has one effect and two equal answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import orjson
from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.rendering import OrjsonRenderer
from apps.core.errors import Detail, DomainError, Invalid
from apps.core.idempotency import (
    CLAIM,
    LONGEST_KEY,
    SETTLE,
    Claim,
    fingerprint_of,
    is_key,
)
from apps.core.lean import fetch
from apps.core.models import IdempotentAnswer

KEPT_HEADERS = ("Location", "Retry-After")
Post = TypeVar("Post", bound=Callable[..., HttpResponse])


class IdempotencyMismatch(DomainError):
    """This Idempotency-Key was used for another request already."""

    code = "idempotency_mismatch"


def idempotent(post: Post) -> Post:
    """
    Let a view's POST honour the key: effect and key commit together, a twin waits and replays.

    A refused request is not remembered, so that its corrected form may use the same key.
    """

    @wraps(post)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return post(view, request, *args, **kwargs)
        if not is_key(key):
            message = f"Idempotency-Key must be at most {LONGEST_KEY} printable characters."
            raise Invalid(message, details=[Detail("Idempotency-Key", "invalid", message)])
        return _once(key, request, lambda: post(view, request, *args, **kwargs))

    return cast(Post, wrapped)


@transaction.atomic
def _once(key: str, request: Request, act: Callable[[], HttpResponse]) -> HttpResponse:
    claim = Claim(str(request.user.pk), key, _fingerprint(request))
    claimed = fetch(CLAIM, **claim._asdict())
    if not claimed:
        known = IdempotentAnswer.objects.get(caller=claim.caller, key=key)
        return _replay(known, claim.fingerprint)
    response = act()
    headers = orjson.dumps({name: response[name] for name in KEPT_HEADERS if name in response})
    fetch(
        SETTLE,
        id=claimed[0][0],
        status=response.status_code,
        headers=headers.decode(),
        body=_body_of(response),
    )
    return response


def _replay(known: IdempotentAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(known.fingerprint) != fingerprint:
        raise IdempotencyMismatch
    headers = {**known.headers, "Idempotency-Replayed": "true"}
    return Response(orjson.loads(bytes(known.body)), status=known.status, headers=headers)


def _body_of(response: HttpResponse) -> bytes:
    """Return the JSON, which a response of DRF renders only when the view is left."""
    if isinstance(response, Response):
        return OrjsonRenderer().render(response.data)
    return bytes(response.content)


def _fingerprint(request: Request) -> bytes:
    # A view of files says what counts: their digests.
    data = (request.parser_context or {}).get("fingerprint")
    if data is None and request.content_type.startswith("application/json"):
        data = request.data
    return fingerprint_of(request.method or "", request.path, data)
