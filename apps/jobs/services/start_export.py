from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.jobs.exports.plan import ExportPlan
from apps.jobs.models import Job
from apps.jobs.services.prepare_export import check_sheet, expected_rows, prepare_export
from apps.jobs.services.start_generation import check_open_jobs
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType


@transaction.atomic
def start_export(
    *,
    document: Any,
    owner: User,
    now: datetime,
    scopes: frozenset[str] = frozenset(),
    parent: Job | None = None,
) -> Job:
    """
    Accept an export.

    :param scopes: to what the caller's key is confined; nothing for one that is not
    :raises InvalidExport: naming everything that is wrong
    :raises DomainError: if the source cannot be read, see `find_export_source`
    :raises TooManyOpenJobs: if the owner has as many unfinished jobs as are possible
    """
    plan = prepare_export(document, user=owner, now=now, scopes=scopes)
    expected = expected_rows(plan)
    check_sheet(plan, expected)
    check_open_jobs(owner)
    return start_job(
        type=JobType.EXPORT,
        owner=owner,
        title=_title(plan),
        params=plan.document,
        total=expected,
        parent=parent,
    )


def _title(plan: ExportPlan) -> str:
    chosen = " (filtered)" if plan.is_filtered else ""
    return f"{plan.source.title}{chosen} as {plan.wanted.form}"
