from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import NoSpace
from apps.core.ids import new_id
from apps.core.locking import wait_alone
from apps.uploads.content.check import check_content
from apps.uploads.models import Upload
from apps.uploads.receiving import ReceivedFile, room_on_disk
from apps.uploads.status import UploadStatus


class QuotaExceeded(NoSpace):
    """Your uploads would take more room than you have; remove some first."""

    code = "quota_exceeded"


def check_quota(*, owner: User, more: int) -> None:
    """
    Refuse bytes for which the owner has no room.

    :raises QuotaExceeded: if so
    """
    taken = Upload.objects.kept().filter(owner=owner).total_bytes()
    if taken + more > settings.MAX_UPLOAD_QUOTA_BYTES:
        raise QuotaExceeded


@contextmanager
def receive_uploads(
    *,
    files: list[ReceivedFile],
    owner: User,
    now: datetime,
    encoding: str = "",
    delimiter: str = "",
) -> Iterator[list[Upload]]:
    """
    Check and store files, all or none; what the block adds commits with them.

    If anything goes wrong, here or in the block, neither rows nor bytes remain.

    :raises WrongType: if a file is not what its name says
    :raises Invalid: if a file is empty, damaged, protected or hostile
    :raises NoSpace: if the owner's quota or the disk is full
    """
    encodings = [
        check_content(Path(file.temporary_file_path()), file.expected_type, encoding)
        for file in files
    ]
    stored: list[str] = []
    try:
        with transaction.atomic(), room_on_disk():
            wait_alone(f"uploads:{owner.pk}")  # two requests at once share one quota
            check_quota(owner=owner, more=sum(file.size or 0 for file in files))
            yield [
                _store(file, owner, now, found, delimiter, stored)
                for file, found in zip(files, encodings, strict=True)
            ]
    except BaseException:
        for path in stored:
            default_storage.delete(path)
        raise


def _store(
    file: ReceivedFile,
    owner: User,
    now: datetime,
    encoding: str,
    delimiter: str,
    stored: list[str],
) -> Upload:
    upload_id = new_id()
    path = f"uploads/{now:%Y/%m}/{upload_id}"
    stored.append(path)
    default_storage.save(path, file)
    return Upload.objects.create(
        id=upload_id,
        owner=owner,
        original_name=file.original_name,
        stored_path=path,
        mime_type=file.expected_type,
        declared_mime=file.content_type or "",
        size_bytes=file.size,
        sha256=file.sha256,
        encoding=encoding,
        delimiter=delimiter,
        status=UploadStatus.COMPLETED,
        uploaded_at=now,
        last_used_at=now,
    )
