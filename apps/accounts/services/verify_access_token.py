from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from apps.accounts.models import RefreshToken, User
from apps.core.errors import DomainError

ALGORITHM = "HS256"  # pinned: the header's own `alg` decides nothing
AUDIENCE = "backroom-api"
ISSUER = "backroom"


class InvalidAccessToken(DomainError):
    """This access token is not ours, expired or revoked."""

    code = "invalid_token"


def verify_access_token(token: str) -> tuple[User, dict[str, Any]]:
    """
    Return the user and the claims of a token that `issue_tokens` made.

    :raises InvalidAccessToken: if it is forged, expired, or its login was ended
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            settings.JWT_SIGNING_KEY,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "sid"]},
        )
        user_id, family = UUID(claims["sub"]), UUID(claims["sid"])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise InvalidAccessToken from None
    login = RefreshToken.objects.filter(family=family, user=user_id, revoked_at=None)
    user = User.objects.filter(pk=user_id, is_active=True, refresh_tokens__in=login).first()
    if user is None:
        raise InvalidAccessToken
    return user, claims
