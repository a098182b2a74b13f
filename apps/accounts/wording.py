"""How a 401 reads: each family of clients was promised words of its own."""

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request


def refused_token(request: Request | HttpRequest) -> AuthenticationFailed | NotAuthenticated:
    """Return the answer to a token that is worth nothing."""
    if not _is_for_the_desk(request):
        return AuthenticationFailed("Invalid token", code="invalid_token")
    if len(request.headers["Authorization"].split(" ")) != 2:
        return missing_token(request)
    return AuthenticationFailed("Invalid or expired token", code="INVALID_TOKEN")


def missing_token(request: Request | HttpRequest) -> NotAuthenticated:
    """Return the answer to a request without a token."""
    if not _is_for_the_desk(request):
        return NotAuthenticated("No token provided")
    if "Authorization" in request.headers:
        return NotAuthenticated("Authorization header must be Bearer token")
    return NotAuthenticated("Authorization header is required")


def _is_for_the_desk(request: Request | HttpRequest) -> bool:
    context = getattr(request, "parser_context", None) or {}
    return getattr(context.get("view"), "words", None) == "desk"
