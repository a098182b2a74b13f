from datetime import datetime

from django.conf import settings

from apps.batches.models import BatchSession
from apps.core.errors import Gone, TooMany
from apps.core.lean import fetch

RETRY_SECONDS = 30
LOCK = "SELECT expires_at, deleted_at FROM batch_sessions WHERE id = %(id)s FOR NO KEY UPDATE"
# A statement of its own: it must see what committed while we waited for the lock.
# Every batch of the session has it as its lane: one table to look into, not two.
COUNT_OPEN = (
    "SELECT count(*) FROM jobs WHERE lane = %(lane)s AND status IN ('pending', 'in-progress')"
)


class SessionExpired(Gone):
    """The session has expired; renew it, or open another."""

    code = "session_expired"


class TooManyJobs(TooMany):
    """The session has too many open jobs; wait until some are done."""

    code = "too_many_jobs"


def check_usable(session: BatchSession, now: datetime) -> None:
    """
    Stop here if nothing may be sent any more.

    :raises SessionExpired: if so
    """
    if session.is_expired(now):
        raise SessionExpired


def admit_job(session: BatchSession, now: datetime) -> None:
    """
    Let one more job into the session; others who try wait until we commit.

    :raises SessionExpired: if the session ended meanwhile
    :raises TooManyJobs: if it has as many open jobs as it may
    """
    locked = fetch(LOCK, id=session.pk)
    if not locked:
        raise SessionExpired
    ((session.expires_at, session.deleted_at),) = locked
    check_usable(session, now)
    ((open_jobs,),) = fetch(COUNT_OPEN, lane=session.public_id)
    if open_jobs >= settings.BATCH_MAX_ACTIVE_JOBS:
        raise TooManyJobs(retry_after=RETRY_SECONDS)
