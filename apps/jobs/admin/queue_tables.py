"""The overview of the queues as its page shows it: figures, the table, what to worry about."""

from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse

from apps.jobs.admin.hours_chart import LEGEND, hours_chart, table_of
from apps.jobs.admin.job_links import jobs_url
from apps.jobs.models import QueueAction
from apps.jobs.queue_figures import OPEN_STATES, QueueLine, Standing, standing_of_queues
from apps.jobs.status import JobState
from apps.jobs.wording import duration
from apps.jobs.workers import Bench, benches

SHOWN_ACTIONS = 8
# A job that waits for longer than this deserves a look, and so do messages nobody sends.
LONG_WAIT_SECONDS = 120
LATE_SECONDS = 10
STATE_LABELS = {
    state: "Waiting" if state == JobState.QUEUED else state.label for state in OPEN_STATES
}


class Figure(NamedTuple):
    """A number that leads to what it counts."""

    name: str
    label: str
    value: str
    note: str
    url: str
    is_alert: bool = False


class Concern(NamedTuple):
    """Something that somebody should do something about."""

    text: str
    link: str
    url: str


def overview(now: datetime) -> dict[str, Any]:
    """Return what the page shows."""
    standing, workers = standing_of_queues(now), benches(now)
    lines = [*standing.lines, standing.total]
    return {
        "figures": _figures(standing, workers),
        "warnings": _warnings(standing, workers),
        "state_labels": STATE_LABELS.values(),
        "rows": [_row(line, is_last=line is lines[-2]) for line in lines],
        "legend": LEGEND,
        "chart": hours_chart(standing.hours),
        "hours": table_of(standing.hours),
        "actions": QueueAction.objects.all()[:SHOWN_ACTIONS],
    }


def _figures(standing: Standing, workers: list[Bench]) -> list[Figure]:
    total = standing.total
    oldest = total.oldest_seconds
    waited = "nobody waits" if oldest is None else f"the oldest for {duration(oldest)}"
    living = [bench for bench in workers if bench.state != "lost"]
    processes = sum(bench.worker.processes for bench in living if bench.worker)
    busy = sum(bench.busy for bench in living)
    later = total.counts[JobState.SCHEDULED]
    ended, failed = sum(total.ends.values()), total.ends["failed"]
    return [
        Figure("waiting", "Waiting", f"{total.counts[JobState.QUEUED]:,}", waited,
               jobs_url(state="queued"), is_alert=(oldest or 0) > LONG_WAIT_SECONDS),
        Figure("running", "Running", f"{total.counts[JobState.RUNNING]:,}",
               f"{busy} of {processes} processes busy", jobs_url(state="running")),
        Figure("scheduled", "Scheduled", f"{later:,}", "for later, or to be tried again",
               jobs_url(state="scheduled")),
        Figure("paused", "Paused", f"{total.counts[JobState.PAUSED]:,}", "jobs, by themselves",
               jobs_url(state="paused")),
        Figure("failed", "Failed", f"{failed:,}", f"of {ended:,} that ended in 24 h",
               _page("failures"), is_alert=failed > 0),
        Figure("workers", "Workers", f"{len(living):,}", f"{processes:,} processes",
               _page("workers"), is_alert=not living),
    ]  # fmt: skip


def _warnings(standing: Standing, workers: list[Bench]) -> list[Concern]:
    found = []
    if standing.pause:
        why = f": {standing.pause.reason}" if standing.pause.reason else ""
        who = standing.pause.actor
        found.append(
            Concern(f"All queues are paused by {who}{why}. Nobody works.", "Queues", "#queues")
        )
    if lost := [bench.name for bench in workers if bench.state == "lost"]:
        text = f"Not heard of any more: {', '.join(lost)}."
        found.append(Concern(text, "Workers", _page("workers")))
    outbox = reverse("admin:core_outboxmessage_changelist")
    if standing.unsent and (standing.unsent_seconds or 0) > LATE_SECONDS:
        age = duration(standing.unsent_seconds or 0)
        text = f"{standing.unsent:,} messages have waited for the relay for up to {age}."
        found.append(Concern(text, "Outbox", outbox))
    if standing.set_aside:
        text = f"{standing.set_aside:,} messages failed too often and were set aside."
        found.append(Concern(text, "Outbox", f"{outbox}?state=aside"))
    return found


def _row(line: QueueLine, *, is_last: bool) -> dict[str, Any]:
    is_total = line.name == "all"
    kind = {} if is_total else {"type__exact": line.name}
    done = line.ends["completed"] + line.ends["partial"]
    return {
        "line": line,
        "is_total": is_total,
        "is_last": is_last,
        "cells": [
            {"label": label, "count": line.counts[state], "url": jobs_url(state=state, **kind)}
            for state, label in STATE_LABELS.items()
        ],
        "oldest": None if line.oldest_seconds is None else duration(line.oldest_seconds),
        "ends": [
            {"label": "Done, 24 h", "count": done,
             "url": jobs_url(state="succeeded", finished="day", **kind)},
            {"label": "Failed, 24 h", "count": line.ends["failed"],
             "url": jobs_url(state="failed", finished="day", **kind)},
        ],
        "average": None if line.average_seconds is None else duration(line.average_seconds),
    }  # fmt: skip


def _page(name: str) -> str:
    return reverse(f"admin:jobs_queuestate_{name}")
