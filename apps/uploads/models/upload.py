from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.ids import new_id
from apps.uploads.kinds import Kind, kind_of_type
from apps.uploads.querysets import UploadQuerySet
from apps.uploads.status import UploadStatus


class Upload(models.Model):
    """A file as received: stored under an opaque name, described by what we found in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    original_name = models.CharField(max_length=255)
    stored_path = models.CharField(max_length=255, unique=True)
    mime_type = models.CharField(max_length=127, blank=True)
    declared_mime = models.CharField(max_length=127, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(
        max_length=16, choices=UploadStatus.choices, default=UploadStatus.PENDING
    )
    sheets = models.JSONField(null=True)
    columns = models.JSONField(null=True)
    encoding = models.CharField(max_length=16, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    # What an inspection looked at, and each column's `{"type", "scale"}` as it found them.
    sheet = models.CharField(max_length=255, blank=True, default="")
    header_row = models.PositiveIntegerField(default=1)
    column_types = models.JSONField(null=True)
    row_count = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        db_table = "uploaded_files"
        ordering = ("-uploaded_at",)
        indexes = [models.Index("owner", models.F("uploaded_at").desc(), name="upload_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=UploadStatus.values), name="upload_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(size_bytes__gte=0) | models.Q(size_bytes=None),
                name="upload_size_not_negative",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=UploadStatus.COMPLETED)
                | models.Q(size_bytes__gt=0, sha256__regex=r"^[0-9a-f]{64}$"),
                name="upload_completed_is_digested",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def kind(self) -> Kind:
        """Return how the file is read."""
        return kind_of_type(self.mime_type)
