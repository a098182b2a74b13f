import os
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.core.services.purge import purge
from apps.uploads.models import Upload, UploadStatus
from apps.uploads.services.touch_upload import touch_upload
from apps.uploads.signals import upload_wanted
from tests.factories.uploads import UploadFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=31)
YESTERDAY = NOON - timedelta(hours=25)


def expire_uploads(*, now):
    """Purge what is of this app; return how many uploads went."""
    return purge(now=now, types=["uploads", "temporary-files"]).tallies["uploads"].count


def test_a_file_that_nobody_used_for_a_month_is_removed(kept_files):
    old = UploadFactory(uploaded_at=LONG_AGO, last_used_at=LONG_AGO)
    used = UploadFactory(uploaded_at=LONG_AGO, last_used_at=LONG_AGO)
    touch_upload(upload=used, now=NOON)

    assert expire_uploads(now=NOON) == 1

    old.refresh_from_db()
    used.refresh_from_db()
    assert (old.deleted_at, used.deleted_at) == (NOON, None)
    assert [path.name for path in kept_files()] == [str(used.pk)]
    assert expire_uploads(now=NOON) == 0


def test_a_file_that_an_open_job_needs_is_kept(kept_files):
    wanted = UploadFactory(uploaded_at=LONG_AGO, last_used_at=LONG_AGO)

    def want(uploads, **_):
        return {wanted.pk} & set(uploads)

    upload_wanted.connect(want)
    try:
        assert expire_uploads(now=NOON) == 0
    finally:
        upload_wanted.disconnect(want)

    assert len(kept_files()) == 1


def test_a_row_whose_bytes_are_gone_already_is_finished():
    old = UploadFactory(uploaded_at=LONG_AGO, last_used_at=LONG_AGO)
    default_storage.delete(old.stored_path)

    assert expire_uploads(now=NOON) == 1


def test_an_upload_that_never_became_whole_is_failed():
    Upload.objects.create(
        owner=UploadFactory().owner,
        original_name="half.csv",
        stored_path="uploads/2025/11/half",
        uploaded_at=NOON - timedelta(hours=2),
        last_used_at=NOON,
    )

    expire_uploads(now=NOON)

    assert Upload.objects.get(original_name="half.csv").status == UploadStatus.FAILED


def test_parts_and_bytes_without_a_row_are_removed_after_a_day(kept_files):
    kept = UploadFactory(uploaded_at=NOON)
    for name in ("old.upload", "new.upload"):
        (settings.FILE_UPLOAD_TEMP_DIR / name).write_bytes(b"x")
    for name in ("orphan", "newborn"):
        default_storage.save(f"uploads/2025/11/{name}", ContentFile(b"x"))
    _age(settings.FILE_UPLOAD_TEMP_DIR / "old.upload", YESTERDAY)
    _age(settings.FILE_UPLOAD_TEMP_DIR / "new.upload", NOON)
    for path in kept_files():
        if path.name in ("orphan", str(kept.pk)):
            _age(path, YESTERDAY)

    expire_uploads(now=NOON)

    assert {path.name for path in kept_files()} == {"new.upload", "newborn", str(kept.pk)}


def _age(path, moment):
    os.utime(path, (moment.timestamp(), moment.timestamp()))
