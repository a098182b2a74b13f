"""Everything that is known of one job, as JSON that can be kept or sent to somebody."""

from typing import Any

from apps.core.redaction import redacted
from apps.core.times import iso
from apps.jobs.models import Job, JobEvent

# Nobody reads more; a job that never ends must not fill the memory.
MOST_EVENTS = 20_000
MOMENTS = (
    "created_at",
    "started_at",
    "finished_at",
    "updated_at",
    "heartbeat_at",
    "last_slice_at",
    "next_attempt_at",
    "paused_at",
    "cancel_requested_at",
    "result_expires_at",
    "archived_at",
)


def history_of(job: Job) -> dict[str, Any]:
    """Return the job, what was asked of it (without secrets), and what it went through."""
    return {
        "jobId": str(job.pk),
        "publicId": job.public_id,
        "type": job.type,
        "title": job.title,
        "status": job.status,
        "state": str(job.state),
        "owner": job.owner.get_username() if job.owner else None,
        "parentId": str(job.parent_id) if job.parent_id else None,
        "priority": job.priority,
        "queue": job.queue,
        "lane": job.lane or None,
        "requestId": job.request_id or None,
        "worker": job.worker_id or None,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "crashes": job.crashes,
        "progress": {"done": job.progress_done, "total": job.progress_total},
        "times": {_camel(name): iso(getattr(job, name)) for name in MOMENTS},
        "error": _error(job),
        "result": job.result_meta,
        "params": redacted(job.params),
        "events": [_line(event) for event in job.events.order_by("id")[:MOST_EVENTS]],
    }


def _error(job: Job) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    return {
        "code": job.error_code,
        "message": job.error_message,
        "fingerprint": job.error_fingerprint,
        "detail": redacted(job.error_detail),
    }


def _line(event: JobEvent) -> dict[str, Any]:
    return {
        "at": iso(event.at),
        "kind": event.kind,
        "level": event.level,
        "message": event.message,
        "actor": event.actor or None,
        "data": redacted(event.data),
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
