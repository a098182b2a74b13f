from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.ids import new_id
from apps.core.outbox import enqueue
from apps.core.request_id import current_request_id
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event


@transaction.atomic
def start_job(
    *,
    type: str,  # noqa: A002 - the column's documented name
    owner: User,
    title: str = "",
    params: dict[str, Any] | None = None,
    priority: int = 5,
    lane: str = "",
    total: int | None = None,
    parent: Job | None = None,
) -> Job:
    """Accept a job: its row, its first event and its wake-up commit together."""
    job = Job.objects.create(
        id=new_id(),
        type=type,
        title=title[:200],
        owner=owner,
        params=params or {},
        priority=priority,
        lane=lane,
        progress_total=total,
        parent=parent,
        request_id=current_request_id() or "",
    )
    record_event(job, "START", "Job accepted", actor=owner.get_username(), totalRecords=total)
    enqueue("jobs.run_slice", job_id=str(job.pk))
    return job
