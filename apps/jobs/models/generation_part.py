from django.db import models


class GenerationPart(models.Model):
    """
    A run of rows of a generation that one worker makes in one go.

    Whoever takes it writes its number of the taking (`fence`) into the row: of two workers that
    made the same part only the later one's bytes count, and they are the same bytes anyway.
    """

    job = models.ForeignKey(
        "jobs.Job", on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    dataset = models.PositiveSmallIntegerField()
    first_chunk = models.PositiveIntegerField()
    chunks = models.PositiveSmallIntegerField()
    rows = models.PositiveIntegerField()
    # The number of its first row among all rows of the job, from 1.
    first_seq = models.BigIntegerField()

    fence = models.PositiveIntegerField(db_default=0)
    taken_until = models.DateTimeField(null=True)
    taken_by = models.TextField(blank=True, db_default="")
    done_at = models.DateTimeField(null=True)
    stored_path = models.TextField(blank=True, db_default="")
    size_bytes = models.BigIntegerField(null=True)

    class Meta:
        db_table = "generation_parts"
        ordering = ("job", "number")
        constraints = [
            models.UniqueConstraint(fields=("job", "number"), name="generation_part_once"),
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(taken_until=None),
                name="generation_part_done_is_free",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number}"
