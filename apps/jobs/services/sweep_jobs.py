import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.core.locking import alone, lock
from apps.core.models import OutboxMessage
from apps.jobs.models import Job, QueueState
from apps.jobs.services.cancel_job import settle_cancelled
from apps.jobs.services.pause_queue import paused_queues
from apps.jobs.services.wake_job import wake_job
from apps.jobs.status import JobStatus

log = structlog.get_logger(__name__)

PAGE = 200


@transaction.atomic
def sweep_jobs() -> int:
    """
    Wake every runnable job that nobody is about to take; return how many.

    This finds the jobs of dead workers, and whatever a lost message left lying.
    """
    if not alone("jobs.sweep"):
        return 0
    _settle_abandoned()
    # A lane whose job is in good hands has no room: that job wakes the next one itself.
    jobs = Job.objects.runnable().filter(cancel_requested_at=None).exclude(lane__in=_busy_lanes())
    paused = paused_queues()
    jobs = jobs.none() if QueueState.SLICES in paused else jobs.exclude(type__in=paused)
    woken = 0
    for job in jobs.filter(~Q(pk__in=_announced())).in_turn()[:PAGE]:
        wake_job(job)
        woken += 1
    if woken:
        log.info("jobs.swept", woken=woken)
    return woken


def _settle_abandoned() -> None:
    """Carry out what was asked of jobs whose worker died before its safe point."""
    for job in Job.objects.cancel_pending()[:PAGE]:
        try:
            with transaction.atomic():
                _settle_if_free(job)
        except Exception:  # one broken job must not keep the sweep from all others
            log.exception("jobs.cancel_failed", job_id=str(job.pk))
    crashed = Job.objects.crashed().filter(paused_at__isnull=False, cancel_requested_at=None)
    crashed.update(status=JobStatus.PENDING, lease_until=None)


def _settle_if_free(job: Job) -> None:
    lock(job)
    if Job.objects.cancel_pending().filter(pk=job.pk).exists():
        settle_cancelled(job)


def _busy_lanes() -> QuerySet[Job, tuple[str]]:
    return Job.objects.filter(lease_until__gte=Now()).exclude(lane="").values_list("lane")


def _announced() -> list[str]:
    """Return the jobs that have a message on its way which nobody has begun."""
    on_its_way = OutboxMessage.objects.filter(
        task="jobs.run_slice", claimed_at=None, failed_at=None, due_at__lte=Now()
    )
    return list(on_its_way.values_list("kwargs__job_id", flat=True))
