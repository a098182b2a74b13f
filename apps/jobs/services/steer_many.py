from collections.abc import Callable
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.core.errors import DomainError, Invalid
from apps.core.outbox import enqueue
from apps.jobs.models import Job, QueueAction
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.archive_job import archive_job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.status import OPEN, JobState, JobStatus, JobType

log = structlog.get_logger(__name__)

AT_ONCE = 500
MOST = 10_000
ACTIONS = ("cancel", "retry", "pause", "resume", "delete")


class TooManyJobs(Invalid):
    """The filter matches more jobs than can be steered at once; narrow it."""

    code = "too_many_jobs"


def steerable(jobs: JobQuerySet, action: str) -> JobQuerySet:
    """Return those of the jobs whose state allows the action."""
    if action == "cancel":
        return jobs.filter(status__in=OPEN, cancel_requested_at=None)
    if action == "retry":
        return jobs.filter(status=JobStatus.FAILED)
    if action == "pause":
        return jobs.filter(status__in=OPEN, paused_at=None, cancel_requested_at=None)
    if action == "resume":
        return jobs.in_states([JobState.PAUSED, JobState.SCHEDULED])
    return jobs.exclude(status__in=OPEN).filter(archived_at=None)


@transaction.atomic
def ask_to_steer(jobs: JobQuerySet, *, action: str, actor: str, which: str) -> int:
    """
    Have something done to all of the jobs in the background; return to how many.

    :param which: how the jobs were named, for whoever reads later who did what
    :raises TooManyJobs: if there are more than 10,000
    """
    keys = list(jobs.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        raise TooManyJobs
    for begin in range(0, len(keys), AT_ONCE):
        some = [str(key) for key in keys[begin : begin + AT_ONCE]]
        enqueue("jobs.steer_many", action=action, actor=actor, job_ids=some)
    QueueAction.objects.create(
        actor=actor[:150], action=action, subject=f"jobs {which}"[:500], count=len(keys)
    )
    return len(keys)


def steer_many(*, action: str, actor: str, job_ids: list[str]) -> int:
    """Do it to each job whose state still allows it; return to how many."""
    acts: dict[str, Callable[[Job], object]] = {
        "cancel": lambda job: cancel_job(job=job, actor=actor, now=timezone.now()),
        "retry": lambda job: retry_job(job=job, actor=actor, params=_scope(job)),
        "pause": lambda job: pause_job(job=job, actor=actor, now=timezone.now()),
        "resume": lambda job: resume_job(job=job, actor=actor),
        "delete": lambda job: archive_job(job=job, actor=actor, now=timezone.now()),
    }
    done = 0
    for job in Job.objects.filter(pk__in=[UUID(key) for key in job_ids]).order_by("pk"):
        try:
            acts[action](job)
            done += 1
        except DomainError as error:  # it went on by itself meanwhile
            log.info("jobs.not_steered", job_id=str(job.pk), action=action, reason=str(error))
    return done


def _scope(job: Job) -> dict[str, object]:
    return {"scope": "all_unsuccessful"} if job.type == JobType.BATCH else {}
