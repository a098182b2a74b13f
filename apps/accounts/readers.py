"""Who may be answered before Django: whoever the API would let in with this header."""

import time
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from rest_framework.exceptions import APIException

from apps.accounts.authentication import BearerAuthentication
from apps.accounts.models import ApiKey, Role
from apps.accounts.rate_limits import allowance_of_caller
from apps.accounts.services.verify_google_token import GoogleIdentity
from apps.core.cache.readers import Reader
from apps.core.errors import DomainError

SURE_SECONDS = 60.0  # after that the token is verified again, and the use of a key noted


def identify_reader(environ: dict[str, Any]) -> Reader | None:
    """Return whose token it is, or None where the API has to say something about it."""
    request = WSGIRequest({**environ, "wsgi.input": BytesIO()})  # the body is for others to read
    try:
        bearer = BearerAuthentication().authenticate(request)
    except (APIException, DomainError):
        return None
    if bearer is None or not bearer[0].may_act_as(Role.VIEWER):
        return None
    if bearer[1] is None:  # a developer without a login: nothing is known of the next caller
        return None
    user, auth = bearer
    subject, limit = allowance_of_caller(user, auth)
    return Reader(
        user=user,
        role=user.role,
        writes=user.may_act_as(Role.OPERATOR),
        scopes=_scopes(auth),
        until=_until(auth),
        subject=subject,
        limit=limit,
    )


def _scopes(auth: Any) -> frozenset[str] | None:
    return frozenset(auth.scopes) if isinstance(auth, ApiKey) and auth.scopes else None


def _until(auth: Any) -> float:
    """Return until when this is sure as long as no account changes: nothing tells of time."""
    until = time.time() + SURE_SECONDS
    if isinstance(auth, ApiKey):
        return min(until, auth.expires_at.timestamp()) if auth.expires_at else until
    expires_at = auth.expires_at if isinstance(auth, GoogleIdentity) else auth["exp"]
    return min(until, float(expires_at))
