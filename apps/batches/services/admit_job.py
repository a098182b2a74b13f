from datetime import datetime

from django.conf import settings

from apps.batches.models import BatchSession
from apps.core.errors import Gone, TooMany
from apps.jobs.models import Job
from apps.jobs.status import OPEN

RETRY_SECONDS = 30


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
    check_usable(_locked(session), now)
    # Every batch of the session has it as its lane: one table to look into, not two.
    open_jobs = Job.objects.filter(lane=session.public_id, status__in=OPEN)
    if open_jobs.count() >= settings.BATCH_MAX_ACTIVE_JOBS:
        raise TooManyJobs(retry_after=RETRY_SECONDS)


def _locked(session: BatchSession) -> BatchSession:
    # Without the credentials, which would be decrypted for nothing.
    locked = BatchSession.objects.select_for_update(no_key=True)
    return locked.only("deleted_at", "expires_at").get(pk=session.pk)
