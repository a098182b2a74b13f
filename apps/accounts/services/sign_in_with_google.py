from datetime import datetime

import structlog
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.services.admit_google_user import admit_google_user
from apps.accounts.services.verify_google_token import (
    GoogleIdentity,
    InvalidGoogleToken,
    verify_google_token,
)
from apps.core.errors import Incomplete, NotSignedIn

log = structlog.get_logger(__name__)


class MissingCredential(Incomplete):
    """Missing credential in request body"""


class CredentialRefused(NotSignedIn):
    """The credential is worth nothing; message and code say why."""


def sign_in_with_google(request: HttpRequest, *, credential: str, now: datetime) -> User:
    """
    Begin a login with the ID token that Google's button has handed to the client.

    :raises CredentialRefused: if the token is not Google's, not for us, or has expired
    :raises NotAdmitted: if the account is not known here and not on the list
    :raises KeysUnreachable: if nobody can tell, because Google does not answer
    """
    try:
        identity = verify_google_token(credential, now=now)
    except InvalidGoogleToken as refusal:
        raise _refused(refusal) from None
    user = admit_google_user(identity=identity, now=now)
    _follow(user, identity)
    user_logged_in.send(sender=User, request=request, user=user)
    log.info("login.succeeded", user=str(user.pk), provider="google")
    return user


def _follow(user: User, identity: GoogleIdentity) -> None:
    """Take over the name and the picture; the address stays what administrators know."""
    shown = {"picture": identity.picture, **identity.names}
    changed = {field: value for field, value in shown.items() if getattr(user, field) != value}
    for field, value in changed.items():
        setattr(user, field, value)
    if changed:
        user.save(update_fields=[*changed, "updated_at"])


def _refused(refusal: InvalidGoogleToken) -> CredentialRefused:
    error = CredentialRefused(str(refusal))
    error.code = refusal.code
    return error
