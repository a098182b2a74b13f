from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from apps.core.models import IdempotentAnswer


def tidy() -> int:
    """Forget answers whose Idempotency-Key is older than a day; return how many."""
    kept = timedelta(hours=settings.IDEMPOTENCY_HOURS)
    count, _ = IdempotentAnswer.objects.filter(created_at__lt=Now() - kept).delete()
    return count
