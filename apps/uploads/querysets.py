from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Sum

from apps.accounts.models import Role, User
from apps.uploads.status import UploadStatus

if TYPE_CHECKING:
    from apps.uploads.models import Upload  # noqa: F401 - names the generic

PATIENCE = timedelta(hours=1)


class UploadQuerySet(models.QuerySet["Upload"]):
    """Reads of uploads, by name."""

    def visible_to(self, user: User) -> "UploadQuerySet":
        """Return the user's own uploads; all of them to an admin."""
        return self if user.may_act_as(Role.ADMIN) else self.filter(owner=user)

    def kept(self) -> "UploadQuerySet":
        """Return uploads whose bytes are still there."""
        return self.filter(deleted_at=None)

    def readable(self) -> "UploadQuerySet":
        """Return uploads that are whole, checked and still there."""
        return self.kept().filter(status=UploadStatus.COMPLETED)

    def unused_since(self, moment: datetime) -> "UploadQuerySet":
        """Return uploads whose bytes nobody has asked for since then."""
        return self.kept().filter(last_used_at__lt=moment)

    def abandoned(self, now: datetime) -> "UploadQuerySet":
        """Return uploads that never became whole."""
        return self.filter(status=UploadStatus.PENDING, uploaded_at__lt=now - PATIENCE)

    def total_bytes(self) -> int:
        """Return how much room these uploads take."""
        return self.aggregate(total=Sum("size_bytes"))["total"] or 0
