"""The two queues of messages that jobs wait in: small files have one of their own."""

from django.db.models import Q

from apps.jobs.models.job import FILE_MAKING, MOST_QUICK_ROWS, QUICK, SLICES
from apps.jobs.querysets import JobQuerySet

MESSAGE_QUEUES = (SLICES, QUICK)


def waiting_in(jobs: JobQuerySet, queue: str) -> JobQuerySet:
    """Return the jobs whose messages go there; the same rule as `Job.queue`."""
    small = Q(type__in=FILE_MAKING, progress_total__lte=MOST_QUICK_ROWS)
    return jobs.filter(small) if queue == QUICK else jobs.exclude(small)
