"""The addresses that customers get: below PUBLIC_URL, short, and on the shop's own domain."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

_signer = Signer(salt="apps.feedback.unsubscribe")


def link_address(token: str, base: str = "") -> str:
    """
    Return the address of the feedback page.

    :param base: where we are called, for those who know it; PUBLIC_URL goes first
    """
    return (settings.PUBLIC_URL or base.rstrip("/")) + reverse("feedback:page", args=[token])


def unsubscribe_address(email: str) -> str:
    """Return the address at which this mail address is taken off the list."""
    code = _signer.sign_object(email.casefold(), compress=True)
    return str(settings.PUBLIC_URL) + reverse("feedback:unsubscribe", args=[code])


def address_in(code: str) -> str | None:
    """Return the mail address that a code of ours stands for."""
    try:
        email = _signer.unsign_object(code)
    except (BadSignature, ValueError):
        return None
    return email if isinstance(email, str) else None
