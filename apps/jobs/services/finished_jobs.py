"""Which finished jobs, and what of them, have been kept for their time."""

from contextlib import suppress
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.core.retention import Cut
from apps.jobs.models import GeneratedRow, Job
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.assemble_result import STORED
from apps.jobs.status import JobStatus

AT_ONCE = 200


def finished_jobs(cut: Cut, *statuses: JobStatus) -> JobQuerySet:
    """Return jobs that ended like this before the cut, and that no open job reads."""
    finished = Job.objects.filter(status__in=statuses, finished_at__lt=cut.before)
    return finished.exclude(pk__in=jobs_being_read())


def jobs_being_read() -> set[UUID]:
    """Return jobs whose rows or files an open job is about to read."""
    sources = Job.objects.open().filter(params__source__jobId__isnull=False)
    found = set()
    for text in sources.values_list("params__source__jobId", flat=True):
        with suppress(Missing):
            found.add(from_public_id("job", str(text)))
    return found


def result_may_go(cut: Cut) -> Q:
    """
    Return whether a finished job's file has been kept for as long as was agreed.

    Who asks for another age than usual shortens the usual time, but not one that was asked for.
    """
    expired = Q(result_expires_at__lte=cut.now)
    if not cut.is_asked:
        return expired
    unsaid = Q(params__keepDays__isnull=True) | Q(params__keepDays=None)  # absent, or null
    usual = unsaid & Q(result_expires_at__isnull=False)
    return Q(finished_at__lt=cut.before) & (expired | usual)


def with_file(jobs: JobQuerySet) -> JobQuerySet:
    """Return jobs whose file is still there."""
    return jobs.filter(result_uri__startswith=STORED)


def with_rows(jobs: JobQuerySet) -> JobQuerySet:
    """Return jobs of which rows are in the database."""
    return jobs.filter(Exists(GeneratedRow.objects.filter(job=OuterRef("pk"))))


def some_locked(jobs: QuerySet[Job], *, most: int = AT_ONCE) -> list[Job]:
    """Return the oldest of them, locked; whoever else holds one keeps it."""
    locked = jobs.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return list(locked.select_related("owner").order_by("finished_at", "pk")[:most])
