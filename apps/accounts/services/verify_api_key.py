from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from apps.accounts.models import ApiKey, User
from apps.core.errors import DomainError
from apps.core.tokens import digest

API_KEY_PREFIX = "brk_"
ONCE_A = timedelta(minutes=1)


class UnknownApiKey(DomainError):
    """This API key is unknown, expired or revoked."""

    code = "invalid_api_key"


def verify_api_key(token: str) -> tuple[User, ApiKey]:
    """
    Return the owner and the key, and note its use.

    :raises UnknownApiKey: if the key is unknown, expired or revoked, or its owner inactive
    """
    valid = Q(expires_at=None) | Q(expires_at__gt=Now())
    keys = ApiKey.objects.filter(valid, revoked_at=None, owner__is_active=True)
    key = keys.select_related("owner").filter(digest=digest(token)).first()
    if key is None:
        raise UnknownApiKey
    note_use(key)
    return key.owner, key


def note_use(key: ApiKey) -> None:
    """Write the time of use, at most once a minute: it must not cost every request a write."""
    ApiKey.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=Now() - ONCE_A), pk=key.pk
    ).update(last_used_at=Now())
