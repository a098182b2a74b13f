from datetime import datetime

import structlog

from apps.batches.models import BatchSession

log = structlog.get_logger(__name__)


def erase_expired_credentials(*, now: datetime) -> int:
    """Forget the secrets of sessions that have ended; return how many."""
    expired = BatchSession.objects.filter(expires_at__lte=now, credentials__isnull=False)
    erased = expired.update(credentials=None, credentials_key_id="")
    if erased:
        log.info("credentials.erased", sessions=erased)
    return erased
