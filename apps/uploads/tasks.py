from celery import shared_task
from django.utils import timezone

from apps.uploads.services.expire_uploads import expire_uploads


@shared_task(name="uploads.expire")
def expire_uploads_task() -> None:
    expire_uploads(now=timezone.now())
