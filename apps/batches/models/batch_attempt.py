from django.db import models
from django.db.models.functions import Now

from apps.batches.models.guards import APPEND_ONLY


class BatchAttempt(models.Model):
    """What we were about to send: written before the socket opens, never changed."""

    # Written by one statement out of the rows themselves, which is the stronger constraint.
    run = models.ForeignKey(
        "batches.BatchRun",
        on_delete=models.CASCADE,
        related_name="attempts",
        db_index=False,
        db_constraint=False,
    )
    pk = models.CompositePrimaryKey("run_id", "seq", "number")
    seq = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    idempotency_key = models.TextField()
    fingerprint = models.BinaryField(max_length=32)
    fence = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "batch_attempts"
        ordering = ("run", "seq", "number")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.idempotency_key
