from typing import Any
from uuid import UUID

from celery.signals import worker_process_init, worker_shutting_down
from django.dispatch import receiver

from apps.core.interpreter import tune_interpreter
from apps.core.outbox import enqueue
from apps.jobs.models import GenerationPart, Job
from apps.jobs.models.job import FILE_MAKING
from apps.jobs.services.worker import LEAVING
from apps.jobs.signals import job_failed
from apps.jobs.status import JobType
from apps.uploads.signals import upload_wanted


@worker_shutting_down.connect
def end_slices_soon(**_: Any) -> None:
    """Have running slices hand their rows back instead of being cut off."""
    LEAVING.set()


@worker_process_init.connect
def tune(**_: Any) -> None:
    """Spare the garbage collector rounds over all of Django: a quarter of a batch's time."""
    tune_interpreter()


@receiver(job_failed)
def clear_what_failed(job: Job, **_: Any) -> None:
    """Leave nothing of what did not succeed: neither parts nor rows nor a file."""
    if job.type in FILE_MAKING:
        GenerationPart.objects.filter(job=job).delete()
        enqueue("jobs.clear_generation", job_id=str(job.pk))


@receiver(upload_wanted)
def name_uploads_being_inspected(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files that an open job is about to look into."""
    params = Job.objects.open().filter(type=JobType.UPLOAD).values_list("params", flat=True)
    open_ids = {UUID(file["uploadId"]) for values in params for file in values["files"]}
    return open_ids & set(uploads)
