"""What a person may do to a job right now, and doing it: the buttons of every job's page."""

from datetime import datetime
from typing import Any, NamedTuple

from apps.core.errors import Invalid
from apps.jobs.cloning import is_clonable
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.terminate_job import may_terminate, terminate_job
from apps.jobs.status import JobState, JobStatus

RETRYABLE = (JobState.FAILED, JobState.CANCELLED)


class Button(NamedTuple):
    """One thing that can be done to a job, in words."""

    action: str
    label: str
    icon: str
    # What to ask before it is done, where it cannot be undone.
    question: str = ""


PAUSE = Button("pause", "Pause", "pause")
RESUME = Button("resume", "Resume", "play_arrow")
RUN_NOW = Button("resume", "Run now", "play_arrow")
CANCEL = Button(
    "cancel", "Cancel", "cancel", "Cancel this job? What it has not done yet stays undone."
)
RETRY = Button("retry", "Retry", "replay")
CLONE = Button("clone", "Clone", "content_copy")
TERMINATE = Button(
    "terminate",
    "End now",
    "dangerous",
    "Its worker does not react. End the job without it? Whatever it still does is void.",
)


class UnknownAction(Invalid):
    """This cannot be done to a job."""


def buttons_for(job: Job, now: datetime) -> list[Button]:
    """Return what the job's state allows."""
    buttons = _buttons_of_state(job, now)
    return [*buttons, CLONE] if is_clonable(job) else buttons


def _buttons_of_state(job: Job, now: datetime) -> list[Button]:
    state = job.state
    if not job.is_open:
        return [RETRY] if state in RETRYABLE else []
    if state == JobState.CANCELLING:
        return [TERMINATE] if may_terminate(job, now) else []
    if state == JobState.PAUSED:
        return [RESUME, CANCEL]
    return [RUN_NOW, PAUSE, CANCEL] if state == JobState.SCHEDULED else [PAUSE, CANCEL]


def steer(
    *, job: Job, action: str, actor: str, now: datetime, params: dict[str, Any] | None = None
) -> str:
    """
    Do it; return what to tell the person.

    :raises UnknownAction: if there is no such action
    :raises DomainError: if the job's state does not allow it
    """
    match action:
        case "pause":
            pause_job(job=job, actor=actor, now=now)
            return "Paused. Calls in flight finish, nothing new is sent."
        case "resume":
            resume_job(job=job, actor=actor)
            return "Resumed."
        case "cancel":
            cancel_job(job=job, actor=actor, now=now)
            return _cancelled(job)
        case "retry":
            retry_job(job=job, actor=actor, params=params)
            return "Queued again."
        case "terminate":
            terminate_job(job=job, actor=actor, now=now)
            return "Ended. What its worker still writes is void."
    raise UnknownAction


def _cancelled(job: Job) -> str:
    job.refresh_from_db()
    if job.status == JobStatus.FAILED:
        return "Cancelled."
    return "Cancelling: calls in flight finish first."
