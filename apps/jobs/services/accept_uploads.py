from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType
from apps.uploads.models import Upload
from apps.uploads.receiving import ReceivedFile
from apps.uploads.services.receive_uploads import receive_uploads


def accept_uploads(
    *, files: list[ReceivedFile], owner: User, options: dict[str, Any], now: datetime
) -> tuple[Job, list[Upload]]:
    """
    Store received files and have a job look into them; all of it happens or nothing.

    :raises DomainError: if a file is refused, see `receive_uploads`
    """
    stored = receive_uploads(
        files=files,
        owner=owner,
        now=now,
        encoding=options.get("encoding") or "",
        delimiter=options.get("delimiter") or "",
    )
    with stored as uploads:
        described = [
            {
                "uploadId": str(upload.pk),
                "originalName": upload.original_name,
                "sizeBytes": upload.size_bytes,
                "declaredMime": upload.declared_mime,
            }
            for upload in uploads
        ]
        job = start_job(
            type=JobType.UPLOAD,
            owner=owner,
            title=", ".join(upload.original_name for upload in uploads),
            params={"files": described, "options": options},
            total=len(uploads),
        )
    return job, uploads
