from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """
    A task that somebody wants to run: committed with the change that wants it.

    The row lives until the task has succeeded; a broker message is a mere wake-up for it.
    """

    task = models.TextField()
    kwargs = models.JSONField(default=dict)
    queue = models.TextField(blank=True, default="")
    request_id = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    publications = models.PositiveIntegerField(db_default=0)
    claimed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(db_default=0)
    error = models.TextField(blank=True, db_default="")
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("due_at", condition=models.Q(failed_at=None), name="outbox_open"),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"
