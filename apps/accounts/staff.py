from typing import cast

from django.http import HttpRequest

from apps.accounts.models import User


def staff_of(request: HttpRequest) -> User:
    """Return who looks at a page of the admin, which nobody sees without signing in."""
    return cast(User, request.user)
