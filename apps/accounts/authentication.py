"""Who is calling: a Google account, a JWT of ours, an API key, or staff with a session."""

from datetime import datetime
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from apps.accounts.models import User
from apps.accounts.services.admit_google_user import admit_google_user
from apps.accounts.services.find_developer import comes_from_this_machine, find_developer
from apps.accounts.services.verify_access_token import InvalidAccessToken, verify_access_token
from apps.accounts.services.verify_api_key import API_KEY_PREFIX, verify_api_key
from apps.accounts.services.verify_google_token import ALGORITHM as GOOGLES
from apps.accounts.services.verify_google_token import verify_google_token
from apps.accounts.wording import refused_token
from apps.core.errors import DomainError, Forbidden, Unavailable

LONGEST_TOKEN = 8192


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with a Google ID token, an access token of ours or an API key."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, Any] | None:
        """
        Verify the token, once for the rate limit and the view together.

        :raises AuthenticationFailed: if the token is worth nothing
        :raises NotAdmitted: if it is good, but its holder has no business here
        :raises KeysUnreachable: if nobody can tell at the moment
        """
        plain: Any = getattr(request, "_request", request)
        if not hasattr(plain, "bearer"):
            plain.bearer = _outcome(plain, timezone.now())
        outcome: tuple[User, Any] | DomainError | None = plain.bearer
        if isinstance(outcome, Forbidden | Unavailable):
            raise outcome
        if isinstance(outcome, DomainError):
            raise refused_token(request) from None
        return outcome

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


def _outcome(request: HttpRequest, now: datetime) -> tuple[User, Any] | DomainError | None:
    if settings.AUTH_DISABLED and settings.DEBUG and comes_from_this_machine(request):
        return find_developer(), None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return _verified(token, now)
    except DomainError as refusal:
        return refusal


def _verified(token: str, now: datetime) -> tuple[User, Any]:
    if token.startswith(API_KEY_PREFIX):
        return verify_api_key(token)
    if len(token) > LONGEST_TOKEN:
        raise InvalidAccessToken
    if _algorithm(token) == GOOGLES:
        identity = verify_google_token(token, now=now)
        return admit_google_user(identity=identity, now=now), identity
    return verify_access_token(token)


def _algorithm(token: str) -> Any:
    """Return what the token says: that tells whose it may be, and not how it is checked."""
    try:
        return jwt.get_unverified_header(token).get("alg")
    except (jwt.InvalidTokenError, ValueError):
        raise InvalidAccessToken from None


class StaffSessionAuthentication(SessionAuthentication):
    """Staff in a browser, with CSRF protection; others are 401, not 403."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, None] | None:
        return super().authenticate(request)

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            message = "The CSRF token is missing or wrong; reload the page."
            raise PermissionDenied(message, code="csrf_failed") from None

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"
