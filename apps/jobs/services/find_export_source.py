from typing import Any
from uuid import UUID

from django.utils import timezone
from psycopg.sql import SQL

from apps.accounts.models import User
from apps.core.errors import DomainError, Gone, Missing
from apps.jobs.exports.datasets import find_dataset
from apps.jobs.exports.source import Source
from apps.jobs.models import Job
from apps.jobs.services.generated_source import generated_source
from apps.jobs.services.uploaded_source import uploaded_source
from apps.jobs.status import JobStatus, JobType


class SourceNotFound(Missing):
    """There is no such source, or none that you may see."""

    code = "source_not_found"


class SourceNotReady(DomainError):
    """This job is not completed, so there is nothing to export yet."""

    code = "source_not_ready"


class SourceGone(Gone):
    """What this job made is no longer kept."""

    code = "source_gone"


def find_export_source(wanted: dict[str, Any], user: User) -> Source:
    """
    Return where the rows come from, as far as the user may see it.

    :raises Missing: if there is no such source, or it is somebody else's
    :raises Forbidden: if the user's role may not read the data set
    :raises SourceNotReady: if the source is a job or an upload that is not ready
    :raises Gone: if what it had is no longer kept
    """
    if wanted["kind"] == "dataset":
        return _dataset_source(wanted["dataset"], user)
    if wanted["kind"] == "upload":
        return uploaded_source(wanted["uploadId"], user)
    return generated_source(_generation(wanted["jobId"], user), wanted.get("dataset"))


def _dataset_source(name: str, user: User) -> Source:
    found = find_dataset(name, user)
    return Source(found.name, found.title, SQL(found.relation), SQL(found.key), found.columns)


def _generation(job_id: str, user: User) -> Job:
    """
    Return the completed generation.

    :raises SourceNotFound: if the user has none of this id
    :raises SourceNotReady: if it is not completed
    :raises SourceGone: if its result was kept for as long as was agreed
    """
    try:
        key = UUID(job_id)
    except ValueError:
        raise SourceNotFound from None
    generations = Job.objects.visible_to(user).filter(type=JobType.GENERATION)
    job = generations.filter(pk=key).first()
    if job is None:
        raise SourceNotFound
    if job.status != JobStatus.COMPLETED:
        raise SourceNotReady(f"The job is {job.state}.", extra={"status": job.status})
    if job.has_expired(timezone.now()):
        raise SourceGone
    return job
