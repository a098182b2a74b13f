from django.db import models
from django.db.models.functions import Now


class IdempotentAnswer(models.Model):
    """The first answer to a POST with an Idempotency-Key, replayed for 24 hours."""

    caller = models.TextField()
    key = models.CharField(max_length=128)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint("caller", "key", name="idempotent_answer_one_per_key"),
        ]

    def __str__(self) -> str:
        return self.key
