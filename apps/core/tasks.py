from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.core.outbox import enqueue
from apps.core.services.purge import OthersAtWork, purge
from apps.core.services.tidy import tidy

SLICE_SECONDS = 45
LATER = timedelta(minutes=5)


@shared_task(name="core.tidy")
def tidy_task() -> None:
    with suppress(OthersAtWork):  # the next hour is soon enough
        tidy(now=timezone.now(), seconds=SLICE_SECONDS)


@shared_task(name="core.start_purge")
def start_purge_task() -> None:
    enqueue("core.purge")


@shared_task(name="core.purge")
def purge_task() -> None:
    """Purge for a while, and go on in another message until all is done."""
    try:
        is_complete = purge(now=timezone.now(), seconds=SLICE_SECONDS).is_complete
    except OthersAtWork:
        enqueue("core.purge", due_at=timezone.now() + LATER)
        return
    if not is_complete:
        enqueue("core.purge")
