from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import IllegalTransition, settle_cancelled
from apps.jobs.services.record_event import record_event
from apps.jobs.services.release_lane import wake_next_in_lane

# So long a worker has for its safe point; cancelling takes less than 2 s where all is well.
PATIENCE = timedelta(seconds=30)


class NotTerminable(IllegalTransition):
    """The job is not being cancelled, or not for long enough."""

    def __init__(self, job: Job) -> None:
        """Say what has to be done first."""
        super().__init__(job)
        seconds = int(PATIENCE.total_seconds())
        self.args = (f"Cancel the job first, and give its worker {seconds} seconds.",)


def may_terminate(job: Job, now: datetime) -> bool:
    """Return whether the job's worker has not heard of the cancellation for too long."""
    asked_at = job.cancel_requested_at
    return job.is_open and asked_at is not None and now - asked_at >= PATIENCE


@transaction.atomic
def terminate_job(*, job: Job, actor: str, now: datetime) -> Job:
    """
    End a job whose worker does not react to a cancellation; whatever that still writes is void.

    :raises NotTerminable: if it is not being cancelled, or only for a moment
    """
    lock(job)
    if not may_terminate(job, now):
        raise NotTerminable(job)
    # A new number of the taking: the worker's own is worth nothing any more.
    Job.objects.filter(pk=job.pk).update(fence=F("fence") + 1, lease_until=None)
    job.refresh_from_db()
    record_event(job, "JOB_TERMINATED", "Ended without its worker", level="warn", actor=actor)
    settle_cancelled(job)
    wake_next_in_lane(job)
    job.refresh_from_db()
    return job
