import gc
from typing import Any
from uuid import UUID

from celery.signals import worker_process_init, worker_shutting_down
from django.dispatch import receiver

from apps.jobs.models import Job
from apps.jobs.services.worker import LEAVING
from apps.jobs.status import JobType
from apps.uploads.signals import upload_wanted

# Allocations before a round over the young, and rounds before one over the older ones; the usual
# 700, 10 and 10 make a round over everything every few hundred rows.
COLLECT_AFTER = (20_000, 20, 50)


@worker_shutting_down.connect
def end_slices_soon(**_: Any) -> None:
    """Have running slices hand their rows back instead of being cut off."""
    LEAVING.set()


@worker_process_init.connect
def spare_the_garbage_collector(**_: Any) -> None:
    """Leave out of its rounds what lives as long as the process: a quarter of a batch's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@receiver(upload_wanted)
def name_uploads_being_inspected(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files that an open job is about to look into."""
    params = Job.objects.open().filter(type=JobType.UPLOAD).values_list("params", flat=True)
    open_ids = {UUID(file["uploadId"]) for values in params for file in values["files"]}
    return open_ids & set(uploads)
