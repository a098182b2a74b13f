from typing import Any

from django.db.models.functions import Now

from apps.jobs.fingerprints import fingerprint_of
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from apps.jobs.signals import job_failed
from apps.jobs.status import OPEN, JobStatus


def fail_job(job: Job, *, code: str, message: str, detail: Any = None) -> bool:
    """End the job without success; return False if somebody else ended it, or took it over."""
    origin = str((detail or {}).get("origin", "")) if isinstance(detail, dict) else ""
    ended = Job.objects.filter(pk=job.pk, fence=job.fence, status__in=OPEN).update(
        status=JobStatus.FAILED,
        error_code=code,
        error_message=message[:500],
        error_detail=detail,
        error_fingerprint=fingerprint_of(kind=job.type, code=code, message=message, origin=origin),
        finished_at=Now(),
        lease_until=None,
        next_attempt_at=None,
        paused_at=None,
        pause_reason="",
        rate_per_second=None,
    )
    if not ended:
        return False
    job.refresh_from_db()
    kind = "JOB_CANCELLED" if code == "cancelled" else "JOB_FAILED"
    record_event(job, kind, message, level="warn" if code == "cancelled" else "error", error=code)
    job_failed.send(sender=Job, job=job)
    return True
