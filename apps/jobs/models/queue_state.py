from django.db import models


class QueueState(models.Model):
    """
    Whether workers may take jobs, all of them or those of one kind; without a row they may.

    Each kind of job is a queue; `slices` stands for all of them.
    """

    SLICES = "slices"

    name = models.CharField(max_length=32, primary_key=True)
    paused_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "queue_states"
        verbose_name = "queue"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
