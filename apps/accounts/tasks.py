from celery import shared_task
from django.utils import timezone

from apps.accounts.services.find_google_key import keep_google_keys_fresh
from apps.accounts.services.forget_expired_logins import forget_expired_logins


@shared_task(name="accounts.forget_expired_logins")
def forget_expired_logins_task() -> None:
    forget_expired_logins(now=timezone.now())


@shared_task(name="accounts.refresh_google_keys")
def refresh_google_keys_task() -> None:
    keep_google_keys_fresh(now=timezone.now())
