"""How queues, failures, workers and the timetable read on a console."""

from typing import Any

from django.utils import timezone

from apps.core.console import in_words
from apps.core.times import iso
from apps.jobs.failures import FailureGroup
from apps.jobs.queue_figures import QueueLine
from apps.jobs.timetable import Entry
from apps.jobs.workers import Bench


def queue_row(line: QueueLine) -> tuple[Any, ...]:
    """Return a queue as a line of the table."""
    pause = line.pause
    return (
        line.name,
        line.counts.get("queued", 0),
        line.counts.get("scheduled", 0),
        line.counts.get("running", 0),
        line.counts.get("paused", 0),
        "" if line.oldest_seconds is None else in_words(round(line.oldest_seconds)),
        line.ends.get("completed", 0) + line.ends.get("partial", 0),
        line.ends.get("failed", 0),
        f"{pause.actor}: {pause.reason or 'no reason given'}" if pause else "",
    )


def queue_as_json(line: QueueLine) -> dict[str, Any]:
    """Return a queue as `--json` prints it."""
    pause = line.pause
    return {
        "name": line.name,
        "open": line.counts,
        "ended24h": line.ends,
        "oldestWaitingSeconds": line.oldest_seconds,
        "averageSeconds": line.average_seconds,
        "pause": pause
        and {"at": iso(pause.paused_at), "reason": pause.reason, "actor": pause.actor},
    }


def failure_as_json(group: FailureGroup) -> dict[str, Any]:
    """Return a cause of failures as `--json` prints it."""
    return {
        "failure": group.fingerprint,
        "count": group.count,
        "type": group.latest.type,
        "code": group.latest.error_code,
        "message": group.message,
        "origin": group.origin or None,
        "firstAt": iso(group.first_at),
        "lastAt": iso(group.last_at),
        "latestJobId": group.latest.public_id,
    }


def worker_row(bench: Bench) -> tuple[Any, ...]:
    """Return a worker as a line of the table."""
    worker = bench.worker
    works_on = ", ".join(job.public_id for job in [*bench.jobs, *bench.helps])
    if worker is None:
        return (bench.name, bench.state, bench.busy, "", "", "", "", works_on)
    ago = round((timezone.now() - worker.seen_at).total_seconds())
    queues = ", ".join(worker.queues)
    state = (bench.name, bench.state, bench.busy, worker.processes, queues, worker.version)
    return (*state, f"{in_words(max(0, ago))} ago", works_on)


def worker_as_json(bench: Bench) -> dict[str, Any]:
    """Return a worker as `--json` prints it."""
    worker = bench.worker
    return {
        "name": bench.name,
        "state": bench.state,
        "busy": bench.busy,
        "host": worker and worker.host,
        "pid": worker and worker.pid,
        "version": worker and worker.version,
        "queues": worker.queues if worker else [],
        "processes": worker and worker.processes,
        "seenAt": iso(worker.seen_at) if worker else None,
        "jobs": [job.public_id for job in [*bench.jobs, *bench.helps]],
    }


def periodic_row(entry: Entry) -> tuple[Any, ...]:
    """Return a line of the timetable."""
    run = entry.run
    if run is None or entry.next_at is None:
        return (entry.name, entry.rhythm, "never", "", "", "")
    how = run.error or "well"
    how += ", late" if entry.is_late else ""
    return (
        entry.name,
        entry.rhythm,
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        run.took_ms,
        f"{entry.next_at:%H:%M:%S}",
        how,
    )


def periodic_as_json(entry: Entry) -> dict[str, Any]:
    """Return a line of the timetable as `--json` prints it."""
    run = entry.run
    return {
        "name": entry.name,
        "task": entry.task,
        "rhythm": entry.rhythm,
        "lastAt": iso(run.started_at) if run else None,
        "tookMs": run and run.took_ms,
        "error": run and run.error,
        "nextAt": iso(entry.next_at),
        "isLate": entry.is_late,
    }
