from collections.abc import Sequence
from datetime import datetime

from apps.accounts.models import ApiKey, User
from apps.accounts.scopes import Scope
from apps.accounts.services.verify_api_key import API_KEY_PREFIX
from apps.core.errors import Detail, Invalid
from apps.core.tokens import digest, new_token

SHOWN_OF_KEY = 12


class UnknownScope(Invalid):
    """There is no such scope."""


def create_api_key(
    *,
    owner: User,
    name: str,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
    calls_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """
    Return a new key and its plaintext, which exists nowhere else.

    :raises UnknownScope: if a scope is none of ours
    """
    if unknown := sorted(set(scopes) - set(Scope.values)):
        message = f"Unknown scope {unknown[0]}; known are {', '.join(Scope.values)}."
        raise UnknownScope(message, details=[Detail("scopes", "unknown", message)])
    plaintext = new_token(API_KEY_PREFIX)
    key = ApiKey.objects.create(
        owner=owner,
        name=name,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        calls_per_minute=calls_per_minute,
        prefix=plaintext[:SHOWN_OF_KEY],
        digest=digest(plaintext),
    )
    return key, plaintext
