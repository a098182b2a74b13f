from uuid import UUID

from apps.accounts.models import User
from apps.core.errors import Gone, Invalid, Missing
from apps.uploads.models import Upload
from apps.uploads.status import UploadStatus


class UploadNotFound(Missing):
    """There is no such upload."""

    code = "upload_not_found"


class UploadGone(Gone):
    """The file of this upload has been removed."""

    code = "upload_gone"


class UploadNotReadable(Invalid):
    """This upload never became complete; send the file again."""

    code = "upload_not_readable"


def find_upload(upload_id: UUID | str, user: User) -> Upload:
    """
    Return an upload that the user may read.

    :raises UploadNotFound: if there is none, or it is somebody else's
    :raises UploadGone: if its bytes were removed
    :raises UploadNotReadable: if it is not complete
    """
    try:
        upload = Upload.objects.visible_to(user).get(pk=UUID(str(upload_id)))
    except (Upload.DoesNotExist, ValueError):
        raise UploadNotFound from None
    if upload.deleted_at is not None:
        raise UploadGone
    if upload.status != UploadStatus.COMPLETED:
        raise UploadNotReadable
    return upload
