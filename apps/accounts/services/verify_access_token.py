from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from apps.accounts.models import RefreshToken, User
from apps.core.errors import DomainError
from apps.core.lean import columns, fetch_as

ALGORITHM = "HS256"  # pinned: the header's own `alg` decides nothing
AUDIENCE = "backroom-api"
ISSUER = "backroom"
SIGNED_IN = f"""
SELECT {columns(User, "person")} FROM {User._meta.db_table} person
WHERE id = %(user)s AND is_active AND EXISTS (
    SELECT FROM {RefreshToken._meta.db_table}
    WHERE family = %(family)s AND user_id = person.id AND revoked_at IS NULL)
"""  # noqa: S608 - made of our own models


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
    users = fetch_as(User, SIGNED_IN, user=user_id, family=family)
    if not users:
        raise InvalidAccessToken
    return users[0], claims
