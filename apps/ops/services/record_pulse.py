from django.db.models.functions import Now

from apps.ops.models import QueuePulse


def record_pulse(*, queue: str, worker: str) -> None:
    """Note that this worker has just taken a message from the queue."""
    QueuePulse.objects.bulk_create(
        [QueuePulse(queue=queue, worker=worker, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["queue"],
        update_fields=["worker", "seen_at"],
    )
