from typing import Any
from uuid import UUID

from django.dispatch import receiver

from apps.batches.engine import ledger
from apps.batches.models import BatchRun
from apps.batches.services.remove_rows import remove_rows
from apps.jobs.models import Job
from apps.jobs.signals import job_failed, jobs_going
from apps.jobs.status import OPEN
from apps.uploads.signals import upload_wanted


@receiver(upload_wanted)
def name_uploads_being_read(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files whose rows an open batch has not read to the end, or may read again."""
    wanted = BatchRun.objects.filter(upload__in=uploads, job__status__in=OPEN)
    return set(wanted.values_list("upload_id", flat=True))


@receiver(job_failed)
def settle_rows_in_flight(job: Job, **_: Any) -> None:
    """Call the rows of a failed batch `unknown` whose answers nobody will see any more."""
    for run in BatchRun.objects.filter(pk=job.pk):
        ledger.recover(run, may_repeat=False)


@receiver(jobs_going)
def remove_rows_of_batches(jobs: list[UUID], **_: Any) -> int:
    """Take the rows of batches away before the batches go."""
    return remove_rows(jobs)
