from datetime import datetime

import structlog
from django.db import transaction

from apps.accounts.models import RefreshToken, User
from apps.accounts.services.end_login import end_login, login_alone
from apps.accounts.services.issue_tokens import Tokens, issue_tokens
from apps.core.errors import NotSignedIn
from apps.core.tokens import digest

log = structlog.get_logger(__name__)


class InvalidRefreshToken(NotSignedIn):
    """Invalid token"""

    code = "invalid_token"


def rotate_refresh_token(*, token: str, now: datetime) -> tuple[User, Tokens]:
    """
    Exchange a refresh token, once, for new tokens of the same login.

    A second use means that two people hold it, so the login ends for both.

    :raises InvalidRefreshToken: if the token is unknown, expired, revoked or used
    """
    known = RefreshToken.objects.select_related("user").filter(digest=digest(token)).first()
    if known is None:
        raise InvalidRefreshToken
    rotated = _rotate(known, now)
    if rotated is None:
        log.warning("login.refresh_refused", user=str(known.user_id), family=str(known.family))
        end_login(family=known.family, now=now)
        raise InvalidRefreshToken
    return rotated


@transaction.atomic
def _rotate(known: RefreshToken, now: datetime) -> tuple[User, Tokens] | None:
    login_alone(known.family)
    user = User.objects.filter(pk=known.user_id, is_active=True).first()
    unused = RefreshToken.objects.filter(
        pk=known.pk, used_at=None, revoked_at=None, expires_at__gt=now
    )
    if user is None or not unused.update(used_at=now):
        return None
    return user, issue_tokens(user=user, now=now, family=known.family)
