from celery import shared_task
from django.utils import timezone

from apps.batches.services.erase_credentials import erase_expired_credentials


@shared_task(name="batches.erase_expired_credentials")
def erase_expired_credentials_task() -> None:
    erase_expired_credentials(now=timezone.now())
