"""`Idempotency-Key`: the same POST twice has one effect and two equal answers."""

import hashlib
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
from apps.core.lean import fetch
from apps.core.models import IdempotentAnswer

LONGEST_KEY = 128
KEPT_HEADERS = ("Location", "Retry-After")
Post = TypeVar("Post", bound=Callable[..., HttpResponse])

# The unique index makes a twin wait for the first one's commit; then it finds the answer there.
CLAIM = """
INSERT INTO core_idempotentanswer (caller, key, fingerprint, status, headers, body)
VALUES (%(caller)s, %(key)s, %(fingerprint)s, 0, '{}', '')
ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""
SETTLE = """
UPDATE core_idempotentanswer
SET status = %(status)s::int, headers = %(headers)s::jsonb, body = %(body)s
WHERE id = %(id)s::bigint
RETURNING id
"""


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
        if len(key) > LONGEST_KEY or not key.isprintable():
            message = f"Idempotency-Key must be at most {LONGEST_KEY} printable characters."
            raise Invalid(message, details=[Detail("Idempotency-Key", "invalid", message)])
        return _once(key, request, lambda: post(view, request, *args, **kwargs))

    return cast(Post, wrapped)


@transaction.atomic
def _once(key: str, request: Request, act: Callable[[], HttpResponse]) -> HttpResponse:
    caller, fingerprint = str(request.user.pk), _fingerprint(request)
    claimed = fetch(CLAIM, caller=caller, key=key, fingerprint=fingerprint)
    if not claimed:
        return _replay(IdempotentAnswer.objects.get(caller=caller, key=key), fingerprint)
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
    # The parsed data, so that a gzipped or re-indented copy is the same request.
    # A view of files says what counts: their digests.
    data = (request.parser_context or {}).get("fingerprint")
    if data is None and request.content_type.startswith("application/json"):
        data = request.data
    canonical = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + canonical).digest()
