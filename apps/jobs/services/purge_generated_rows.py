from django.db import transaction

from apps.core.retention import Cut, Tally
from apps.jobs.models import GeneratedRow
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.clear_generation import clear_some_rows
from apps.jobs.services.finished_jobs import (
    finished_jobs,
    jobs_being_read,
    some_locked,
    with_rows,
)
from apps.jobs.status import JobStatus


def rows_due(cut: Cut) -> Tally:
    """Count the rows whose jobs ended before the cut."""
    return Tally(GeneratedRow.objects.filter(job__in=_jobs(cut)).count())


def purge_rows(cut: Cut) -> Tally | None:
    """Remove some of the rows of the job that ended first; None if there are none left."""
    jobs = some_locked(_jobs(cut), most=1)
    if not jobs:
        return None
    removed = clear_some_rows(jobs[0])
    if jobs[0].pk in jobs_being_read():  # since a moment ago, by an export that saw all rows
        transaction.set_rollback(True)
        return Tally()
    return Tally(removed)


def _jobs(cut: Cut) -> JobQuerySet:
    return with_rows(finished_jobs(cut, JobStatus.COMPLETED, JobStatus.FAILED))
