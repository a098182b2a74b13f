from contextlib import suppress
from datetime import datetime

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.locking import lock
from apps.jobs.handlers import NoHandler, handler_of
from apps.jobs.models import Job
from apps.jobs.services.fail_job import fail_job
from apps.jobs.services.record_event import record_event


class IllegalTransition(DomainError):
    """The job is finished already."""

    code = "illegal_transition"

    def __init__(self, job: Job) -> None:
        """Name the state that stands in the way."""
        super().__init__(f"Job is already {job.state}", extra={"status": job.status})


@transaction.atomic
def cancel_job(*, job: Job, actor: str, now: datetime) -> Job:
    """
    Stop the job for good: at once if nobody works on it, else at the worker's next safe point.

    :raises IllegalTransition: if the job is finished
    """
    lock(job)
    if not job.is_open:
        raise IllegalTransition(job)
    if job.cancel_requested_at is None:
        job.cancel_requested_at = now
        job.save(update_fields=["cancel_requested_at"])
        record_event(job, "CANCEL_REQUESTED", "Asked to cancel", actor=actor)
    if job.lease_until is None:
        settle_cancelled(job)
    return job


def settle_cancelled(job: Job) -> None:
    """End a job whose cancellation was asked for and that nobody works on any more."""
    with suppress(NoHandler):  # what nobody works on leaves nothing to settle
        handler_of(job).cancel(job)
    fail_job(job, code="cancelled", message="Cancelled on request.")
