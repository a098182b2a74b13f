from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.core.errors import DomainError
from apps.core.lean import columns, fetch, instance
from apps.core.tokens import digest

API_KEY_PREFIX = "brk_"
ONCE_A = timedelta(minutes=1)
# Every call of a machine begins with it.
VALID_KEY = f"""
SELECT {columns(ApiKey, "key")}, {columns(User, "owner")}
FROM {ApiKey._meta.db_table} key JOIN {User._meta.db_table} owner ON owner.id = key.owner_id
WHERE key.digest = %(digest)s AND key.revoked_at IS NULL
AND (key.expires_at IS NULL OR key.expires_at > now()) AND owner.is_active
"""  # noqa: S608 - made of our own models


class UnknownApiKey(DomainError):
    """This API key is unknown, expired or revoked."""

    code = "invalid_api_key"


def verify_api_key(token: str) -> tuple[User, ApiKey]:
    """
    Return the owner and the key, and note its use.

    :raises UnknownApiKey: if the key is unknown, expired or revoked, or its owner inactive
    """
    found = fetch(VALID_KEY, digest=digest(token))
    if not found:
        raise UnknownApiKey
    key = instance(ApiKey, found[0])
    key.owner = instance(User, found[0][len(ApiKey._meta.concrete_fields) :])
    note_use(key)
    return key.owner, key


def note_use(key: ApiKey) -> None:
    """Write the time of use, at most once a minute: it must not cost every request a write."""
    if key.last_used_at and timezone.now() < key.last_used_at + ONCE_A:
        return
    ApiKey.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=Now() - ONCE_A), pk=key.pk
    ).update(last_used_at=Now())
