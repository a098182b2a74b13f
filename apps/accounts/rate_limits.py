"""Whom a request is charged to: a key, a person, or else the address that it comes from."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from apps.accounts.authentication import BearerAuthentication
from apps.accounts.models import ApiKey, User
from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.core.limits import Limit


def allowance_of(request: HttpRequest) -> tuple[str, Limit]:
    """Return who pays for the request, and out of which limit."""
    try:
        bearer = BearerAuthentication().authenticate(request)
    except (AuthenticationFailed, DomainError):  # whoever tries tokens pays as a stranger
        return allowance_of_address(client_address(request))
    if bearer is not None:
        return allowance_of_caller(*bearer)
    # Looking at the user is looking at the session, and makes the answer depend on its cookie.
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if has_session and isinstance(user := request.user, User):
        return allowance_of_caller(user)
    return allowance_of_address(client_address(request))


def allowance_of_caller(user: User, auth: Any = None) -> tuple[str, Limit]:
    """Return what somebody who has proved who they are is charged to."""
    if isinstance(auth, ApiKey):
        calls, seconds = settings.RATE_LIMIT_PER_KEY
        if auth.calls_per_minute:
            calls, seconds = auth.calls_per_minute, 60
        return str(auth.pk), Limit("key", calls, seconds)
    return str(user.pk), Limit("user", *settings.RATE_LIMIT_PER_USER)


def allowance_of_address(address: str | None) -> tuple[str, Limit]:
    """Return what strangers at an address are charged to."""
    return address or "unknown", Limit("address", *settings.RATE_LIMIT_PER_ADDRESS)
