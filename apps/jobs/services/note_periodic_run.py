from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F

from apps.jobs.models import PeriodicRun


def note_periodic_run(
    *,
    task: str,
    kwargs: dict[str, Any],
    began_at: datetime,
    now: datetime,
    worker: str,
    error: str,
) -> None:
    """Note how a task of the timetable went; one that is not in it any more is none of ours."""
    name = _name_of(task, kwargs)
    if name is None:
        return
    run = {
        "started_at": began_at,
        "took_ms": round((now - began_at).total_seconds() * 1000, 1),
        "error": error[:500],
        "worker": worker[:255],
    }
    again = F("failed_in_a_row") + 1 if error else 0
    PeriodicRun.objects.update_or_create(
        name=name,
        defaults={**run, "failed_in_a_row": again},
        create_defaults={**run, "failed_in_a_row": 1 if error else 0},
    )


def _name_of(task: str, kwargs: dict[str, Any]) -> str | None:
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        if entry["task"] == task and entry.get("kwargs", {}) == kwargs:
            return str(name)
    return None
