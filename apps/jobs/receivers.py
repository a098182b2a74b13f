from typing import Any
from uuid import UUID

from celery.signals import (
    task_failure,
    task_prerun,
    task_success,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.dispatch import receiver
from django.utils import timezone

from apps.core.interpreter import tune_interpreter
from apps.core.outbox import enqueue
from apps.jobs.heartbeat import Heartbeat
from apps.jobs.models import GenerationPart, Job
from apps.jobs.models.job import FILE_MAKING
from apps.jobs.services.note_periodic_run import note_periodic_run
from apps.jobs.services.worker import LEAVING
from apps.jobs.signals import job_failed
from apps.jobs.status import JobType
from apps.uploads.signals import upload_wanted


@worker_shutting_down.connect
def end_slices_soon(**_: Any) -> None:
    """Have running slices hand their rows back instead of being cut off."""
    LEAVING.set()


_heartbeats: dict[str, Heartbeat] = {}


@worker_ready.connect
def say_that_we_live(sender: Any, **_: Any) -> None:
    """Have the worker described in the database for as long as it lives."""
    pool = sender.controller.pool
    heartbeat = Heartbeat(
        sender.hostname,
        queues=list(sender.app.amqp.queues.consume_from),
        processes=sender.controller.concurrency,
        pids=lambda: (pool.info or {}).get("processes", ()),
    )
    _heartbeats[sender.hostname] = heartbeat
    heartbeat.start()


@worker_shutting_down.connect
def say_that_we_go(**_: Any) -> None:
    """Show that nothing new is taken."""
    for heartbeat in _heartbeats.values():
        heartbeat.leave()


@worker_shutdown.connect
def say_good_bye(**_: Any) -> None:
    """Leave the list of workers."""
    for heartbeat in _heartbeats.values():
        heartbeat.stop()


@task_prerun.connect
def note_the_time(task: Any, **_: Any) -> None:
    """Remember when a task of the timetable began."""
    task.request.began_at = timezone.now()


@task_success.connect
def note_success(sender: Any, **_: Any) -> None:
    """Note that a task of the timetable has run."""
    _note_run(sender, error="")


@task_failure.connect
def note_failure(sender: Any, exception: Exception, **_: Any) -> None:
    """Note that a task of the timetable has failed."""
    _note_run(sender, error=type(exception).__name__)


def _note_run(task: Any, *, error: str) -> None:
    request = task.request
    if not (request.headers or {}).get("celery_beat_task"):
        return
    note_periodic_run(
        task=task.name,
        kwargs=request.kwargs or {},
        began_at=request.began_at,
        now=timezone.now(),
        worker=request.hostname or "",
        error=error,
    )


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
def name_uploads_being_exported(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files that an open job is about to write in another format."""
    keys = Job.objects.open().filter(type=JobType.EXPORT, params__source__kind="upload")
    open_ids = set(keys.values_list("params__source__uploadId", flat=True))
    return {upload for upload in uploads if str(upload) in open_ids}


@receiver(upload_wanted)
def name_uploads_being_inspected(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files that an open job is about to look into."""
    params = Job.objects.open().filter(type=JobType.UPLOAD).values_list("params", flat=True)
    open_ids = {UUID(file["uploadId"]) for values in params for file in values["files"]}
    return open_ids & set(uploads)
