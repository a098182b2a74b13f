from datetime import datetime

import structlog
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from apps.accounts.login_lock import authenticate_in_turn
from apps.accounts.models import User
from apps.accounts.services.issue_tokens import Tokens, issue_tokens
from apps.core.errors import NotSignedIn

log = structlog.get_logger(__name__)


class InvalidCredentials(NotSignedIn):
    """Invalid credentials"""

    code = "invalid_credentials"


def sign_in(
    request: HttpRequest, *, username: str, password: str, now: datetime
) -> tuple[User, Tokens]:
    """
    Begin a login with a password.

    :raises InvalidCredentials: if they are wrong, or the user is not active
    :raises LoginLocked: if the name or the address has failed too often
    """
    user = authenticate_in_turn(request, username=username, password=password)
    if user is None:
        raise InvalidCredentials
    user_logged_in.send(sender=User, request=request, user=user)
    log.info("login.succeeded", user=str(user.pk))
    return user, issue_tokens(user=user, now=now)
