from django.db.models import F
from django.db.models.functions import Now

from apps.batches.engine import ledger
from apps.batches.models import BatchRow, BatchRun
from apps.batches.services.expand_run import expand_all
from apps.batches.status import RowState
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event


def cancel_rows(job: Job) -> None:
    """
    Settle the rows of a cancelled batch: what was not sent is cancelled, the rest is known.

    A file that was not read to its end stays so; its timeline tells, and a retry of everything
    reads on.
    """
    run = BatchRun.objects.select_related("session", "job").get(pk=job.pk)
    if run.staged is not None:
        expand_all(run)
    ledger.recover(run, may_repeat=False)
    waiting = BatchRow.objects.filter(run=run).unfinished()
    waiting.update(state=RowState.CANCELLED, next_attempt_at=None, updated_at=Now())
    run.refresh_from_db()
    if not run.is_expanded:
        message = f"The file was read up to its row {run.expanded}; the rest was left unread."
        record_event(job, "WARN", message, level="warn", read=run.expanded, expected=run.total)
    BatchRun.objects.filter(pk=run.pk).update(total=F("expanded"))
