"""Who is calling: a JWT of ours, an API key, or staff with a session."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from apps.accounts.models import User
from apps.accounts.services.verify_access_token import verify_access_token
from apps.accounts.services.verify_api_key import API_KEY_PREFIX, verify_api_key
from apps.core.errors import DomainError


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with an access token of `POST /api/login` or an API key."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, Any] | None:
        """Verify the token, once for the rate limit and the view together."""
        plain: Any = getattr(request, "_request", request)
        if not hasattr(plain, "bearer"):
            plain.bearer = self._verified(plain)
        verified: tuple[User, Any] | None = plain.bearer
        return verified

    def _verified(self, request: HttpRequest) -> tuple[User, Any] | None:
        header = request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        verify = verify_api_key if token.startswith(API_KEY_PREFIX) else verify_access_token
        try:
            return verify(token)
        except DomainError:
            raise AuthenticationFailed("Invalid token", code="invalid_token") from None

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


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
