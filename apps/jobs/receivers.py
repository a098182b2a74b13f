from typing import Any

from celery.signals import worker_shutting_down

from apps.jobs.services.worker import LEAVING


@worker_shutting_down.connect
def end_slices_soon(**_: Any) -> None:
    """Have running slices hand their rows back instead of being cut off."""
    LEAVING.set()
