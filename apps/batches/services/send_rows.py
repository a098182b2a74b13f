from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.batches.engine import ledger
from apps.batches.engine.conduct import Conductor, Stop
from apps.batches.engine.ledger import Standing
from apps.batches.models import BatchRun, BatchSession
from apps.batches.services.expand_run import expand_run
from apps.batches.status import Outcome
from apps.core.egress import EgressDenied
from apps.jobs.services.record_event import record_event
from apps.jobs.services.work_slice import Slice


def send_rows(work: Slice) -> None:
    """
    Carry a batch on for one slice: expand it, send what is due, and say how it stands.

    :raises LostLease: if another worker took over
    """
    run = BatchRun.objects.select_related("session", "job").get(pk=work.job.pk)
    if run.is_expanded:
        _recover(work, run)
    elif not expand_run(work, run):
        work.again()
        return
    now, session = timezone.now(), run.session
    if not run.open_rows:
        _finish(work, run)
        return
    if session.is_expired(now):
        work.pause("session_expired", "The session has expired; renew it to go on.")
        return
    if session.not_before and _is_held(session):
        work.wait_until(session.not_before)
        return
    try:
        conductor = Conductor(work, run, session)
    except EgressDenied as error:
        work.pause("egress_denied", str(error))
        return
    _go_on(work, run, conductor.conduct())


def _recover(work: Slice, run: BatchRun) -> None:
    """Settle what a dead predecessor left in flight."""
    session = run.session
    may_repeat = bool(session.idempotency_header) and session.retry_ambiguous
    with transaction.atomic():
        work.guard()
        if ledger.recover(run, may_repeat=may_repeat):
            run.refresh_from_db()


def _is_held(session: BatchSession) -> bool:
    """Return whether a Retry-After still holds, by the clock that it was written by."""
    return BatchSession.objects.filter(pk=session.pk, not_before__gt=Now()).exists()


def _go_on(work: Slice, run: BatchRun, stop: Stop | None) -> None:
    run.refresh_from_db()
    if not run.open_rows:
        _finish(work, run)
        return
    standing = ledger.standing(run)
    with transaction.atomic():
        work.guard()  # a late worker must not hide rows that were reopened meanwhile
        # An open row that is nowhere behind the cursor: look from the start.
        cursor = standing.first_open - 1 if standing.first_open else 0
        BatchRun.objects.filter(pk=run.pk).update(cursor=cursor)
    work.report(done=run.done_rows, total=run.total, rate=work.job.rate_per_second, force=True)
    if stop and stop.pause:
        work.pause(stop.pause, stop.message)
    else:
        _continue_when_due(work, run, standing)


def _continue_when_due(work: Slice, run: BatchRun, standing: Standing) -> None:
    moments = [standing.not_before]
    if run.retrying == run.open_rows:
        moments.append(standing.next_due)
    later = max((each for each in moments if each and each > standing.now), default=None)
    if later is not None:
        work.wait_until(later)
    else:
        work.again()


@transaction.atomic
def _finish(work: Slice, run: BatchRun) -> None:
    outcome = outcome_of(run)
    BatchRun.objects.filter(pk=run.pk).update(outcome=outcome, pulse={**run.pulse, "inFlight": 0})
    work.finish(partial=outcome != Outcome.ALL_SUCCEEDED, progress_done=run.total)
    record_event(
        work.job,
        "JOB_COMPLETED",
        "Every row has its final state",
        outcome=outcome,
        totalRecords=run.total,
        successCount=run.succeeded,
        failureCount=run.failed + run.unknown,
        userActionRequiredCount=run.needs_action,
        durationSec=_seconds(work.job.started_at, work.job.finished_at),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None


def outcome_of(run: BatchRun) -> Outcome:
    """Return how the batch ended; skipped rows are nobody's failure."""
    wanted = run.total - run.skipped - run.cancelled
    if run.succeeded == wanted:
        return Outcome.ALL_SUCCEEDED
    return Outcome.PARTIAL if run.succeeded else Outcome.ALL_FAILED
