"""How a batch reads on a console."""

from collections.abc import Callable
from typing import Any

from apps.batches.models import BatchRun
from apps.core.console import Exit, Standing
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.jobs.console import exit_of, job_as_json, standing_of
from apps.jobs.status import JobState


class BatchNotFound(Missing):
    """There is no such batch; `manage.py jobs list --type batch` shows those that there are."""


def find_batch(text: str) -> BatchRun:
    """
    Return the batch of this identifier.

    :raises BatchNotFound: if there is none
    """
    runs = BatchRun.objects.select_related("job__owner", "session", "upload").defer("staged")
    try:
        return runs.get(pk=from_public_id("job", text))
    except (Missing, BatchRun.DoesNotExist):
        raise BatchNotFound from None


def batch_as_json(run: BatchRun) -> dict[str, Any]:
    """Return the batch as `--json` prints it; the counts add up to the total."""
    return job_as_json(run.job) | {
        "sessionId": run.session.public_id,
        "outcome": run.outcome,
        "totalRecords": run.total,
        "counts": run.counts,
    }


def looking_at(run: BatchRun) -> Callable[[], Standing]:
    """Return a function that looks at the batch anew."""

    def look() -> Standing:
        run.refresh_from_db()
        return _standing(run)

    return look


def _standing(run: BatchRun) -> Standing:
    plain = standing_of(run.job)
    return Standing(
        state=plain.state,
        done=run.done_rows,
        total=run.total,
        rate=plain.rate,
        seconds_left=round(run.open_rows / plain.rate) if plain.rate else None,
        succeeded=run.succeeded,
        unsuccessful=run.needs_action + run.failed + run.unknown,
        note=plain.note,
        is_over=plain.is_over,
        halted=plain.halted,
    )


def exit_of_batch(run: BatchRun) -> Exit:
    """Return what the batch's end means to a script."""
    if run.job.state in (JobState.COMPLETED, JobState.PARTIAL):
        counts = run.counts
        all_succeeded = counts["succeeded"] + counts["skipped"] == run.total
        return Exit.OK if all_succeeded else Exit.UNSUCCESSFUL_ROWS
    return exit_of(run.job)
