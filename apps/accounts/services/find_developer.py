"""The one user of an installation whose sign-in is off: a developer's own machine."""

from django.http import HttpRequest
from django.http.request import split_domain_port

from apps.accounts.models import Role, User
from apps.core.loopback import is_loopback

USERNAME = "dev-user"
OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def find_developer() -> User:
    """Return the developer, who may do everything."""
    developer, is_new = User.objects.get_or_create(
        username=USERNAME,
        defaults={
            "email": "dev@localhost",
            "first_name": "Dev",
            "last_name": "User",
            "role": Role.ADMIN,
            "password": "!",  # no password fits
        },
    )
    if not is_new and (developer.role != Role.ADMIN or not developer.is_active):
        developer.role, developer.is_active = Role.ADMIN, True
        developer.save(update_fields=["role", "is_active", "updated_at"])
    return developer


def comes_from_this_machine(request: HttpRequest) -> bool:
    """
    Return whether nobody else can have sent the request.

    A proxy on this machine would pass on requests of others, and a page of another site may call
    us under a name of its own that leads here.
    """
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    if split_domain_port(request.META.get("HTTP_HOST", ""))[0] not in OWN_NAMES:
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", ""))
