from typing import Any
from uuid import UUID

from django.dispatch import receiver

from apps.batches.models import BatchRun
from apps.jobs.status import OPEN
from apps.uploads.signals import upload_wanted


@receiver(upload_wanted)
def name_uploads_being_read(uploads: list[UUID], **_: Any) -> set[UUID]:
    """Keep files whose rows an open batch has not read to the end, or may read again."""
    wanted = BatchRun.objects.filter(upload__in=uploads, job__status__in=OPEN)
    return set(wanted.values_list("upload_id", flat=True))
