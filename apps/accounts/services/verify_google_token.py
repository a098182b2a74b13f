"""Whose Google ID token this is; every doubt is a refusal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from apps.accounts.google_keys import LONGEST_KID
from apps.accounts.remembered import Remembered
from apps.accounts.services.find_google_key import UnknownKey, find_google_key
from apps.core.errors import DomainError
from apps.core.tokens import digest

ALGORITHM = "RS256"  # pinned: the header's own `alg` decides nothing
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
LEEWAY = timedelta(seconds=30)
LONGEST_TOKEN = 4096
REMEMBERED = timedelta(minutes=5)
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


class InvalidGoogleToken(DomainError):
    """Invalid token"""

    code = "INVALID_TOKEN"


class GoogleTokenExpired(InvalidGoogleToken):
    """Token expired"""

    code = "TOKEN_EXPIRED"


@dataclass(frozen=True)
class GoogleIdentity:
    """What Google says about whoever holds the token."""

    subject: str
    email: str
    email_verified: bool
    hosted_domain: str
    name: str
    picture: str
    nonce: str
    expires_at: int

    @property
    def names(self) -> dict[str, str]:
        """Return the user's fields that the name fills; none where Google told none."""
        first, _, last = self.name.partition(" ")
        return {"first_name": first[:150], "last_name": last[:150]} if self.name else {}

    @property
    def google_vouches(self) -> bool:
        """
        Return whether the address is this person's today, not only on the day it was confirmed.

        Google says so itself of its own mailboxes and of those that it hosts for a domain.
        """
        return self.email_verified and (
            bool(self.hosted_domain) or self.email.endswith(("@gmail.com", "@googlemail.com"))
        )


_verified: Remembered[GoogleIdentity] = Remembered(most=4096)


def verify_google_token(token: str, *, now: datetime) -> GoogleIdentity:
    """
    Return whose token this is; a token that was verified a moment ago costs next to nothing.

    :raises InvalidGoogleToken: if Google has not made it, or not for us
    :raises GoogleTokenExpired: if its time is over
    :raises KeysUnreachable: if nobody can tell, because Google's keys cannot be fetched
    """
    if not settings.GOOGLE_SIGN_IN or not settings.GOOGLE_CLIENT_IDS:
        raise InvalidGoogleToken
    if len(token) > LONGEST_TOKEN:
        raise InvalidGoogleToken
    known = digest(token + settings.GOOGLE_JWKS_URL + ",".join(settings.GOOGLE_CLIENT_IDS))
    if (identity := _verified.get(known, now.timestamp())) is not None:
        return identity
    identity = _identity(_claims(token, now))
    until = min(identity.expires_at, (now + REMEMBERED).timestamp())
    if until > now.timestamp():
        _verified.put(known, identity, until=until)
    return identity


def forget_verified_tokens() -> None:
    """Have every token be looked at anew."""
    _verified.clear()


def _claims(token: str, now: datetime) -> dict[str, Any]:
    try:
        key = find_google_key(_key_name(token), now)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=settings.GOOGLE_CLIENT_IDS,
            issuer=ISSUERS,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except jwt.ExpiredSignatureError:
        raise GoogleTokenExpired from None
    except (jwt.InvalidTokenError, UnknownKey, ValueError, TypeError):
        raise InvalidGoogleToken from None
    # One of several recipients might have passed it on.
    if not isinstance(claims["aud"], str):
        raise InvalidGoogleToken
    return claims


def _key_name(token: str) -> str:
    """
    Return the `kid`; `jwk`, `jku` and `x5u`, by which a token would bring its own key, are ignored.

    :raises InvalidGoogleToken: if the header asks for anything that we do not do
    """
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or "crit" in header:
        raise InvalidGoogleToken
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID or not kid.isprintable():
        raise InvalidGoogleToken
    return kid


def _identity(claims: dict[str, Any]) -> GoogleIdentity:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise InvalidGoogleToken
    picture = _text(claims, "picture", 2000)
    return GoogleIdentity(
        subject=subject,
        email=_text(claims, "email", 254).lower(),
        email_verified=claims.get("email_verified") is True,
        hosted_domain=_text(claims, "hd", 253).lower(),
        name=_text(claims, "name", 200),
        picture=picture if picture.startswith("https://") else "",
        nonce=_text(claims, "nonce", 255),
        expires_at=int(claims["exp"]),
    )


def _text(claims: dict[str, Any], name: str, longest: int) -> str:
    value = claims.get(name, "")
    return value if isinstance(value, str) and len(value) <= longest and "\0" not in value else ""
