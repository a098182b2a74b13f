"""Workers and the timetable as their pages show them."""

from datetime import datetime
from typing import Any

from apps.accounts.models import Role, User
from apps.jobs.models import Job
from apps.jobs.pages import page_of
from apps.jobs.timetable import Entry, timetable
from apps.jobs.wording import chip, duration
from apps.jobs.workers import Bench, benches

TONES = {"busy": "active", "idle": "good", "leaving": "waiting", "lost": "bad"}


def worker_rows(now: datetime, user: User) -> list[dict[str, Any]]:
    """Return everybody who works; of other people's jobs only the kind is told."""
    return [
        {
            "bench": bench,
            "chip": chip(bench.state.title(), TONES[bench.state]),
            "heard": _heard(bench, now),
            "jobs": [
                *(_job(job, user, helps=False) for job in bench.jobs),
                *(_job(job, user, helps=True) for job in bench.helps),
            ],
        }
        for bench in benches(now)
    ]


def _heard(bench: Bench, now: datetime) -> str:
    if bench.worker is None:
        return ""
    return f"{duration((now - bench.worker.seen_at).total_seconds())} ago"


def _job(job: Job, user: User, *, helps: bool) -> dict[str, Any]:
    if user.may_act_as(Role.ADMIN) or job.owner_id == user.pk:
        return {"title": str(job), "url": page_of(job), "helps": helps}
    return {"title": f"somebody's {job.get_type_display().lower()}", "url": "", "helps": helps}


def timetable_rows(now: datetime) -> list[dict[str, Any]]:
    """Return what runs by itself."""
    return [
        {"entry": entry, "chip": _outcome(entry), "took": _took(entry)} for entry in timetable(now)
    ]


def _outcome(entry: Entry) -> Any:
    if entry.run is None:
        return chip("Not yet", "neutral")
    if entry.run.error:
        return chip("Failed", "bad")
    return chip("Late", "mixed") if entry.is_late else chip("Well", "good")


def _took(entry: Entry) -> str:
    if entry.run is None:
        return "-"
    ms = entry.run.took_ms
    return f"{ms:,.0f} ms" if ms < 1000 else duration(ms / 1000)
