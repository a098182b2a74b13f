from typing import Any

from celery import shared_task

from apps.ops.services.record_pulse import record_pulse


@shared_task(name="ops.pulse", bind=True)
def pulse_task(self: Any, *, queue: str) -> None:
    record_pulse(queue=queue, worker=self.request.hostname or "")
