from django.db.models import F
from django.db.models.functions import Now

from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import UNSUCCESSFUL, RowState
from apps.core.errors import Detail, DomainError, Invalid
from apps.jobs.models import Job

EVERYTHING = "all_unsuccessful"
SCOPES = {
    "failed": (RowState.FAILED,),
    "unknown": (RowState.UNKNOWN,),
    EVERYTHING: (*UNSUCCESSFUL, RowState.CANCELLED),
}
INVALID = "invalid"
VERDICT = ("status_code", "category", "subcode", "message", "issues", "hint", "duration_ms")
NO_VERDICT = dict.fromkeys(VERDICT)


class NothingToRetry(DomainError):
    """No row of this batch is of the kind that you want to send again."""

    code = "nothing_to_retry"


def reopen_rows(job: Job, *, scope: str = "failed", seqs: list[int] | None = None) -> int:
    """
    Make unsuccessful rows pending again, under the keys they had; return how many.

    Rows that never passed our own checks need a correction first; succeeded ones stay. Only a
    retry of everything also reads the rest of a file whose reading was cancelled.

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
    if scope != EVERYTHING or seqs is not None:
        leave_rest_unread(job)
    run = BatchRun.objects.get(pk=job.pk)
    BatchRun.objects.filter(pk=job.pk).update(outcome=None, cursor=0)
    count = rows.update(state=RowState.PENDING, tries=0, updated_at=Now(), **NO_VERDICT)
    if not count and not run.open_rows and run.is_expanded:
        raise NothingToRetry
    run.refresh_from_db()
    Job.objects.filter(pk=job.pk).update(progress_done=run.done_rows)
    return count


def leave_rest_unread(job: Job) -> None:
    """Make what was read of a file all there is: whoever cancelled did not want the rest sent."""
    BatchRun.objects.filter(pk=job.pk, is_expanded=False).update(
        is_expanded=True, staged=None, total=F("expanded")
    )
