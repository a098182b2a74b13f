from apps.core.retention import Cut, Tally
from apps.jobs.models import Job
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.assemble_result import results_folder
from apps.jobs.services.clear_generation import empty_folder
from apps.jobs.services.finished_jobs import (
    jobs_being_read,
    result_may_go,
    some_locked,
    with_file,
)
from apps.jobs.services.record_event import record_event
from apps.jobs.status import JobStatus


def results_due(cut: Cut) -> JobQuerySet:
    """Return completed jobs whose file was kept for its time."""
    completed = Job.objects.filter(status=JobStatus.COMPLETED).exclude(pk__in=jobs_being_read())
    return with_file(completed).filter(result_may_go(cut))


def purge_results(cut: Cut) -> Tally | None:
    """Remove some files, and note it: the jobs are `expired` from now on."""
    removed = Tally()
    for job in some_locked(results_due(cut)):
        empty_folder(results_folder(job))
        Job.objects.filter(pk=job.pk).update(
            result_uri=None, result_expires_at=min(job.result_expires_at or cut.now, cut.now)
        )
        record_event(job, "RESULT_REMOVED", "The file was kept for its time")
        removed += Tally(1, size_of(job))
    return removed if removed.count else None


def size_of(job: Job) -> int:
    """Return how large the job's file is, as was written down when it was made."""
    return int((job.result_meta or {}).get("bytes") or 0)
