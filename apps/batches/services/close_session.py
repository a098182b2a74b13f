from datetime import datetime

from django.db import transaction

from apps.batches.models import BatchSession
from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job


@transaction.atomic
def close_session(*, session: BatchSession, actor: str, now: datetime) -> None:
    """Erase the credentials and cancel what is open; the history stays for its time."""
    # Jobs before their session, as the engine locks them: the other way round is a deadlock.
    jobs = list(Job.objects.open().filter(batch__session=session).locked_in_order())
    lock(session)
    if session.deleted_at:
        return
    session.credentials, session.credentials_key_id, session.deleted_at = None, "", now
    session.save(update_fields=["credentials", "credentials_key_id", "deleted_at"])
    for job in jobs:
        cancel_job(job=job, actor=actor, now=now)
