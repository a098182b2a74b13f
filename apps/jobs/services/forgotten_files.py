"""Files of jobs that nobody will ask for: their worker died, or the job is gone."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.core.files.storage import default_storage

from apps.core.retention import Tally
from apps.jobs.models import Job
from apps.jobs.services.assemble_result import RESULTS, STORED
from apps.jobs.services.make_part import PARTS

AT_ONCE = 500


def forgotten_files(*, before: datetime) -> Iterator[tuple[str, int]]:
    """Find parts and results that no job needs, and how large they are."""
    for root in (PARTS, RESULTS):
        for folder in sorted(_listed(root)[0]):
            needed = _needed_of(folder)
            if needed is None:
                continue
            for name in sorted(_listed(f"{root}/{folder}")[1]):
                path = f"{root}/{folder}/{name}"
                if path != needed and default_storage.get_modified_time(path) < before:
                    yield path, default_storage.size(path)


def remove_forgotten_files(*, before: datetime) -> Tally | None:
    """Remove some of them; None if there are none left."""
    removed = Tally()
    for path, size in islice(forgotten_files(before=before), AT_ONCE):
        default_storage.delete(path)
        removed += Tally(1, size)
    return removed if removed.count else None


def _needed_of(folder: str) -> str | None:
    """Return which file of the job is needed, `` for none; None if any may be: it is open."""
    try:
        job = Job.objects.filter(pk=UUID(folder)).only("status", "result_uri").first()
    except ValueError:
        return None  # none of ours
    if job is None:
        return ""
    return None if job.is_open else (job.result_uri or "").removeprefix(STORED)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
