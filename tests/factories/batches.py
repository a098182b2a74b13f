from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.batches.models import BatchRun, BatchSession
from apps.core.ids import new_id
from apps.jobs.models import Job
from apps.jobs.status import JobType
from apps.uploads.kinds import type_of_name
from apps.uploads.models import Upload
from apps.uploads.status import UploadStatus
from tests.factories.accounts import UserFactory


class BatchSessionFactory(DjangoModelFactory[BatchSession]):
    """An operator's session with a partner; `expired` and `bearer` are traits."""

    class Meta:
        model = BatchSession

    class Params:
        expired = factory.Trait(expires_at=factory.LazyFunction(lambda: _in(hours=-1)))
        bearer = factory.Trait(auth_type="bearer", credentials={"token": "let-me-in"})

    owner = factory.SubFactory(UserFactory, operator=True)
    name = factory.Sequence(lambda number: f"March claims {number}")
    api_url = "https://claims.partner.example/v2/submit"
    auth_type = "basic"
    credentials = factory.LazyFunction(lambda: {"userId": "pharmacy-7", "apiKey": "s3cret-key"})
    credentials_key_id = "test"
    expires_at = factory.LazyFunction(lambda: _in(days=7))


class BatchRunFactory(DjangoModelFactory[BatchRun]):
    """A batch without rows, whose job waits."""

    class Meta:
        model = BatchRun

    session = factory.SubFactory(BatchSessionFactory)
    job = factory.LazyAttribute(lambda run: _job_of(run.session))


def upload_of(path: Path, owner: User) -> Upload:
    """Store the file as if the owner had uploaded it."""
    content = path.read_bytes()
    return Upload.objects.create(
        owner=owner,
        original_name=path.name,
        stored_path=default_storage.save(f"uploads/{new_id()}", ContentFile(content)),
        mime_type=type_of_name(path.name),
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
        status=UploadStatus.COMPLETED,
    )


def _job_of(session: BatchSession) -> Job:
    return Job.objects.create(
        type=JobType.BATCH, owner=session.owner, title="March", lane=session.public_id
    )


def _in(**distance: Any) -> datetime:
    return datetime.now(UTC) + timedelta(**distance)
