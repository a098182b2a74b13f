"""Take away what a generation needs only while it runs, and all of one that did not succeed."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection

from apps.jobs.models import GenerationPart, Job
from apps.jobs.services.assemble_result import STORED, remove_unfinished, results_folder
from apps.jobs.services.make_part import parts_folder
from apps.jobs.status import JobStatus

AT_ONCE = 5_000
# The first row goes first: where it is, all of them are (generated_source.py).
DELETE = """
DELETE FROM generated_data WHERE id IN (
    SELECT id FROM generated_data WHERE job_id = %(job)s ORDER BY seq LIMIT %(most)s)
"""


def clear_generation(*, job_id: UUID) -> None:
    """Remove the parts of a finished job; of one that failed also its rows and its file."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or job.is_open:
        return
    GenerationPart.objects.filter(job=job).delete()
    remove_unfinished(job)
    empty_folder(parts_folder(job))
    is_completed = job.status == JobStatus.COMPLETED
    kept = (job.result_uri or "").removeprefix(STORED) if is_completed else ""
    empty_folder(results_folder(job), kept)
    if not is_completed:
        clear_rows(job)


def clear_rows(job: Job) -> int:
    """Remove the job's rows, some at a time; return how many there were."""
    removed = 0
    while count := clear_some_rows(job):
        removed += count
    return removed


def clear_some_rows(job: Job) -> int:
    """Remove some of the job's rows; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE, {"job": job.pk, "most": AT_ONCE})
        removed: int = cursor.rowcount
        return removed


def empty_folder(folder: str, kept: str = "") -> None:
    """Remove the files of a folder but one, and the folder with them where none is kept."""
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    paths = [f"{folder}/{name}" for name in names]
    for path in paths:
        if path != kept:
            default_storage.delete(path)
    if kept not in paths:
        default_storage.delete(folder)  # an empty directory; object storage has none
