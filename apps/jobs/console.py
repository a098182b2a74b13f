"""How a job reads on a console."""

from collections.abc import Callable
from typing import Any

from apps.core.console import Exit, Standing
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.core.times import iso
from apps.jobs.models import Job
from apps.jobs.status import JobState

# Somebody asked for these, and will ask for the contrary; all others need a cure first.
ASKED_FOR = ("", "user", "queue")


class JobNotFound(Missing):
    """There is no such job; `manage.py jobs list` shows those that there are."""


def find_job(text: str) -> Job:
    """
    Return the job of this identifier: `job_…`, or the UUID that other lists show.

    :raises JobNotFound: if there is none
    """
    try:
        return Job.objects.select_related("owner").get(pk=from_public_id("job", text))
    except (Missing, Job.DoesNotExist):
        raise JobNotFound from None


def job_as_json(job: Job) -> dict[str, Any]:
    """Return the job as `--json` prints it."""
    return {
        "jobId": job.public_id,
        "type": job.type,
        "title": job.title,
        "state": str(job.state),
        "owner": job.owner.get_username() if job.owner else None,
        "priority": job.priority,
        "progress": {
            "done": job.progress_done,
            "total": job.progress_total,
            "percent": job.percent,
            "note": job.progress_note,
        },
        "ratePerSecond": job.rate_per_second,
        "etaSeconds": job.eta_seconds,
        "pauseReason": job.pause_reason or None,
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        "createdAt": iso(job.created_at),
        "startedAt": iso(job.started_at),
        "finishedAt": iso(job.finished_at),
    }


def standing_of(job: Job) -> Standing:
    """Return how the job stands."""
    reason = job.pause_reason if job.state == JobState.PAUSED else ""
    return Standing(
        state=str(job.state),
        done=job.progress_done,
        total=job.progress_total,
        rate=job.rate_per_second,
        seconds_left=job.eta_seconds,
        note=job.error_message or job.progress_note,
        is_over=not job.is_open,
        halted="" if reason in ASKED_FOR else f"paused: {reason}",
    )


def looking_at(job: Job) -> Callable[[], Standing]:
    """Return a function that looks at the job anew."""

    def look() -> Standing:
        job.refresh_from_db()
        return standing_of(job)

    return look


def exit_of(job: Job) -> Exit:
    """Return what the job's end means to a script."""
    if job.state == JobState.COMPLETED:
        return Exit.OK
    return Exit.UNSUCCESSFUL_ROWS if job.state == JobState.PARTIAL else Exit.JOB_FAILED
