"""What runs by itself, when it did last, how that went, and when it is due again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.jobs.models import PeriodicRun

# Beat looks every few seconds, and a worker may be busy: so late is late.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class Entry:
    """A line of the timetable."""

    name: str
    task: str
    every_seconds: float
    run: PeriodicRun | None
    is_late: bool

    @property
    def next_at(self) -> datetime | None:
        """Return when it is due again, if it has run before."""
        if self.run is None:
            return None
        return self.run.started_at + timedelta(seconds=self.every_seconds)


def timetable(now: datetime) -> list[Entry]:
    """Return all of it, in the order of the settings."""
    lines: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    runs = PeriodicRun.objects.in_bulk()
    return [
        _entry(name, line["task"], line["schedule"], runs.get(name), now)
        for name, line in lines.items()
    ]


def _entry(name: str, task: str, seconds: float, run: PeriodicRun | None, now: datetime) -> Entry:
    # One that has never run may be new, and due for the first time in a day.
    is_late = run is not None and now > run.started_at + timedelta(seconds=2 * seconds) + GRACE
    return Entry(name, task, seconds, run, is_late)
