from typing import Any

from django.db import transaction
from django.db.models import F

from apps.core.locking import lock
from apps.jobs.handlers import handler_of
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import IllegalTransition
from apps.jobs.services.record_event import record_event
from apps.jobs.services.wake_job import wake_job
from apps.jobs.status import JobStatus, JobType


class NotRetryable(IllegalTransition):
    """Only a finished job that left something undone can be tried again."""


@transaction.atomic
def retry_job(*, job: Job, actor: str, params: dict[str, Any] | None = None) -> Job:
    """
    Open a finished job again; its handler decides what is left to do.

    :raises NotRetryable: if it is still open, or completed and no batch
    """
    lock(job)
    if job.is_open or (job.status == JobStatus.COMPLETED and job.type != JobType.BATCH):
        raise NotRetryable(job)
    handler_of(job).retry(job, params or {})
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.PENDING,
        attempts=F("attempts") + 1,
        started_at=None,
        crashes=0,
        partial=False,
        finished_at=None,
        error_code=None,
        error_message=None,
        error_detail=None,
        error_fingerprint="",
        cancel_requested_at=None,
    )
    job.refresh_from_db()
    record_event(job, "JOB_RETRIED", "Tried again on request", actor=actor, **(params or {}))
    wake_job(job)
    return job
