from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class GeneratedRow(models.Model):
    """A row of made-up data, kept in the database for whoever wants to query it."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="+", db_index=False)
    # Counts through all data sets of the job, so that there is one order.
    seq = models.BigIntegerField()
    dataset = models.TextField()

    class Meta:
        db_table = "generated_data"
        ordering = ("job", "seq")
        constraints = [
            models.UniqueConstraint(fields=("job", "seq"), name="generated_row_once"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="generated_row_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.seq}"
