from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import Detail, Invalid, TooMany
from apps.core.locking import wait_alone
from apps.jobs.generation.expressions import FormulaFailed
from apps.jobs.generation.schema import InvalidSchema
from apps.jobs.models import Job
from apps.jobs.services.generation_plan import Plan, plan_generation
from apps.jobs.services.preview_generation import Preview, preview_generation
from apps.jobs.services.saved_schemas import with_saved_schema
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType

SECONDS_TO_WAIT = 10


class TooManyOpenJobs(TooMany):
    """You have too many unfinished jobs; wait for one to finish."""

    code = "too_many_open_jobs"


class ResultWouldBeTooLarge(Invalid):
    """The file would be larger than a result may be."""

    code = "limit_exceeded"


@dataclass(frozen=True)
class Accepted:
    """A generation that was accepted, and how large its file will be, roughly."""

    job: Job
    preview: Preview


def check_generation(document: Any, *, now: datetime, rows: int = 10) -> tuple[Plan, Preview]:
    """
    Check a generation as a whole, first rows included.

    :raises InvalidSchema: naming everything that is wrong
    :raises ResultWouldBeTooLarge: if its file would be
    """
    plan = plan_generation(with_saved_schema(document), now=now)
    try:
        preview = preview_generation(plan, rows=rows)
    except FormulaFailed as error:
        detail = Detail("fields", error.code, str(error))
        raise InvalidSchema(details=[detail]) from None
    if preview.estimated_bytes > settings.MAX_RESULT_BYTES:
        mebibytes = settings.MAX_RESULT_BYTES // 1024**2
        raise ResultWouldBeTooLarge(
            f"The file would have about {preview.estimated_bytes // 1024**2:,} MiB;"
            f" {mebibytes:,} are possible."
        )
    return plan, preview


@transaction.atomic
def start_generation(
    *, document: Any, owner: User, now: datetime, parent: Job | None = None
) -> Accepted:
    """
    Accept a generation.

    :raises InvalidSchema: naming everything that is wrong
    :raises TooManyOpenJobs: if the owner has as many unfinished jobs as are possible
    """
    plan, preview = check_generation(document, now=now)
    check_open_jobs(owner)
    rows = plan.schema.rows
    name = plan.document.get("name") or plan.file_name
    job = start_job(
        type=JobType.GENERATION,
        owner=owner,
        title=f"{name}: {rows:,} rows as {plan.recipe.form}",
        params=plan.document,
        total=rows,
        parent=parent,
    )
    return Accepted(job, preview)


def check_open_jobs(owner: User) -> None:
    """
    Refuse another job of somebody who has many; call it in the transaction that starts the job.

    :raises TooManyOpenJobs: if so
    """
    wait_alone(f"open-jobs:{owner.pk}")  # two requests at once share one limit
    kinds = (JobType.GENERATION, JobType.EXPORT)
    if Job.objects.open().filter(owner=owner, type__in=kinds).count() >= settings.MAX_OPEN_JOBS:
        raise TooManyOpenJobs(retry_after=SECONDS_TO_WAIT)
