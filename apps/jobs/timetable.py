"""What runs by itself, when it did last, how that went, and when it is due again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings

from apps.jobs.models import PeriodicRun
from apps.jobs.wording import duration

# Beat looks every few seconds, and a worker may be busy: so late is late.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Entry:
    """A line of the timetable."""

    name: str
    task: str
    schedule: crontab | float
    run: PeriodicRun | None
    now: datetime

    @property
    def rhythm(self) -> str:
        """Return when it runs, in words or as cron writes it."""
        if not isinstance(self.schedule, crontab):
            return f"every {duration(self.schedule)}"
        written = repr(self.schedule).removeprefix("<crontab: ").partition(" (")[0]
        return f"cron {written}"

    @property
    def next_at(self) -> datetime | None:
        """Return when it is due again, if it has run before."""
        if self.run is None:
            return None
        if isinstance(self.schedule, crontab):
            since, distance, _ = self.schedule.remaining_delta(self.run.started_at)
            due: datetime = since + distance
            return due
        return self.run.started_at + timedelta(seconds=self.schedule)

    @property
    def is_late(self) -> bool:
        """Return whether it should have run; one that has never run may be new."""
        return self.next_at is not None and self.now > self.next_at + GRACE


def timetable(now: datetime) -> list[Entry]:
    """Return all of it, in the order of the settings."""
    lines: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    runs = PeriodicRun.objects.in_bulk()
    return [
        Entry(name, line["task"], line["schedule"], runs.get(name), now)
        for name, line in lines.items()
    ]
