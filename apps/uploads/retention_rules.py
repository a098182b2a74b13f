"""What this app forgets."""

from datetime import timedelta

from django.conf import settings

from apps.core.retention import Cut, Tally, register
from apps.uploads.models import Upload
from apps.uploads.services.remove_forgotten import forgotten_files, remove_forgotten
from apps.uploads.services.remove_unused import remove_unused, unused_uploads
from apps.uploads.status import UploadStatus


class Uploads:
    """Files as received; their rows stay."""

    name = "uploads"
    about = "uploaded files that nobody has used"

    def age(self) -> timedelta:
        return timedelta(days=settings.UPLOAD_TTL_DAYS)

    def due(self, cut: Cut) -> Tally:
        return unused_uploads(before=cut.before)

    def remove_some(self, cut: Cut) -> Tally | None:
        return remove_unused(before=cut.before, now=cut.now)


class TemporaryFiles:
    """What requests and transactions that came to nothing have left behind."""

    name = "temporary-files"
    about = "files of requests that came to nothing"

    def age(self) -> timedelta:
        return timedelta(hours=24)

    def due(self, cut: Cut) -> Tally:
        return sum((file.tally for file in forgotten_files(before=cut.before)), start=Tally())

    def remove_some(self, cut: Cut) -> Tally | None:
        Upload.objects.abandoned(cut.now).update(status=UploadStatus.FAILED)
        return remove_forgotten(before=cut.before)


register(Uploads())
register(TemporaryFiles())
