"""What Django looks at before it starts; production's settings have refused most of it already."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from apps.core.loopback import is_loopback


@register(Tags.security)
def check_open_doors(**_: Any) -> list[CheckMessage]:
    """Sign-in may be off only where nobody else can come in."""
    if not settings.AUTH_DISABLED or (settings.DEBUG and is_loopback(settings.BIND)):
        return []
    message = "AUTH_DISABLED needs DEBUG and a server that listens on this machine alone."
    return [Error(message, hint="Unset AUTH_DISABLED.", id="accounts.E001")]


@register(Tags.security)
def check_audience(**_: Any) -> list[CheckMessage]:
    """A token of Google's must be made out to us."""
    if not settings.GOOGLE_SIGN_IN or settings.GOOGLE_CLIENT_IDS:
        return []
    message = "Sign-in with Google is on, but it is not known for whom tokens must be made out."
    return [Error(message, hint="Set GOOGLE_CLIENT_ID.", id="accounts.E002")]
