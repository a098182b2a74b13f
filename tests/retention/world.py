"""Jobs, files and rows that ended so many days ago."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.core.models import IdempotentAnswer, OutboxMessage
from apps.jobs.models import GeneratedRow, Job
from apps.jobs.services.record_event import record_event
from apps.jobs.status import JobStatus, JobType
from tests.batches.api.world import batch
from tests.factories.batches import BatchSessionFactory
from tests.factories.jobs import JobFactory
from tests.factories.uploads import UploadFactory

NOW = datetime.now(UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def generation(
    days: float, *, kept: float | None = 30, rows: int = 0, status: str = "completed", **more: Any
) -> Job:
    """Return a generation that ended so many days ago; its file is kept for so many in all."""
    ended = {"finished_at": ago(days)} if status in ("completed", "failed") else {}
    if status == "failed":
        ended |= {"error_code": "internal", "error_message": "It broke."}
    job = JobFactory(
        type=JobType.GENERATION, status=JobStatus(status), created_at=ago(days), **ended, **more
    )
    if kept is not None and status == "completed":
        path = default_storage.save(f"results/{job.pk}/1", ContentFile(b"id\n1\n"))
        meta = {"filename": "a.csv", "contentType": "text/csv", "bytes": 5, "sha256": "9f2c"}
        Job.objects.filter(pk=job.pk).update(
            result_uri=f"storage:{path}",
            result_meta=meta,
            result_expires_at=ago(days) + timedelta(days=kept),
        )
    GeneratedRow.objects.bulk_create(
        GeneratedRow(job=job, seq=seq, dataset="customers", payload={"id": seq})
        for seq in range(1, rows + 1)
    )
    record_event(job, "START", "Job accepted")
    job.refresh_from_db()
    return job


def sent_batch(days: float) -> Job:
    """Return a batch of three answered rows that ended so many days ago."""
    run = batch(BatchSessionFactory(), "succeeded", "failed", "needsAction")
    Job.objects.filter(pk=run.pk).update(status=JobStatus.IN_PROGRESS)
    Job.objects.filter(pk=run.pk).update(status=JobStatus.COMPLETED, finished_at=ago(days))
    return Job.objects.get(pk=run.pk)


def upload(days: float, **more: Any) -> Any:
    return UploadFactory(uploaded_at=ago(days), last_used_at=ago(days), **more)


def answer(days: float) -> IdempotentAnswer:
    answer = IdempotentAnswer.objects.create(
        caller="user:1", key=f"key-{days}", fingerprint=b"f" * 32, status=202, body=b"{}"
    )
    IdempotentAnswer.objects.filter(pk=answer.pk).update(created_at=ago(days))
    return answer


def dead_letter(days: float) -> OutboxMessage:
    return OutboxMessage.objects.create(task="core.tidy", failed_at=ago(days))


def stored(path: str, days: float) -> str:
    """Store a file that nothing refers to."""
    aged(Path(default_storage.path(default_storage.save(path, ContentFile(b"lost")))), days)
    return path


def temporary(name: str, days: float) -> Path:
    """Leave a part of a request behind."""
    path = Path(settings.FILE_UPLOAD_TEMP_DIR) / name
    path.write_bytes(b"half")
    return aged(path, days)


def aged(path: Path, days: float) -> Path:
    os.utime(path, (ago(days).timestamp(), ago(days).timestamp()))
    return path
