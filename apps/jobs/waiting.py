"""Why a job waits, in sentences: every reason that holds right now, the strongest first."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format

from apps.core.models import OutboxMessage
from apps.jobs.models import Job, QueueState
from apps.jobs.status import JobState, JobStatus
from apps.jobs.workers import live_workers

UNSENT_AFTER = timedelta(seconds=5)
# Between two slices a job is in nobody's hands, for a moment.
BETWEEN_SLICES = timedelta(seconds=3)
ON_REQUEST = ("", "user")


class Reason(NamedTuple):
    """One thing that keeps a job from going on; `code` is for programs."""

    code: str
    sentence: str


def why_waiting(job: Job, now: datetime) -> list[Reason]:
    """Return why the job is not being worked on; nothing for one that is, or that is finished."""
    if not job.is_open or _is_worked_on(job, now):
        return []
    if job.lease_until is not None:
        return [_lost(job)]
    if job.state == JobState.CANCELLING:
        return [Reason("cancelling", "It is about to be cancelled.")]
    if job.paused_at is not None:
        return [*_paused(job), *_queue_pauses(job)]
    reasons = _queue_pauses(job)
    if job.next_attempt_at is not None and job.next_attempt_at > now:
        return [*reasons, _scheduled(job)]
    return reasons or _in_line(job, now)


def _is_worked_on(job: Job, now: datetime) -> bool:
    if job.lease_until is not None:
        return job.lease_until >= now
    return job.status == JobStatus.IN_PROGRESS and now - job.updated_at < BETWEEN_SLICES


def _lost(job: Job) -> Reason:
    return Reason(
        "worker_lost",
        f"Its worker {job.worker_id or ''} has fallen silent; another one takes it within seconds.",
    )


def _paused(job: Job) -> list[Reason]:
    last = job.events.filter(kind="JOB_PAUSED").order_by("-id").first()
    who = f" by {last.actor}" if last and last.actor else ""
    why = "" if job.pause_reason in ON_REQUEST else f": {job.pause_reason.replace('_', ' ')}"
    return [Reason("paused", f"It was paused{who} at {_clock(job.paused_at)}{why}.")]


def _queue_pauses(job: Job) -> list[Reason]:
    names = (QueueState.SLICES, job.type)
    return [
        Reason("queue_paused", _pause_in_words(state, job))
        for state in QueueState.objects.filter(name__in=names, paused_at__isnull=False)
    ]


def _pause_in_words(state: QueueState, job: Job) -> str:
    what = "All queues were" if state.name == QueueState.SLICES else f"The {job.type} queue was"
    why = f": {state.reason.rstrip('.')}" if state.reason else ""
    return f"{what} paused by {state.actor} at {_clock(state.paused_at)}{why}."


def _scheduled(job: Job) -> Reason:
    detail = job.error_detail if isinstance(job.error_detail, dict) else {}
    if failures := detail.get("failures"):
        tries = f"attempt {failures} of {job.max_attempts} failed"
        return Reason("retry_due", f"It is tried again at {_clock(job.next_attempt_at)}: {tries}.")
    # Whoever works on it has asked for the pause, such as a partner that wants fewer calls.
    return Reason("scheduled", f"It goes on at {_clock(job.next_attempt_at)}, as was agreed.")


def _in_line(job: Job, now: datetime) -> list[Reason]:
    if job.lane and (holder := _holder_of_lane(job)):
        return [
            Reason(
                "lane_busy",
                f"{holder.title or holder.public_id} of the same session runs;"
                " they take turns, so that the partner's limits hold.",
            )
        ]
    workers = live_workers(now)
    if not any(job.queue in worker.queues for worker in workers):
        return [Reason("no_worker", f"No worker that serves “{job.queue}” has been heard of.")]
    if _is_unsent(job):
        return [Reason("not_sent", "Its message has not reached the broker: look at the relay.")]
    return [_behind(job, sum(worker.processes for worker in workers if job.queue in worker.queues))]


def _holder_of_lane(job: Job) -> Job | None:
    same = Job.objects.open().filter(lane=job.lane, lease_until__gte=Now()).exclude(pk=job.pk)
    return same.only("title").first()


def _is_unsent(job: Job) -> bool:
    return OutboxMessage.objects.filter(
        task="jobs.run_slice",
        kwargs__job_id=str(job.pk),
        published_at=None,
        claimed_at=None,
        failed_at=None,
        due_at__lt=Now() - UNSENT_AFTER,
    ).exists()


def _behind(job: Job, processes: int) -> Reason:
    ahead = Q(priority__gt=job.priority) | Q(priority=job.priority, created_at__lt=job.created_at)
    before = Job.objects.in_states([JobState.QUEUED]).filter(ahead).exclude(pk=job.pk).count()
    busy = Job.objects.open().filter(lease_until__gte=Now()).count()
    if not before and busy < processes:
        return Reason("starting", "It is about to start.")
    jobs = "1 job is" if before == 1 else f"{before:,} jobs are"
    return Reason("behind", f"{jobs} before it, and {busy} of {processes} processes are busy.")


def _clock(moment: datetime | None) -> str:
    """Return the moment as people write it; the admin's times are UTC."""
    return date_format(timezone.localtime(moment), "H:i:s, j M") if moment else "an unknown time"
