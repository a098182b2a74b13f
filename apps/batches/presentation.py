"""How a batch reads to clients: progress, counts and identifiers in the contract's words."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count

from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import UNSUCCESSFUL, BatchStatus, Category, RowState
from apps.core.ids import public_id
from apps.core.times import iso
from apps.jobs.status import JobStatus

# Nobody guesses the remaining time from fewer rows than these.
ROWS_BEFORE_ETA = 20


def epoch_ms(moment: datetime | None) -> int | None:
    """Return the moment as the original's clients expect it."""
    return None if moment is None else round(moment.timestamp() * 1000)


def progress_of(run: BatchRun, *, backlog: int = 0) -> dict[str, Any]:
    """
    Return the contract's progress object; it is an object from the first moment on.

    :param backlog: how many batches wait for a worker
    """
    return {
        "completed": run.done_rows,
        "total": run.total,
        "successCount": run.succeeded,
        "failureCount": run.failed + run.unknown,
        "userActionCount": run.needs_action,
        "pendingRetryCount": run.retrying,
        "percent": percent_of(run),
        "meta": _progress_meta(run, backlog),
    }


def percent_of(run: BatchRun) -> float:
    """Return how much is done, 0 to 100 with one decimal; 100 only when all is."""
    if not run.total:
        return 100.0 if run.job.status == JobStatus.COMPLETED else 0.0
    percent = round(100 * run.done_rows / run.total, 1)
    return min(percent, 99.9) if run.open_rows else percent


def seconds_left(run: BatchRun) -> int | None:
    """Return the remaining seconds at the rate of the last minute; None while nobody can know."""
    if not run.job.is_open:
        return 0
    if run.done_rows < ROWS_BEFORE_ETA or not run.job.rate_per_second:
        return None
    return round(run.open_rows / run.job.rate_per_second)


def _progress_meta(run: BatchRun, backlog: int) -> dict[str, Any]:
    limit = min(run.session.max_concurrent, settings.BATCH_MAX_CONCURRENCY)
    is_running = run.job.lease_until is not None
    return {
        "avgTimePerRecordMs": run.pulse.get("avgTimePerRecordMs"),
        "estTimeLeftSec": seconds_left(run),
        "currentConcurrency": run.pulse.get("concurrency", 0) if is_running else 0,
        "backlog": backlog,
        "minConcurrency": 1,
        "maxConcurrency": limit,
        "stabilityCounter": 0,
        "circuitBreakerTripped": False,
        "inRecoveryMode": False,
        "recoveryProgress": None,
        "predictedAdjustment": 0,
        "lastChanged": iso(run.job.started_at),
        "timestamp": epoch_ms(run.job.updated_at),
    }


def categories_of(run: BatchRun) -> dict[str, int]:
    """Return how many rows ended without success, by category: one query, none without need."""
    if not run.needs_action + run.failed + run.unknown:
        return {}
    ended = BatchRow.objects.filter(run=run, state__in=UNSUCCESSFUL, category__in=Category.values)
    counted = ended.order_by("category").values_list("category").annotate(rows=Count("pk"))
    return {str(category): rows for category, rows in counted}


def first_record_of(run: BatchRun) -> dict[str, Any]:
    """Return who the first record is about, under the names that the original's lists use."""
    return {name: run.first_record.get(name) for name in ("TransactionId", "MemberId", "PayerId")}


def pause_reason_of(run: BatchRun, status: str) -> str | None:
    """Return why the batch stands still: its own reason, or that of the whole queue."""
    if status != BatchStatus.PAUSED:
        return None
    return run.job.pause_reason if run.job.paused_at else "queue"


def response_id_of(row: BatchRow) -> str | None:
    """Return the identifier of the partner's answer to a row that succeeded."""
    if row.state != RowState.SUCCEEDED or not row.attempts:
        return None
    return f"{public_id('rsp', row.run_id)}:{row.seq}:{row.attempts}"


def error_id_of(row: BatchRow) -> str | None:
    """Return the identifier of a row's open complaint: there is at most one."""
    if row.state != RowState.NEEDS_ACTION:
        return None
    return f"{public_id('err', row.run_id)}:{row.seq}"
