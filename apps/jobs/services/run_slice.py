from datetime import timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.core.errors import DomainError
from apps.jobs.handlers import NoHandler, handler_of
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import settle_cancelled
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.record_event import record_event
from apps.jobs.services.release_lane import wake_next_in_lane
from apps.jobs.services.work_slice import LostLease, Slice
from apps.jobs.status import JobStatus
from apps.jobs.traces import with_attempt

log = structlog.get_logger(__name__)

FIRST_RETRY = timedelta(seconds=5)


def run_slice(*, job_id: UUID) -> None:
    """
    Work on the job for up to a minute, if it is free and due; otherwise change nothing.

    A broken rule of the business fails the job with its code; anything else is tried again
    with growing pauses until `max_attempts` is used up.
    """
    job = claim_job(job_id)
    if job is None:
        return
    known = structlog.contextvars.bound_contextvars(job_id=str(job.pk), fence=job.fence)
    with known, Slice(job) as work:
        _run(work)


def _run(work: Slice) -> None:
    try:
        _run_handler(work)
        if not work.has_ended:
            _settle_requests(work)
    except LostLease:
        log.warning("slice.lease_lost")


def _run_handler(work: Slice) -> None:
    try:
        if work.job.cancel_requested_at is None:
            handler_of(work.job).run(work)
    except NoHandler as error:
        work.fail(code="internal", message=f"Nobody handles jobs of type {error.type}.")
    except DomainError as error:
        work.fail(code=error.code, message=str(error))
    except (LostLease, OperationalError, InterfaceError):
        raise  # without a database the lease runs out by itself, and the sweep finds the job again
    except Exception as error:
        log.exception("slice.crashed")
        _try_again_later(work, error)


@transaction.atomic
def _settle_requests(work: Slice) -> None:
    """Carry out what was asked of the job while the slice ran: to be cancelled, or paused."""
    job = Job.objects.select_for_update(no_key=True).get(pk=work.job.pk)
    if job.fence != work.fence or not job.is_open:
        return
    if job.cancel_requested_at:
        settle_cancelled(job)
        wake_next_in_lane(job)
    elif job.paused_at and job.status == JobStatus.IN_PROGRESS:
        Job.objects.filter(pk=job.pk).update(status=JobStatus.PENDING, lease_until=None)
        wake_next_in_lane(job)


@transaction.atomic
def _try_again_later(work: Slice, error: Exception) -> None:
    job, sentence = work.job, "It failed for a reason of ours; the log has the story."
    detail = with_attempt(job.error_detail, error)
    failures = detail["failures"]
    if failures >= job.max_attempts:
        work.fail(code="internal", message=sentence, detail=detail)
        return
    work.guard()
    Job.objects.filter(pk=job.pk).update(error_detail=detail)
    record_event(job, "ERROR", f"{type(error).__name__}; trying again", level="error")
    work.wait_until(timezone.now() + FIRST_RETRY * 2 ** (failures - 1))
