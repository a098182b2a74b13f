from django.db.models import F
from django.db.models.functions import Now

from apps.batches.engine import ledger
from apps.batches.models import BatchRow, BatchRun
from apps.batches.services.expand_run import expand_all
from apps.batches.status import RowState
from apps.jobs.models import Job


def cancel_rows(job: Job) -> None:
    """Settle the rows of a cancelled batch: what was not sent is cancelled, the rest is known."""
    run = BatchRun.objects.select_related("session", "job").get(pk=job.pk)
    if run.staged is not None:
        expand_all(run)
    ledger.recover(run, may_repeat=False)
    waiting = BatchRow.objects.filter(run=run).unfinished()
    waiting.update(state=RowState.CANCELLED, next_attempt_at=None, updated_at=Now())
    BatchRun.objects.filter(pk=run.pk).update(is_expanded=True, total=F("expanded"))
