from typing import Any

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count

from apps.core.retention import Cut, Tally
from apps.core.times import iso
from apps.jobs.models import Job, JobEvent
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.assemble_result import results_folder
from apps.jobs.services.clear_generation import clear_some_rows, empty_folder
from apps.jobs.services.finished_jobs import (
    finished_jobs,
    result_may_go,
    some_locked,
    with_file,
    with_rows,
)
from apps.jobs.services.make_part import parts_folder
from apps.jobs.signals import jobs_going
from apps.jobs.status import JobStatus

ARCHIVE = "archive/jobs"


def jobs_due(status: JobStatus, cut: Cut) -> JobQuerySet:
    """Return jobs that ended like this and have been kept for their time, with all they made."""
    finished = finished_jobs(cut, status)
    kept = with_file(finished).exclude(result_may_go(cut))
    return finished.exclude(pk__in=kept.values("pk"))


def purge_jobs(status: JobStatus, cut: Cut) -> Tally | None:
    """
    Write summaries of some jobs into the archive and remove the jobs, what they made first.

    What hangs on them, a batch's rows for instance, goes in portions before; None if there is
    nothing left.
    """
    jobs = some_locked(jobs_due(status, cut))
    if not jobs:
        return None
    if _clear_the_way(jobs):
        return Tally()
    _write_down(jobs)
    for job in jobs:
        empty_folder(results_folder(job))
        empty_folder(parts_folder(job))
    Job.objects.filter(pk__in=[job.pk for job in jobs]).delete()
    return Tally(len(jobs))


def _clear_the_way(jobs: list[Job]) -> int:
    """Remove some of what hangs on the jobs, and return how much that was."""
    ids = [job.pk for job in jobs]
    removed = sum(clear_some_rows(job) for job in with_rows(Job.objects.filter(pk__in=ids))[:1])
    if not removed:
        answers: list[tuple[Any, Any]] = jobs_going.send(Job, jobs=ids)
        removed = sum(int(count or 0) for _, count in answers)
    return removed


def _write_down(jobs: list[Job]) -> None:
    """
    Add a file to the archive.

    It is named after its first job: when the transaction fails after it was written, the next
    attempt begins with the same job and replaces it.
    """
    ids = [job.pk for job in jobs]
    counted = JobEvent.objects.filter(job__in=ids).values_list("job").annotate(Count("pk"))
    events = dict(counted.order_by())
    lines = [orjson.dumps(_summary(job, events.get(job.pk, 0))) for job in jobs]
    path = f"{ARCHIVE}/{jobs[0].finished_at:%Y/%m}/{jobs[0].pk}.ndjson"
    default_storage.delete(path)
    default_storage.save(path, ContentFile(b"\n".join([*lines, b""])))


def _summary(job: Job, events: int) -> dict[str, Any]:
    error = {"code": job.error_code, "message": job.error_message}
    return {
        "jobId": str(job.pk),
        "type": job.type,
        "title": job.title,
        "owner": job.owner.get_username() if job.owner else None,
        "status": job.status,
        "partial": job.partial,
        "error": error if job.error_code else None,
        "result": job.result_meta,
        "progress": {"done": job.progress_done, "total": job.progress_total},
        "attempts": job.attempts,
        "events": events,
        "parentId": str(job.parent_id) if job.parent_id else None,
        "requestId": job.request_id or None,
        "createdAt": iso(job.created_at),
        "startedAt": iso(job.started_at),
        "finishedAt": iso(job.finished_at),
    }
