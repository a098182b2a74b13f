from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.batches.models import BatchSession
from apps.batches.services.open_session import Credentials
from apps.batches.status import AuthType
from apps.core.encryption import key_id
from apps.core.errors import Detail, Invalid
from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.pause_job import resume_job

CURED_BY_RENEWAL = ("session_expired", "auth_failed")


@transaction.atomic
def renew_session(
    *,
    session: BatchSession,
    actor: str,
    now: datetime,
    credentials: Credentials | None = None,
    ttl_seconds: int | None = None,
    resume_jobs: bool = False,
) -> int:
    """
    Let the session live on, with new credentials if there are any; return the jobs resumed.

    :param resume_jobs: whether jobs go on that stopped because the session or its login ended
    :raises Invalid: if the credentials were erased and no new ones came
    """
    # Jobs before their session, as the engine locks them: the other way round is a deadlock.
    stopped = _stopped_jobs(session) if resume_jobs else []
    lock(session)
    if credentials is not None:
        session.auth_type = credentials.auth_type
        session.credentials = credentials.secrets or None
        session.credentials_key_id = key_id() if credentials.secrets else ""
    elif session.credentials is None and session.auth_type != AuthType.NONE:
        message = "The credentials were erased at expiry; send them again."
        raise Invalid(message, details=[Detail("auth", "required", message)])
    lifetime = timedelta(seconds=ttl_seconds or settings.SESSION_TTL_SECONDS)
    session.expires_at = now + lifetime
    session.save(
        update_fields=["auth_type", "credentials", "credentials_key_id", "expires_at"],
    )
    for job in stopped:
        resume_job(job=job, actor=actor)
    return len(stopped)


def _stopped_jobs(session: BatchSession) -> list[Job]:
    stopped = Job.objects.open().filter(
        batch__session=session, paused_at__isnull=False, pause_reason__in=CURED_BY_RENEWAL
    )
    return list(stopped.locked_in_order())
