from celery import shared_task
from django.utils import timezone

from apps.accounts.services.forget_expired_logins import forget_expired_logins


@shared_task(name="accounts.forget_expired_logins")
def forget_expired_logins_task() -> None:
    forget_expired_logins(now=timezone.now())
