from datetime import datetime

from apps.uploads.models import Upload


def touch_upload(*, upload: Upload, now: datetime) -> None:
    """Note that the file is in use, so that its time to expire begins anew."""
    upload.last_used_at = now
    upload.save(update_fields=["last_used_at"])
