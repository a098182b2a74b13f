from django.db.models.functions import Now

from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import UNSUCCESSFUL, RowState
from apps.core.errors import Detail, DomainError, Invalid
from apps.jobs.models import Job

SCOPES = {
    "failed": (RowState.FAILED,),
    "unknown": (RowState.UNKNOWN,),
    "all_unsuccessful": (*UNSUCCESSFUL, RowState.CANCELLED),
}
INVALID = "invalid"


class NothingToRetry(DomainError):
    """No row of this batch is of the kind that you want to send again."""

    code = "nothing_to_retry"


def reopen_rows(job: Job, *, scope: str = "failed", seqs: list[int] | None = None) -> int:
    """
    Make unsuccessful rows pending again, under the keys they had; return how many.

    Rows that never passed our own checks need a correction first; succeeded ones stay.

    :raises Invalid: if the scope is none of failed, unknown, all_unsuccessful
    :raises NothingToRetry: if no row fits
    """
    if scope not in SCOPES:
        message = f"scope must be one of {', '.join(SCOPES)}."
        raise Invalid(message, details=[Detail("scope", "unknown_scope", message)])
    rows = BatchRow.objects.filter(run_id=job.pk, state__in=SCOPES[scope])
    rows = rows.exclude(subcode=INVALID, state=RowState.NEEDS_ACTION)
    if seqs is not None:
        rows = rows.filter(seq__in=seqs)
    run = BatchRun.objects.get(pk=job.pk)
    BatchRun.objects.filter(pk=job.pk).update(outcome=None, cursor=0)
    count = rows.update(state=RowState.PENDING, tries=0, updated_at=Now())
    if not count and not run.open_rows:
        raise NothingToRetry
    run.refresh_from_db()
    Job.objects.filter(pk=job.pk).update(progress_done=run.done_rows)
    return count
