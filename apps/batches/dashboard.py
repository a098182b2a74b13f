"""What staff see first: how much is under way, what waits for them, and what is slow."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.staff import staff_of
from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import FINAL_STATES
from apps.jobs.models import Job, QueueState
from apps.jobs.pages import page_of
from apps.jobs.status import JobState
from apps.jobs.wording import Progress, duration, progress_cell, state_chip

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHOWN = 8


class Figure(NamedTuple):
    """A number that leads to what it counts."""

    name: str
    label: str
    value: str
    note: str
    url: str
    is_alert: bool = False


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the dashboard to what the admin's first page shows."""
    user, now = staff_of(request), timezone.now()
    jobs, runs = Job.objects.visible_to(user), BatchRun.objects.visible_to(user)
    queue = QueueState.objects.filter(name=QueueState.SLICES, paused_at__isnull=False)
    return context | {
        "title": "Today",
        "figures": _figures(user, now),
        "open_jobs": [_line(job) for job in jobs.open().defer("params")[:SHOWN]],
        "to_correct": [_to_correct(run) for run in _unsettled(runs)[:SHOWN]],
        "queue_paused": queue.first(),
        "may_start": user.has_perm("batches.add_batchrun"),
    }


def _figures(user: User, now: datetime) -> list[Figure]:
    jobs, runs = Job.objects.visible_to(user), BatchRun.objects.visible_to(user)
    running = jobs.in_states([JobState.RUNNING]).count()
    waiting = runs.aggregate(rows=Sum("needs_action"))["rows"] or 0
    answered = _answered_since(runs, now - HOUR)
    failed = jobs.in_states([JobState.FAILED]).filter(finished_at__gte=now - DAY).count()
    return [
        Figure(
            "open",
            "Open jobs",
            f"{jobs.open().count():,}",
            f"{running:,} running",
            _list("jobs_job", state="open"),
        ),
        Figure(
            "needs-action",
            "Rows need action",
            f"{waiting:,}",
            "somebody has to correct them",
            _list("batches_batchrow", state="needsAction"),
            is_alert=waiting > 0,
        ),
        Figure(
            "throughput",
            "Rows last hour",
            f"{answered:,}",
            f"{answered / 60:,.1f} a minute",
            _list("batches_batchrow", updated="hour"),
        ),
        _oldest(jobs, now),
        Figure(
            "failed",
            "Failed today",
            f"{failed:,}",
            "jobs in 24 hours",
            _list("jobs_job", state="failed", finished="day"),
            is_alert=failed > 0,
        ),
    ]


def _answered_since(runs: QuerySet[BatchRun], moment: datetime) -> int:
    """Return how many rows were settled since; only batches that moved since are looked into."""
    moved = runs.filter(job__updated_at__gte=moment).order_by().values("pk")
    rows = BatchRow.objects.filter(run__in=moved, updated_at__gte=moment, state__in=FINAL_STATES)
    return rows.count()


def _oldest(jobs: QuerySet[Job], now: datetime) -> Figure:
    queued = Job.objects.filter(pk__in=jobs.values("pk")).in_states([JobState.QUEUED])
    oldest = queued.order_by("created_at").first()
    if oldest is None:
        note, value, url = "no job waits for a worker", "0 s", _list("jobs_job", state="queued")
    else:
        value, note = duration((now - oldest.created_at).total_seconds()), str(oldest)
        url = page_of(oldest)
    return Figure("oldest", "Oldest waiting", value, note, url)


def _unsettled(runs: QuerySet[BatchRun]) -> QuerySet[BatchRun]:
    found = runs.filter(needs_action__gt=0).select_related("job").defer("staged", "source")
    return found.order_by("-job_id")


def _line(job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "url": page_of(job),
        "chip": state_chip(job),
        "progress": progress_cell(Progress.of(job), str(job)),
    }


def _to_correct(run: BatchRun) -> dict[str, Any]:
    return {
        "run": run,
        "url": page_of(run.job),
        "needs_action_url": _list("batches_batchrow", batch=run.pk, state="needsAction"),
        "failed_url": _list("batches_batchrow", batch=run.pk, state="failed"),
    }


def _list(model: str, **filters: object) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
