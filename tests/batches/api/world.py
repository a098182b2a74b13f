"""Batches in every state, as the engine would have left them."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import orjson
from django.utils import timezone

from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow, BatchRun, BatchSession
from apps.batches.status import Category, Outcome, RowState
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from apps.jobs.status import JobStatus
from tests.factories.batches import BatchRunFactory

CATEGORY_OF = {
    RowState.NEEDS_ACTION: (422, Category.USER_ACTION),
    RowState.FAILED: (500, Category.SYSTEM),
    RowState.UNKNOWN: (None, Category.NETWORK),
}
SENT = (RowState.SUCCEEDED, *CATEGORY_OF)


def batch(session: BatchSession, *states: str, records=None, **columns) -> BatchRun:
    """Return a batch of the session with a row in each of the states."""
    run = BatchRunFactory(session=session, total=len(states), is_expanded=False, **columns)
    record_event(run.job, "START", "Job accepted", actor=session.owner.username)
    rows = [
        row_of(run, seq, state, (records or {}).get(seq)) for seq, state in enumerate(states, 1)
    ]
    BatchRow.objects.bulk_create(rows)
    sent = [row for row in rows if row.state in SENT]
    BatchAttempt.objects.bulk_create(attempt_of(row) for row in sent)
    BatchAnswer.objects.bulk_create(answer_of(row) for row in sent)
    BatchRun.objects.filter(pk=run.pk).update(is_expanded=True)
    return BatchRun.objects.select_related("job", "session").get(pk=run.pk)


def row_of(run, seq, state, record=None):
    record = record or {"requestId": f"RX-{seq}", "memberId": f"M-{seq % 3}", "days": seq}
    payload = orjson.dumps(record)
    status_code, category = CATEGORY_OF.get(state, (None, None))
    if state == RowState.SUCCEEDED:
        status_code = 201
    retry_at = timezone.now() + timedelta(seconds=30) if state == RowState.RETRYING else None
    return BatchRow(
        run=run,
        seq=seq,
        row=seq + 1,
        key=str(record.get("requestId", "")),
        member=str(record.get("memberId", "")),
        payload=payload.decode(),
        fingerprint=sha256(payload).digest(),
        state=state,
        attempts=1 if state in SENT else 0,
        status_code=status_code,
        category=category,
        message="days must be positive" if category else None,
        next_attempt_at=retry_at,
        duration_ms=118 if status_code else None,
    )


def attempt_of(row, number=1):
    return BatchAttempt(
        run=row.run,
        seq=row.seq,
        number=number,
        idempotency_key=f"{row.run_id}:{row.seq}",
        fingerprint=row.fingerprint,
        fence=1,
    )


def answer_of(row, number=1):
    return BatchAnswer(
        run=row.run,
        seq=row.seq,
        number=number,
        status_code=row.status_code,
        category=row.category,
        message=row.message,
        duration_ms=row.duration_ms,
        headers={"content-type": "application/json", "set-cookie": "sid=partner-cookie"},
        body='{"accepted":true,"ref":"A-9012"}',
    )


def started(run: BatchRun, **columns) -> BatchRun:
    now = datetime.now(UTC)
    columns = {"lease_until": now + timedelta(seconds=30), **columns}
    Job.objects.filter(pk=run.pk).update(
        status=JobStatus.IN_PROGRESS, started_at=now, attempts=1, **columns
    )
    return fresh(run)


def finished(run: BatchRun, outcome: str = Outcome.PARTIAL, **columns) -> BatchRun:
    started(run, lease_until=None)
    Job.objects.filter(pk=run.pk).update(
        status=JobStatus.COMPLETED, finished_at=datetime.now(UTC), partial=True, **columns
    )
    BatchRun.objects.filter(pk=run.pk).update(outcome=outcome)
    return fresh(run)


def failed(run: BatchRun, code: str = "invalid_source") -> BatchRun:
    started(run, lease_until=None)
    Job.objects.filter(pk=run.pk).update(
        status=JobStatus.FAILED,
        finished_at=datetime.now(UTC),
        error_code=code,
        error_message="Sheet 'March' not found",
    )
    return fresh(run)


def paused(run: BatchRun, reason: str = "user") -> BatchRun:
    Job.objects.filter(pk=run.pk).update(paused_at=datetime.now(UTC), pause_reason=reason)
    return fresh(run)


def delayed(run: BatchRun) -> BatchRun:
    Job.objects.filter(pk=run.pk).update(next_attempt_at=datetime.now(UTC) + timedelta(hours=1))
    return fresh(run)


def fresh(run: BatchRun) -> BatchRun:
    return BatchRun.objects.select_related("job", "session").get(pk=run.pk)
