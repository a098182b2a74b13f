from datetime import datetime

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event


class StillOpen(DomainError):
    """The job is not finished yet; cancel it first."""

    code = "job_still_open"


@transaction.atomic
def archive_job(*, job: Job, actor: str, now: datetime) -> Job:
    """
    Take a finished job out of every list; its history stays for its time.

    :raises StillOpen: if it is not finished
    """
    lock(job)
    if job.is_open:
        raise StillOpen
    if job.archived_at is None:
        job.archived_at = now
        job.save(update_fields=["archived_at"])
        record_event(job, "JOB_REMOVED", "Removed from the lists", actor=actor)
    return job
