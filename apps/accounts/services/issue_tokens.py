from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from django.conf import settings

from apps.accounts.models import RefreshToken, User
from apps.accounts.services.verify_access_token import ALGORITHM, AUDIENCE, ISSUER
from apps.core.ids import new_id
from apps.core.tokens import digest, new_token

REFRESH_PREFIX = "brr_"


@dataclass(frozen=True)
class Tokens:
    """What a login is worth: a short-lived access token, and a way to the next one."""

    access: str
    refresh: str
    expires_in: int


def issue_tokens(*, user: User, now: datetime, family: UUID | None = None) -> Tokens:
    """Begin a login, or continue the one whose family is given."""
    family = family or new_id()
    refresh = new_token(REFRESH_PREFIX)
    RefreshToken.objects.create(
        user=user,
        family=family,
        digest=digest(refresh),
        expires_at=now + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )
    return Tokens(_access_token(user, family, now), refresh, settings.ACCESS_TOKEN_SECONDS)


def _access_token(user: User, family: UUID, now: datetime) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user.pk),
        "sid": str(family),
        "iat": now,
        "exp": now + timedelta(seconds=settings.ACCESS_TOKEN_SECONDS),
        "username": user.username,
        "role": user.role,  # for the client's menus; we always ask the user's row
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)
