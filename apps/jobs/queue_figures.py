"""How the queues stand: what waits, for how long, what was done, and what stands still and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Min, Q
from django.db.models.functions import TruncHour

from apps.core.models import OutboxMessage
from apps.jobs.handlers import known_kinds
from apps.jobs.models import Job, QueueState
from apps.jobs.querysets import in_state
from apps.jobs.status import OPEN, JobState, JobStatus, JobType

HOURS = 24
OPEN_STATES = (
    JobState.QUEUED,
    JobState.SCHEDULED,
    JobState.RUNNING,
    JobState.PAUSED,
    JobState.CANCELLING,
)
ENDS = ("completed", "partial", "failed", "cancelled")


@dataclass
class QueueLine:
    """One queue: the jobs of one kind."""

    name: str
    label: str
    counts: dict[str, int] = field(default_factory=lambda: _summed(OPEN_STATES, []))
    ends: dict[str, int] = field(default_factory=lambda: _summed(ENDS, []))
    oldest_seconds: float | None = None
    average_seconds: float | None = None
    pause: QueueState | None = None

    @property
    def open(self) -> int:
        """Return how many jobs are not finished."""
        return sum(self.counts.values())


@dataclass
class Hour:
    """What ended within an hour."""

    begin: datetime
    ends: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many jobs ended."""
        return sum(self.ends.values())


@dataclass
class Standing:
    """All queues at one glance."""

    lines: list[QueueLine]
    hours: list[Hour]
    pause: QueueState | None
    unsent: int
    unsent_seconds: float | None
    set_aside: int

    @property
    def total(self) -> QueueLine:
        """Return all queues together."""
        ended = [(each.average_seconds or 0, sum(each.ends.values())) for each in self.lines]
        ages = [each.oldest_seconds for each in self.lines if each.oldest_seconds is not None]
        return QueueLine(
            "all",
            "All queues",
            counts=_summed(OPEN_STATES, (each.counts for each in self.lines)),
            ends=_summed(ENDS, (each.ends for each in self.lines)),
            oldest_seconds=max(ages, default=None),
            average_seconds=_weighed(ended),
            pause=self.pause,
        )

    def line(self, name: str) -> QueueLine:
        """Return one queue, `all` being all of them; one that nobody has used is empty."""
        if name == self.total.name:
            return self.total
        found = (line for line in self.lines if line.name == name)
        return next(found, None) or QueueLine(name, str(JobType(name).label))


def standing_of_queues(now: datetime) -> Standing:
    """Return how everything stands, with what ended within a day."""
    pauses = {each.name: each for each in QueueState.objects.filter(paused_at__isnull=False)}
    waiting, ended = _open_jobs(), _ended_jobs(now)
    kinds = known_kinds() | pauses.keys() | waiting.keys() | {kind for _, kind in ended}
    lines = [
        _line(JobType(kind), waiting.get(kind), ended, pauses, now)
        for kind in JobType.values
        if kind in kinds
    ]
    unsent, oldest, aside = _messages(now)
    return Standing(
        lines=lines,
        hours=_hours(ended, now),
        pause=pauses.get(QueueState.SLICES),
        unsent=unsent,
        unsent_seconds=None if oldest is None else (now - oldest).total_seconds(),
        set_aside=aside,
    )


def _open_jobs() -> dict[str, dict[str, Any]]:
    counts: dict[str, Any] = {
        state.value: Count("pk", filter=in_state(state)) for state in OPEN_STATES
    }
    # Nothing is written to a job that waits: its last change is when it began to.
    oldest = Min("updated_at", filter=in_state(JobState.QUEUED))
    jobs = Job.objects.open().filter(archived_at=None).order_by()
    rows = jobs.values("type").annotate(oldest=oldest, **counts)
    return {row["type"]: dict(row) for row in rows}


def _ended_jobs(now: datetime) -> dict[tuple[datetime, str], dict[str, Any]]:
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    cancelled = Q(status=JobStatus.FAILED, error_code="cancelled")
    jobs = Job.objects.exclude(status__in=OPEN).filter(finished_at__gte=since).order_by()
    rows = jobs.values("type", hour=TruncHour("finished_at")).annotate(
        completed=Count("pk", filter=Q(status=JobStatus.COMPLETED, partial=False)),
        partial=Count("pk", filter=Q(status=JobStatus.COMPLETED, partial=True)),
        cancelled=Count("pk", filter=cancelled),
        failed=Count("pk", filter=Q(status=JobStatus.FAILED) & ~cancelled),
        took=Avg(F("finished_at") - F("started_at")),
    )
    return {(row["hour"], row["type"]): dict(row) for row in rows}


def _line(
    kind: JobType,
    waiting: dict[str, Any] | None,
    ended: dict[tuple[datetime, str], dict[str, Any]],
    pauses: dict[str, QueueState],
    now: datetime,
) -> QueueLine:
    hours = [row for (_, each), row in ended.items() if each == kind]
    counts = waiting or {}
    oldest = counts.get("oldest")
    return QueueLine(
        kind.value,
        str(kind.label),
        counts={state.value: counts.get(state, 0) for state in OPEN_STATES},
        ends=_summed(ENDS, hours),
        oldest_seconds=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        average_seconds=_average(hours),
        pause=pauses.get(kind),
    )


def _hours(ended: dict[tuple[datetime, str], dict[str, Any]], now: datetime) -> list[Hour]:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    begins = [this_hour - timedelta(hours=back) for back in reversed(range(HOURS))]
    return [
        Hour(begin, _summed(ENDS, (row for (hour, _), row in ended.items() if hour == begin)))
        for begin in begins
    ]


def _average(hours: list[dict[str, Any]]) -> float | None:
    took = [(row["took"], sum(_summed(ENDS, [row]).values())) for row in hours if row["took"]]
    return _weighed([(span.total_seconds(), count) for span, count in took])


def _weighed(parts: list[tuple[float, int]]) -> float | None:
    number = sum(count for _, count in parts)
    return sum(value * count for value, count in parts) / number if number else None


def _summed(names: Iterable[str], parts: Iterable[dict[str, Any]]) -> dict[str, int]:
    parts = list(parts)
    return {str(name): sum(part[name] for part in parts) for name in names}


def _messages(now: datetime) -> tuple[int, datetime | None, int]:
    """Return how many due messages no relay has sent, since when, and how many were set aside."""
    due = Q(failed_at=None, published_at=None, claimed_at=None, due_at__lte=now)
    row = OutboxMessage.objects.aggregate(
        unsent=Count("pk", filter=due),
        oldest=Min("due_at", filter=due),
        aside=Count("pk", filter=Q(failed_at__isnull=False)),
    )
    return row["unsent"], row["oldest"], row["aside"]
