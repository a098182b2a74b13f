import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.locking import alone
from apps.core.models import OutboxMessage
from apps.core.outbox import enqueue
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import settle_cancelled
from apps.jobs.services.pause_queue import queue_is_paused
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
    jobs = Job.objects.runnable().filter(cancel_requested_at=None)
    woken = 0
    if queue_is_paused():
        jobs = jobs.none()
    for job in jobs.filter(~Q(pk__in=_announced())).in_turn()[:PAGE]:
        enqueue("jobs.run_slice", job_id=str(job.pk))
        woken += 1
    Job.objects.crashed().filter(paused_at__isnull=False).update(
        status=JobStatus.PENDING, lease_until=None
    )
    for job in Job.objects.crashed().filter(cancel_requested_at__isnull=False)[:PAGE]:
        settle_cancelled(job)
    if woken:
        log.info("jobs.swept", woken=woken)
    return woken


def _announced() -> list[str]:
    """Return the jobs that have a message on its way which nobody has begun."""
    on_its_way = OutboxMessage.objects.filter(
        task="jobs.run_slice", claimed_at=None, failed_at=None, due_at__lte=Now()
    )
    return list(on_its_way.values_list("kwargs__job_id", flat=True))
