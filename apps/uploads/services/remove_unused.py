from datetime import datetime

from apps.core.retention import Tally
from apps.uploads.models import Upload
from apps.uploads.services.remove_upload import UploadInUse, remove_upload
from apps.uploads.services.wanted_uploads import wanted_uploads

AT_ONCE = 200


def unused_uploads(*, before: datetime) -> Tally:
    """Count the files that nobody has used since then and no open job needs."""
    sizes = dict(Upload.objects.unused_since(before).values_list("pk", "size_bytes"))
    for wanted in wanted_uploads(sizes):
        del sizes[wanted]
    return Tally(len(sizes), sum(size or 0 for size in sizes.values()))


def remove_unused(*, before: datetime, now: datetime) -> Tally | None:
    """Remove some files that nobody has used since then; None if there are none left."""
    unused = list(Upload.objects.unused_since(before).order_by("last_used_at", "pk")[:AT_ONCE])
    if not unused:
        return None
    wanted = wanted_uploads(upload.pk for upload in unused)
    Upload.objects.filter(pk__in=wanted).update(last_used_at=now)
    removed = Tally()
    for upload in unused:
        if upload.pk in wanted:
            continue
        try:
            remove_upload(upload=upload, now=now)
        except UploadInUse:  # a job began to read it a moment ago
            continue
        removed += Tally(1, upload.size_bytes or 0)
    return removed
