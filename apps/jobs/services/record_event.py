from typing import Any

from apps.jobs.models import Job, JobEvent


def record_event(
    job: Job, kind: str, message: str = "", *, level: str = "info", actor: str = "", **data: Any
) -> JobEvent:
    """Add a line to the job's timeline."""
    return JobEvent.objects.create(
        job=job, kind=kind, message=message[:500], level=level, actor=actor, data=data
    )
