from django.db import models
from django.db.models.functions import Now


class QueuePulse(models.Model):
    """When a worker last took a message from the queue: proof that beat, broker and it live."""

    queue = models.TextField(primary_key=True)
    worker = models.TextField(blank=True)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.queue
