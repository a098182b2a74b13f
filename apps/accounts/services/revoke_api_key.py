from datetime import datetime

from django.db import transaction

from apps.accounts.models import ApiKey
from apps.accounts.recognised import forget_everybody


@transaction.atomic
def revoke_api_key(*, key: ApiKey, now: datetime) -> bool:
    """End the key at once; return whether it was still valid."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    if revoked:
        forget_everybody()
    return bool(revoked)
