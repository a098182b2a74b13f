from datetime import datetime

from django.db import transaction

from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import IllegalTransition
from apps.jobs.services.record_event import record_event
from apps.jobs.services.wake_job import wake_job
from apps.jobs.status import JobStatus


@transaction.atomic
def pause_job(*, job: Job, actor: str, now: datetime, reason: str = "user") -> Job:
    """
    Have the job stand still; calls in flight finish. Pausing a paused job changes nothing.

    :raises IllegalTransition: if the job is finished
    """
    lock(job)
    if not job.is_open:
        raise IllegalTransition(job)
    if job.paused_at is None:
        job.paused_at, job.pause_reason = now, reason
        if job.lease_until is None:
            job.status = JobStatus.PENDING
        job.save(update_fields=["paused_at", "pause_reason", "status"])
        record_event(job, "JOB_PAUSED", "Paused", actor=actor, reason=reason)
    return job


class NotPaused(IllegalTransition):
    """The job is neither paused nor waiting for a later moment."""

    def __init__(self, job: Job) -> None:
        """Name the state that stands in the way."""
        super().__init__(job)
        self.args = (f"Job is {job.state}, not paused",)


@transaction.atomic
def resume_job(*, job: Job, actor: str) -> Job:
    """
    Let a paused or waiting job go on.

    :raises NotPaused: if it is neither
    """
    lock(job)
    if not job.is_open or (job.paused_at is None and job.next_attempt_at is None):
        raise NotPaused(job)
    job.paused_at, job.pause_reason, job.next_attempt_at = None, "", None
    job.save(update_fields=["paused_at", "pause_reason", "next_attempt_at"])
    record_event(job, "JOB_RESUMED", "Resumed", actor=actor)
    wake_job(job)
    return job
