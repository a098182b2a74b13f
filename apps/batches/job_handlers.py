from typing import Any

from apps.batches.services.cancel_rows import cancel_rows
from apps.batches.services.reopen_rows import leave_rest_unread, reopen_rows
from apps.batches.services.send_rows import send_rows
from apps.jobs.handlers import register
from apps.jobs.models import Job
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobType


class BatchHandler:
    """Sends the rows of a workbook to a partner."""

    def run(self, work: Slice) -> None:
        send_rows(work)

    def cancel(self, job: Job) -> None:
        cancel_rows(job)

    def retry(self, job: Job, params: dict[str, Any]) -> None:
        if "corrected" in params:  # a corrected workbook has reopened its rows itself
            leave_rest_unread(job)
        else:
            reopen_rows(job, **params)


register(JobType.BATCH, BatchHandler())
