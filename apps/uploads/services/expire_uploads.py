from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files.storage import default_storage

from apps.uploads.models import Upload
from apps.uploads.services.remove_upload import UploadInUse, remove_upload
from apps.uploads.services.wanted_uploads import wanted_uploads
from apps.uploads.status import UploadStatus

log = structlog.get_logger(__name__)

ORPHANED_AFTER = timedelta(hours=24)
AT_ONCE = 500


def expire_uploads(*, now: datetime) -> int:
    """
    Remove files that nobody has used for UPLOAD_TTL_DAYS, and whatever was left behind.

    Bytes first, rows second: a crash between the two is repaired by the next run. Files that
    an open job needs stay. Returns how many uploads were removed.
    """
    Upload.objects.abandoned(now).update(status=UploadStatus.FAILED)
    removed = _remove_unused(now)
    orphans = _remove_forgotten_parts(now) + _remove_orphans(now)
    log.info("uploads.expired", removed=removed, orphans=orphans)
    return removed


def _remove_unused(now: datetime) -> int:
    moment = now - timedelta(days=settings.UPLOAD_TTL_DAYS)
    unused = list(Upload.objects.unused_since(moment).order_by("last_used_at")[:AT_ONCE])
    wanted = wanted_uploads(upload.pk for upload in unused)
    Upload.objects.filter(pk__in=wanted).update(last_used_at=now)
    removed = 0
    for upload in unused:
        if upload.pk in wanted:
            continue
        try:
            remove_upload(upload=upload, now=now)
        except UploadInUse:  # a job began to read it a moment ago
            continue
        removed += 1
    return removed


def _remove_forgotten_parts(now: datetime) -> int:
    """Remove parts of requests whose process died while receiving them."""
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.*"):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        if path.is_file() and age > ORPHANED_AFTER:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _remove_orphans(now: datetime) -> int:
    """Remove bytes whose row was never committed: the process died between the two."""
    removed = 0
    for month in {f"{now:%Y/%m}", f"{now - timedelta(days=28):%Y/%m}"}:
        folder = f"uploads/{month}"
        paths = {f"{folder}/{name}" for name in _names_in(folder)}
        known = Upload.objects.filter(stored_path__startswith=f"{folder}/")
        for path in paths - set(known.values_list("stored_path", flat=True)):
            if now - default_storage.get_modified_time(path) > ORPHANED_AFTER:
                default_storage.delete(path)
                removed += 1
    return removed


def _names_in(folder: str) -> list[str]:
    try:
        return default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []
