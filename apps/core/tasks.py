from celery import shared_task

from apps.core.services.tidy import tidy


@shared_task(name="core.tidy")
def tidy_task() -> None:
    tidy()
