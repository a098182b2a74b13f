from datetime import datetime

from apps.accounts.models import ApiKey


def revoke_api_key(*, key: ApiKey, now: datetime) -> bool:
    """End the key at once; return whether it was still valid."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    return bool(revoked)
