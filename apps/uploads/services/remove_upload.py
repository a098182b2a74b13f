from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction

from apps.core.errors import DomainError
from apps.core.locking import lock
from apps.uploads.models import Upload
from apps.uploads.services.wanted_uploads import wanted_uploads


class UploadInUse(DomainError):
    """A job still reads this file; cancel the job or wait for its end."""

    code = "upload_in_use"


@transaction.atomic
def remove_upload(*, upload: Upload, now: datetime) -> None:
    """
    Remove the bytes and keep the row; a second time changes nothing.

    :raises UploadInUse: if an open job needs the file
    """
    lock(upload)
    if upload.deleted_at is not None:
        return
    if wanted_uploads([upload.pk]):
        raise UploadInUse
    # Bytes first: a row without bytes is found by the next expiry, bytes without a row are not.
    default_storage.delete(upload.stored_path)
    upload.deleted_at = now
    upload.save(update_fields=["deleted_at"])
